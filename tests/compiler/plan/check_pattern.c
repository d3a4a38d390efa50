/* Expressions as they are written; that they find what they should, tests/compiler/explain/check_lookup.c
 * tries. */
#include "plan/pattern.h"

#include "rules.h"

#define ANY_ADDRESS "[^|]*+\\|"
#define ANY_LINE    "[^\\n]*+\\n"

static const struct {
    const char *rule, *head, *tail;
} rows[] = {
    { "ClientIP(`10.0.0.0/8`)", "(?=(?:0{20}FFFF)?0A[0-9A-F]{6}\\|)" ANY_ADDRESS ANY_LINE ANY_LINE ">", "" },
    { "ClientIP(`10.128.0.0/9`)",
      "(?=(?:0{20}FFFF)?0A[89ABCDEF][0-9A-F]{5}\\|)" ANY_ADDRESS ANY_LINE ANY_LINE ">", "" },
    { "ClientIP(`10.1.2.3`)", "(?=(?:0{20}FFFF)?0A010203[0-9A-F]{0}\\|)" ANY_ADDRESS ANY_LINE ANY_LINE ">",
      "" },
    { "!ClientIP(`fd00::/12`)", "(?!FD0[0-9A-F]{29}\\|)" ANY_ADDRESS ANY_LINE ANY_LINE ">", "" },
    { "!Method(`GET`)", ANY_ADDRESS ANY_LINE "(?!GET\\n)" ANY_LINE ">", "" },
    { "!Host(`a-b.test`)", ANY_ADDRESS "(?!a\\x2Db\\x2Etest\\.{0,1}\\n)" ANY_LINE ANY_LINE ">", "" },
    { "!Host(`a.test.`)", ANY_ADDRESS "(?!a\\x2Etest\\.{0,2}\\n)" ANY_LINE ANY_LINE ">", "" },
    { "!Host(`*.a`)", ANY_ADDRESS "(?![^.\\n]*+\\.a\\.{0,1}\\n)" ANY_LINE ANY_LINE ">", "" },
    { "!Path(`/x y`)", ANY_ADDRESS ANY_LINE ANY_LINE ">", "(?!\\x2Fx\\x20y\\n)" },
    { "!PathPrefix(`/x`)", ANY_ADDRESS ANY_LINE ANY_LINE ">", "(?!\\x2Fx)" },
    { "!Header(`X-A`, `1\xc3\xa9`)", ANY_ADDRESS ANY_LINE ANY_LINE ">",
      ANY_LINE "(?!(?:[^\\n]*+\\n)*?x\\x2Da:1\\xC3\\xA9\\n)" },
    { "!Query(`k`, `v`)", ANY_ADDRESS ANY_LINE ANY_LINE ">", ANY_LINE "(?!(?:[^\\n]*+\\n)*?\\?k\\xFDv\\n)" },
    { "!Query(`k`, `a\nb`)", ANY_ADDRESS ANY_LINE ANY_LINE ">",
      ANY_LINE "(?!(?:[^\\n]*+\\n)*?\\?k\\xFDa\\xFFb\\n)" },
    { "!Query(`k`)", ANY_ADDRESS ANY_LINE ANY_LINE ">", ANY_LINE "(?!(?:[^\\n]*+\\n)*?\\?k\\xFD\\n)" },
};

START_TEST(what_remains_is_written_as_one_expression)
{
    struct arena *arena = arena_create();
    struct conjunct c;
    conjunct_init(&c, arena, conjunct_of(arena, rows[_i].rule));
    struct pattern p = pattern_of(arena, &c);
    ck_assert_msg(str_eq(p.head, str_c(rows[_i].head)), "%s: %.*s", rows[_i].rule, STR_ARG(p.head));
    ck_assert_msg(str_eq(p.tail, str_c(rows[_i].tail)), "%s: %.*s", rows[_i].rule, STR_ARG(p.tail));
    conjunct_fini(&c);
    arena_destroy(arena);
}
END_TEST

static const struct {
    const char *rule, *path;
} paths[] = {
    { "Path(`/x`)", "(?=\\x2Fx\\n)" },
    { "PathPrefix(`/x`)", "(?=\\x2Fx)" },
    { "PathPrefix(`/`)", "" },
    { "Path(`/`)", "(?=\\x2F\\n)" },
};

START_TEST(a_place_that_is_moved_asks_for_its_paths)
{
    struct arena *arena = arena_create();
    struct buf out = { 0 };
    struct conjunct c;
    conjunct_init(&c, arena, conjunct_of(arena, paths[_i].rule));
    pattern_put_path(&out, &c);
    ck_assert_msg(str_eq(buf_str(&out), str_c(paths[_i].path)), "%s: %.*s", paths[_i].rule,
                  STR_ARG(buf_str(&out)));
    buf_fini(&out);
    conjunct_fini(&c);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { what_remains_is_written_as_one_expression, ROWS(rows) },
        { a_place_that_is_moved_asks_for_its_paths, ROWS(paths) },
        { 0 },
    };
    return run_suite("pattern", tests);
}
