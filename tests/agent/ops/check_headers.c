#include <stdlib.h>

#include "ops/decide.h"
#include "suite.h"

#define BLOCK "\4host\1a\5x-key\3one\5x-key\3two\7x-empty\0\0\0"

static struct str find(const char *name)
{
    return headers_find(STR(BLOCK), str_c(name));
}

START_TEST(the_first_value_of_a_name_is_found)
{
    ck_assert(str_eq(find("x-key"), STR("one")));
    ck_assert(str_eq(find("host"), STR("a")));
}
END_TEST

START_TEST(an_empty_value_is_a_value)
{
    struct str value = find("x-empty");
    ck_assert_ptr_nonnull(value.p);
    ck_assert_uint_eq(value.n, 0);
}
END_TEST

START_TEST(what_is_not_there_is_null)
{
    ck_assert_ptr_null(find("x-ke").p);
    ck_assert_ptr_null(find("x-key2").p);
    ck_assert_ptr_null(find("").p);
    ck_assert_ptr_null(headers_find(STR(""), STR("a")).p);
    ck_assert_ptr_null(headers_find((struct str){ 0 }, STR("a")).p);
}
END_TEST

START_TEST(names_match_in_any_case)
{
    ck_assert(str_eq(headers_find(STR("\5X-Key\1v\0\0"), STR("x-key")), STR("v")));
}
END_TEST

START_TEST(nothing_behind_the_end_counts)
{
    ck_assert_ptr_null(headers_find(STR("\1a\1b\0\0\1c\1d"), STR("c")).p);
}
END_TEST

START_TEST(long_values_have_long_lengths)
{
    char block[2 + 3 + 300 + 2] = "\1v\xfc\3"; /* fc 03 is 300 */
    memset(block + 4, 'x', 300);
    struct str value = headers_find(str_of(block, 4 + 300 + 2), STR("v"));
    ck_assert_uint_eq(value.n, 300);
    ck_assert_int_eq(value.p[299], 'x');
}
END_TEST

static const struct str broken[] = {
    { "\4ho", 3 }, { "\4host", 5 },      { "\4host\5a", 7 },
    { "\xf0", 1 }, { "\1a\xf0\xff", 4 }, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11 },
    { "\1", 1 },   { "\0", 1 },          { "\1a\xff\xf0\xfe\xfe\x7e", 7 },
};

START_TEST(a_broken_block_has_no_header)
{
    /* An exact copy, so that the sanitizer sees a read past the end. */
    char *copy = malloc(broken[_i].n);
    memcpy(copy, broken[_i].p, broken[_i].n);
    ck_assert_ptr_null(headers_find(str_of(copy, broken[_i].n), STR("host")).p);
    ck_assert_ptr_null(headers_find(str_of(copy, broken[_i].n), STR("a")).p);
    free(copy);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { the_first_value_of_a_name_is_found, 0 },
        { an_empty_value_is_a_value, 0 },
        { what_is_not_there_is_null, 0 },
        { names_match_in_any_case, 0 },
        { nothing_behind_the_end_counts, 0 },
        { long_values_have_long_lengths, 0 },
        { a_broken_block_has_no_header, ROWS(broken) },
        { NULL, 0 },
    };
    return run_suite("headers", tests);
}
