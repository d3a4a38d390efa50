/* The tables of reference/traefik-routing.md 3.4 and 4.1. */
#include "suite.h"

#include "explain/path.h"

static const struct {
    const char *path, *normal, *routing;
} rows[] = {
    { "/", "/", "/" },
    { "/a/../b", "/b", "/b" },
    { "/a/%2e%2e/b", "/b", "/b" },
    { "/a/.%2E/b", "/b", "/b" },
    { "/a//b", "/a/b", "/a/b" },
    { "/a/b/.", "/a/b", "/a/b" },
    { "/a/b/..", "/a", "/a" },
    { "/a/b/../", "/a/", "/a/" },
    { "/../a", "/a", "/a" },
    { "/..", "/", "/" },
    { "//", "/", "/" },
    { "/a/", "/a/", "/a/" },
    { "/...", "/...", "/..." },
    { "/a%2f..%2fb", "/a%2F..%2Fb", "/a%2F..%2Fb" },
    { "/a/%2F/b", "/a/%2F/b", "/a/%2F/b" },
    { "/\xc3\xa9", "/%C3%A9", "/\xc3\xa9" },
    { "/\"", "/%22", "/\"" },
    { "/\\", "/%5C", "/\\" },
    { "/a%20b", "/a%20b", "/a b" },
    { "/a%2fb", "/a%2Fb", "/a%2Fb" },
    { "/a%2Fb", "/a%2Fb", "/a%2Fb" },
    { "/x%3ay", "/x%3Ay", "/x%3Ay" },
    { "/x:y", "/x:y", "/x:y" },
    { "/%C3%A9", "/%C3%A9", "/\xc3\xa9" },
    { "/%66oo", "/foo", "/foo" },
    { "//foo", "/foo", "/foo" },
    { "/x/../foo", "/foo", "/foo" },
    { "/p%25", "/p%25", "/p%25" },
    { "/q%22", "/q%22", "/q\"" },
    { "/b%5C", "/b%5C", "/b\\" },
    { "/%7e%2d%5F%2e", "/~-_.", "/~-_." },
    { "/%3a%2f%3f%23%5b%5d%40%21%24%26%27%28%29%2a%2b%2c%3b%3d%25", "/%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25",
      "/%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25" },
};

START_TEST(paths_are_treated_as_the_tables_say)
{
    struct arena *arena = arena_create();
    struct str normal = path_normal(arena, str_c(rows[_i].path)), routing = path_routing(arena, normal, false);
    ck_assert_msg(str_eq(normal, str_c(rows[_i].normal)), "%s is sent as %.*s", rows[_i].path, STR_ARG(normal));
    ck_assert_msg(str_eq(routing, str_c(rows[_i].routing)), "%s is matched as %.*s", rows[_i].path, STR_ARG(routing));
    ck_assert_msg(str_eq(path_normal(arena, normal), normal), "%s: a normal path stays", rows[_i].path);
    arena_destroy(arena);
}
END_TEST

static const struct {
    const char *normal, *key;
} keys[] = {
    { "/a%20b", "/a#20b" }, { "/a%0Ab", "/a#0Ab" },   { "/a%00b", "/a#00b" },          { "/a%09b", "/a#09b" },
    { "/a%7Fb", "/a#7Fb" }, { "/a%2Fb", "/a%2Fb" },   { "/%C3%A9", "/\xc3\xa9" },       { "/plain/x", "/plain/x" },
};

START_TEST(what_no_key_can_hold_is_written_as_a_code)
{
    struct arena *arena = arena_create();
    struct str key = path_routing(arena, str_c(keys[_i].normal), true);
    ck_assert_msg(str_eq(key, str_c(keys[_i].key)), "%s is looked up as %.*s", keys[_i].normal, STR_ARG(key));
    arena_destroy(arena);
}
END_TEST

START_TEST(codes_are_two_digits)
{
    static const char *const whole[] = { "", "/", "/%41", "/%aF%00" }, *const broken[] = { "%", "/%4", "/%4g", "/%zz", "/%%41" };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        ck_assert_msg(path_is_encoded(str_c(whole[i])), "%s", whole[i]);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        ck_assert_msg(!path_is_encoded(str_c(broken[i])), "%s", broken[i]);
    ck_assert(str_eq(path_decode(arena, STR("/%41%2f%4g%")), STR("/A/%4g%")));
    ck_assert(str_eq(path_decode(arena, STR("%00")), str_of("\0", 1)));
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { paths_are_treated_as_the_tables_say, ROWS(rows) },
        { what_no_key_can_hold_is_written_as_a_code, ROWS(keys) },
        { codes_are_two_digits, 0 },
        { 0 },
    };
    return run_suite("path", tests);
}
