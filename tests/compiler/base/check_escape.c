/* Percent-encoding as Go's net/url has it. */
#include "base/escape.h"

#include "suite.h"

static const struct {
    const char *text, *decoded, *encoded; /* encoded: what was decoded, for a path */
    const char *bad;                      /* the first code that is none; NULL: there is none */
} rows[] = {
    { "/a%2Fb", "/a/b", "/a/b", NULL },
    { "/%61%20%C3%A9", "/a \xc3\xa9", "/a%20%C3%A9", NULL },
    { "/a!b(c)", "/a!b(c)", "/a%21b%28c%29", NULL },
    { "/a$b&c+d,e:f;g=h@i~", "/a$b&c+d,e:f;g=h@i~", "/a$b&c+d,e:f;g=h@i~", NULL },
    { "%", "%", "%25", "%" },
    { "%4", "%4", "%254", "%4" },
    { "%zz%41", "%zzA", "%25zzA", "%zz" },
    { "%25%2", "%%2", "%25%252", "%2" },
    { "", "", "", NULL },
};

START_TEST(codes_are_read_and_written)
{
    struct arena *arena = arena_create();
    struct str text = str_c(rows[_i].text), decoded = escape_decode(arena, text), code;
    ck_assert(str_eq(decoded, str_c(rows[_i].decoded)));
    ck_assert(str_eq(escape_encode(arena, decoded, ESCAPE_PATH_KEPT), str_c(rows[_i].encoded)));
    bool bad = escape_has_bad_code(text, &code);
    ck_assert(bad == (rows[_i].bad != NULL) && (!bad || str_eq(code, str_c(rows[_i].bad))));
    arena_destroy(arena);
}
END_TEST

static const struct {
    const char *path, *clean;
} paths[] = {
    { "/", "/" },          { "//", "/" },
    { "/a/./b", "/a/b" },  { "/a/../b", "/b" },
    { "/../a", "/a" },     { "/a/b/..", "/a" },
    { "/a/b/.", "/a/b" },  { "/a//b/", "/a/b/" },
    { "/a/b/../", "/a/" }, { "/..a/.b", "/..a/.b" },
};

START_TEST(paths_are_cleaned)
{
    struct arena *arena = arena_create();
    struct str clean = escape_clean_path(arena, str_c(paths[_i].path));
    ck_assert_msg(str_eq(clean, str_c(paths[_i].clean)), "%s: %.*s", paths[_i].path, STR_ARG(clean));
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = { { codes_are_read_and_written, ROWS(rows) },
                                      { paths_are_cleaned, ROWS(paths) },
                                      { 0 } };
    return run_suite("escape", tests);
}
