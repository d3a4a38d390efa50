#include "kv/json.h"

#include "kv.h"

static struct arena *arena;

static void setup(void)
{
    arena = arena_create();
}

static void teardown(void)
{
    arena_destroy(arena);
}

static const struct {
    struct str json, want;
} texts[] = {
    { STR("\"\""), STR("") },
    { STR(" \t\r\n\"plain\" "), STR("plain") },
    { STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR("\"\\/\b\f\n\r\t") },
    { STR("\"\\u0041\\u00e4\\u20AC\""), STR("A\xc3\xa4\xe2\x82\xac") },
    { STR("\"\\u0000x\""), STR("\0x") },
    { STR("\"\\ud83d\\ude00\""), STR("\xf0\x9f\x98\x80") },
    { STR("\"\\uDBFF\\uDFFF\""), STR("\xf4\x8f\xbf\xbf") },
    { STR("\"\\ud83d\""), STR("\xef\xbf\xbd") }, /* half a pair */
    { STR("\"\\ude00\\ud83d\""), STR("\xef\xbf\xbd\xef\xbf\xbd") },
    { STR("\"\\udc00\\udc00\""), STR("\xef\xbf\xbd\xef\xbf\xbd") },
    { STR("\"\\ud83dx\""), STR("\xef\xbf\xbdx") },
    { STR("\"\\ud83d\\u0041\""), STR("\xef\xbf\xbd"
                                     "A") },
    { STR("\"\\ud83d\\n\""), STR("\xef\xbf\xbd\n") },
    { STR("\"\xff\xc3\xa4\x7f\""), STR("\xff\xc3\xa4\x7f") }, /* raw bytes stay */
    { STR("0"), STR("0") },
    { STR("-0"), STR("-0") },
    { STR("-12.50e+03"), STR("-12.50e+03") },
    { STR("1E5"), STR("1E5") },
    { STR("123456789012345678901234567890"), STR("123456789012345678901234567890") },
    { STR("true"), STR("true") },
    { STR("false"), STR("false") },
    { STR("null"), STR("null") },
};

START_TEST(plain_values_are_read)
{
    struct json in = json_open(arena, texts[_i].json);
    struct str got = json_text(&in);
    ck_assert(json_end(&in));
    ck_assert_ptr_null(in.error);
    ck_assert(str_eq(got, texts[_i].want));
}
END_TEST

static const char *const broken[] = {
    "",           " ",
    "\"",         "\"a",
    "\"\\",       "\"\\\"",
    "\"\\u12\"",  "\"\\u12g4\"",
    "\"\\x41\"",  "\"\\",
    "\"a\nb\"",   "\"\\\n\"",
    "\"\x01\"",   "'a'",
    "a",          "01",
    "-",          "-a",
    "+1",         ".5",
    "1.",         "1.e5",
    "1e",         "1e+",
    "0x1",        "1 2",
    "tru",        "True",
    "truex",      "nul",
    "NaN",        "-Infinity",
    "{",          "}",
    "[",          "]",
    ",",          "{}}",
    "[,]",        "[1,]",
    "[1 2]",      "[1}",
    "{\"a\"}",    "{\"a\":}",
    "{\"a\":1,}", "{\"a\" 1}",
    "{a:1}",      "{1:1}",
    "{,}",        "{\"a\":1 \"b\":2}",
    "{\"a\":1]",  "[]//",
    "/**/1",      "\xef\xbb\xbf[]",
};

START_TEST(what_is_no_json_is_an_error)
{
    struct json in = json_open(arena, str_c(broken[_i]));
    json_skip(&in);
    ck_assert(!json_end(&in));
    ck_assert_ptr_nonnull(in.error);
}
END_TEST

START_TEST(members_come_in_order_with_their_lines)
{
    struct json in = json_open(arena, STR("{\"a\":1,\n\n\"b\":[],\"\\u0063\":[{},[2]\n,\"x\"]}"));
    static const char *const names[] = { "a", "b", "c" };
    static const size_t lines[] = { 1, 3, 3 };
    size_t n = 0;
    for (bool more = json_enter(&in, '{'); more; more = json_more(&in, '}')) {
        struct str name = json_name(&in);
        ck_assert_uint_lt(n, 3);
        ck_assert(str_eq(name, str_c(names[n])));
        ck_assert_uint_eq(in.line, lines[n]);
        n++;
        json_skip(&in);
    }
    ck_assert_uint_eq(n, 3);
    ck_assert(json_end(&in));
    ck_assert_uint_eq(in.line, 4);
}
END_TEST

START_TEST(what_comes_next_can_be_asked)
{
    static const enum json_kind kinds[] = { JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER,
                                            JSON_NUMBER, JSON_TRUE,  JSON_FALSE,  JSON_NULL };
    struct json in = json_open(arena, STR("[ {} , [] , \"\" , -1 , 1 , true , false , null ]"));
    size_t n = 0;
    for (bool more = json_enter(&in, '['); more; more = json_more(&in, ']')) {
        ck_assert_uint_lt(n, 8);
        ck_assert_int_eq(json_peek(&in), kinds[n++]);
        json_skip(&in);
    }
    ck_assert_uint_eq(n, 8);
    ck_assert(json_end(&in));
    ck_assert_int_eq(json_peek(&in), JSON_ERROR);
}
END_TEST

START_TEST(an_error_sticks_and_ends_every_loop)
{
    struct json in = json_open(arena, STR("[1, x, 2, 3]"));
    size_t n = 0;
    for (bool more = json_enter(&in, '['); more; more = json_more(&in, ']')) {
        json_text(&in);
        n++;
    }
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(in.error, "a value was expected");
    ck_assert_uint_eq(json_text(&in).n, 0);
    ck_assert_uint_eq(json_name(&in).n, 0);
    ck_assert(!json_enter(&in, '['));
    ck_assert(!json_more(&in, ']'));
    ck_assert(!json_end(&in));
    ck_assert_str_eq(in.error, "a value was expected");
}
END_TEST

START_TEST(depth_is_bounded)
{
    char text[2 * KV_MAX_DEPTH + 2];
    for (size_t depth = KV_MAX_DEPTH; depth <= KV_MAX_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct json in = json_open(arena, str_of(text, 2 * depth));
        json_skip(&in);
        ck_assert_int_eq(json_end(&in), depth <= KV_MAX_DEPTH);
    }
    size_t n = 1 << 20;
    char *deep = arena_alloc(arena, n, 1);
    memset(deep, '[', n);
    struct json in = json_open(arena, str_of(deep, n));
    json_skip(&in);
    ck_assert(!json_end(&in));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kv/json");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, plain_values_are_read, 0, sizeof texts / sizeof *texts);
    tcase_add_loop_test(all, what_is_no_json_is_an_error, 0, sizeof broken / sizeof *broken);
    tcase_add_test(all, members_come_in_order_with_their_lines);
    tcase_add_test(all, what_comes_next_can_be_asked);
    tcase_add_test(all, an_error_sticks_and_ends_every_loop);
    tcase_add_test(all, depth_is_bounded);
    return kv_test_run(srunner_create(suite));
}
