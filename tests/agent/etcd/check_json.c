/* The JSON cursor: what it takes, and that nothing else gets through. */
#include "etcd/json.h"

#include <stdlib.h>

#include "suite.h"

static struct arena *arena;

static struct etcd_json over(const char *text)
{
    return etcd_json_over(str_c(text));
}

static const struct {
    const char *text;
    struct str value; /* p NULL: a fault */
} strings[] = {
    { "\"plain\"", { "plain", 5 } },
    { "  \"\"", { "", 0 } },
    { "\"a\\\"b\\\\c\\/d\"", { "a\"b\\c/d", 7 } },
    { "\"\\b\\f\\n\\r\\t\"", { "\b\f\n\r\t", 5 } },
    { "\"\\u0041\\u00e4\\u20AC\"", { "A\xc3\xa4\xe2\x82\xac", 6 } },
    { "\"\\ud83d\\ude00\"", { "\xf0\x9f\x98\x80", 4 } },
    { "\"\\ud83d\"", { "\xef\xbf\xbd", 3 } },
    { "\"\\ude00x\"", { "\xef\xbf\xbdx", 4 } },
    { "\"\\ud83d\\u0041\"",
      { "\xef\xbf\xbd"
        "A",
        4 } },
    { "\"\\u0000\"", { "\0", 1 } },
    { "\"\\x\"", { NULL, 0 } },
    { "\"\\u12\"", { NULL, 0 } },
    { "\"\\u12g4\"", { NULL, 0 } },
    { "\"open", { NULL, 0 } },
    { "\"open\\\"", { NULL, 0 } },
    { "\"open\\", { NULL, 0 } },
    { "7", { NULL, 0 } },
    { "", { NULL, 0 } },
};

START_TEST(a_string_is_read_or_refused)
{
    struct etcd_json json = over(strings[_i].text);
    struct str value = etcd_json_string(&json, arena);
    ck_assert_int_eq(etcd_json_end(&json), strings[_i].value.p != NULL);
    ck_assert(str_eq(value, strings[_i].value));
}
END_TEST

static const struct {
    const char *text;
    bool good;
    int64_t value;
} integers[] = {
    { "12", true, 12 },
    { "\"12\"", true, 12 },
    { "\"-9223372036854775808\"", true, INT64_MIN },
    { "\"9223372036854775808\"", false, 0 },
    { "null", true, 0 },
    { "1.5", false, 0 },
    { "1e3", false, 0 },
    { "\"\"", false, 0 },
    { "\"1 \"", false, 0 },
    { "true", false, 0 },
    { "-", false, 0 },
};

START_TEST(an_integer_may_stand_in_quotes)
{
    struct etcd_json json = over(integers[_i].text);
    int64_t value = etcd_json_int64(&json);
    ck_assert_int_eq(etcd_json_end(&json), integers[_i].good);
    ck_assert(value == integers[_i].value);
}
END_TEST

START_TEST(an_unsigned_integer_has_all_64_bits)
{
    struct etcd_json json = over("\"18446744073709551615\"");
    ck_assert(etcd_json_uint64(&json) == UINT64_MAX && etcd_json_end(&json));
    const char *const bad[] = { "\"18446744073709551616\"", "\"99999999999999999999\"", "-1", "\"\"", "x" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json = over(bad[i]);
        ck_assert(etcd_json_uint64(&json) == 0 && !etcd_json_end(&json));
    }
}
END_TEST

START_TEST(members_and_elements_are_walked)
{
    struct etcd_json json =
        over(" { \"a\" : [ 1 , \"2\" , 3 ] , \"b\" : { } , \"c\" : [ ] , \"d\" : null } ");
    struct str key;
    int64_t sum = 0;
    char keys[8] = "";
    ck_assert(etcd_json_object(&json));
    while (etcd_json_member(&json, &key)) {
        strncat(keys, key.p, key.n);
        if (str_eq(key, STR("a")) && etcd_json_array(&json))
            while (etcd_json_element(&json))
                sum += etcd_json_int64(&json);
        else
            etcd_json_skip(&json);
    }
    ck_assert(etcd_json_end(&json));
    ck_assert_str_eq(keys, "abcd");
    ck_assert_int_eq(sum, 6);
}
END_TEST

START_TEST(null_is_an_object_and_an_array_without_anything)
{
    struct etcd_json json = over("null");
    ck_assert(!etcd_json_object(&json) && etcd_json_end(&json));
    json = over("null");
    ck_assert(!etcd_json_array(&json) && etcd_json_end(&json));
}
END_TEST

static const struct {
    const char *text;
    bool good;
} values[] = {
    { "{\"a\":{\"b\":[1,-2.5e+3,true,false,null,\"x\"]}}", true },
    { "[]", true },
    { "{}", true },
    { "[1,]", false },
    { "[,1]", false },
    { "[1 2]", false },
    { "{\"a\":1,}", false },
    { "{,}", false },
    { "{\"a\"}", false },
    { "{\"a\":}", false },
    { "{a:1}", false },
    { "{\"a\":1", false },
    { "[1", false },
    { "[1}", false },
    { "{\"a\":1]", false },
    { "tru", false },
    { "nul", false },
    { "1 1", false },
    { "", false },
    { "}", false },
};

START_TEST(whole_values_are_skipped_and_broken_ones_seen)
{
    struct etcd_json json = over(values[_i].text);
    etcd_json_skip(&json);
    ck_assert_msg(etcd_json_end(&json) == values[_i].good, "%s", values[_i].text);
}
END_TEST

/* A stack overflow is what this must not be. */
START_TEST(depth_is_bounded)
{
    static char deep[200001];
    memset(deep, '[', sizeof deep - 1);
    struct etcd_json json = over(deep);
    etcd_json_skip(&json);
    ck_assert(!etcd_json_end(&json));
}
END_TEST

START_TEST(every_truncation_of_a_value_is_a_fault)
{
    struct str whole = STR("{\"a\":{\"b\":[1,true,null,\"x\\u0041\"]},\"c\":\"d\"}");
    for (size_t n = 0; n < whole.n; n++) {
        char *exact = malloc(n ? n : 1); /* so that the sanitizer sees a read past the end */
        memcpy(exact, whole.p, n);
        struct etcd_json json = etcd_json_over(str_of(exact, n));
        etcd_json_skip(&json);
        ck_assert(!etcd_json_end(&json));
        free(exact);
    }
}
END_TEST

int main(void)
{
    arena = arena_create();
    int failed = run_suite("etcd json", (const struct test_row[]){
                                            { a_string_is_read_or_refused, ROWS(strings) },
                                            { an_integer_may_stand_in_quotes, ROWS(integers) },
                                            { an_unsigned_integer_has_all_64_bits, 0 },
                                            { members_and_elements_are_walked, 0 },
                                            { null_is_an_object_and_an_array_without_anything, 0 },
                                            { whole_values_are_skipped_and_broken_ones_seen, ROWS(values) },
                                            { depth_is_bounded, 0 },
                                            { every_truncation_of_a_value_is_a_fault, 0 },
                                            { 0 },
                                        });
    arena_destroy(arena);
    return failed;
}
