#include "base/str.h"

#include <check.h>
#include <stdlib.h>

static void assert_str(struct str got, const char *want)
{
    ck_assert_uint_eq(got.n, strlen(want));
    ck_assert_mem_eq(got.n ? got.p : "", want, got.n);
}

START_TEST(order_is_by_unsigned_bytes_and_then_by_length)
{
    ck_assert_int_eq(str_cmp(STR("a"), STR("a")), 0);
    ck_assert_int_eq(str_cmp(STR(""), (struct str){ 0 }), 0);
    ck_assert_int_lt(str_cmp(STR("a"), STR("b")), 0);
    ck_assert_int_gt(str_cmp(STR("b"), STR("a")), 0);
    ck_assert_int_lt(str_cmp(STR("a"), STR("aa")), 0);
    ck_assert_int_gt(str_cmp(STR("aa"), STR("a")), 0);
    ck_assert_int_lt(str_cmp(STR("z"), STR("\x80")), 0);
    ck_assert_int_lt(str_cmp(STR("Z"), STR("a")), 0);
    ck_assert_int_lt(str_cmp(STR("a\0a"), STR("a\0b")), 0);
}
END_TEST

START_TEST(folding_touches_ascii_letters_only)
{
    ck_assert(str_eq_nocase(STR("EntryPoints"), STR("entrypoints")));
    ck_assert(!str_eq_nocase(STR("a"), STR("ab")));
    ck_assert(!str_eq_nocase(STR("["), STR("{")));
    ck_assert(!str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
    ck_assert_int_eq(str_cmp_nocase(STR("ABC"), STR("abc")), 0);
    ck_assert_int_lt(str_cmp_nocase(STR("A"), STR("b")), 0);
    ck_assert_int_gt(str_cmp_nocase(STR("B"), STR("a")), 0);
    ck_assert_int_lt(str_cmp_nocase(STR("ab"), STR("ABC")), 0);
    ck_assert_int_lt(str_cmp_nocase(STR("z"), STR("\xe4")), 0);
}
END_TEST

START_TEST(starts_and_ends_compare_whole_affixes)
{
    ck_assert(str_starts(STR("traefik/http"), STR("traefik/")));
    ck_assert(str_starts(STR("a"), STR("")));
    ck_assert(str_starts((struct str){ 0 }, STR("")));
    ck_assert(!str_starts(STR("a"), STR("ab")));
    ck_assert(str_ends(STR("a.yml"), STR(".yml")));
    ck_assert(!str_ends(STR("yml"), STR(".yml")));
    ck_assert(!str_ends(STR("a.yml "), STR(".yml")));
}
END_TEST

START_TEST(parts_are_clamped)
{
    assert_str(str_from(STR("abc"), 1), "bc");
    assert_str(str_from(STR("abc"), 3), "");
    assert_str(str_from(STR("abc"), 99), "");
    assert_str(str_from((struct str){ 0 }, 1), "");
    assert_str(str_head(STR("abc"), 2), "ab");
    assert_str(str_head(STR("abc"), 99), "abc");
    assert_str(str_c(NULL), "");
}
END_TEST

START_TEST(find_and_search_report_the_first)
{
    ck_assert_uint_eq(str_find(STR("a/b/c"), '/'), 1);
    ck_assert_uint_eq(str_find(STR("abc"), '/'), 3);
    ck_assert_uint_eq(str_find((struct str){ 0 }, 'x'), 0);
    ck_assert_uint_eq(str_find(STR("a\0b"), '\0'), 1);
    ck_assert_uint_eq(str_search(STR("aab"), STR("ab")), 1);
    ck_assert_uint_eq(str_search(STR("abcabc"), STR("abc")), 0);
    ck_assert_uint_eq(str_search(STR("xxabc"), STR("abc")), 2);
    ck_assert_uint_eq(str_search(STR("ab"), STR("abc")), SIZE_MAX);
    ck_assert_uint_eq(str_search(STR("aaaa"), STR("ab")), SIZE_MAX);
    ck_assert_uint_eq(str_search(STR("anything"), STR("")), 0);
    ck_assert_uint_eq(str_search(STR(""), STR("a")), SIZE_MAX);
}
END_TEST

START_TEST(cut_visits_every_part_even_empty_ones)
{
    static const char *const want[] = { "", "a", "", "b", "" };
    struct str rest = STR("/a//b/");
    size_t n = 0;
    while (rest.p) {
        ck_assert_uint_lt(n, 5);
        assert_str(str_cut(&rest, '/'), want[n]);
        n++;
    }
    ck_assert_uint_eq(n, 5);
}
END_TEST

START_TEST(trim_takes_white_space_from_both_ends_only)
{
    assert_str(str_trim(STR(" \t\r\n\v\fa b \n")), "a b");
    assert_str(str_trim(STR(" \n ")), "");
    assert_str(str_trim(STR("\xc2\xa0x")), "\xc2\xa0x");
    assert_str(str_trim((struct str){ 0 }), "");
}
END_TEST

static const struct {
    const char *text;
    bool good;
    int64_t value;
} numbers[] = {
    { "0", true, 0 },
    { "-0", true, 0 },
    { "+7", true, 7 },
    { "007", true, 7 },
    { "9223372036854775807", true, INT64_MAX },
    { "9223372036854775808", false, 0 },
    { "-9223372036854775808", true, INT64_MIN },
    { "-9223372036854775809", false, 0 },
    { "18446744073709551616", false, 0 },
    { "99999999999999999999999999", false, 0 },
    { "", false, 0 },
    { "-", false, 0 },
    { "+", false, 0 },
    { "--1", false, 0 },
    { " 1", false, 0 },
    { "1 ", false, 0 },
    { "0x10", false, 0 },
    { "1_000", false, 0 },
    { "1.0", false, 0 },
};

START_TEST(integers_are_read_to_their_limits)
{
    int64_t value = 42;
    ck_assert_int_eq(str_to_int64(str_c(numbers[_i].text), &value), numbers[_i].good);
    ck_assert_int_eq(value, numbers[_i].value);
}
END_TEST

START_TEST(distance_counts_edits_up_to_its_limit)
{
    ck_assert_uint_eq(str_distance(STR("rule"), STR("rule"), 2), 0);
    ck_assert_uint_eq(str_distance(STR("Rule"), STR("rULE"), 2), 0);
    ck_assert_uint_eq(str_distance(STR("rul"), STR("rule"), 2), 1);
    ck_assert_uint_eq(str_distance(STR("rulle"), STR("rule"), 2), 1);
    ck_assert_uint_eq(str_distance(STR("kitten"), STR("sitting"), 5), 3);
    ck_assert_uint_eq(str_distance(STR("ruel"), STR("rule"), 2), 1);
    ck_assert_uint_eq(str_distance(STR("uRle"), STR("rule"), 1), 1);
    ck_assert_uint_eq(str_distance(STR("badcfe"), STR("abcdef"), 3), 3);
    ck_assert_uint_eq(str_distance(STR("badcfe"), STR("abcdef"), 2), 3);
    ck_assert_uint_eq(str_distance(STR("kitten"), STR("sitting"), 2), 3);
    ck_assert_uint_eq(str_distance(STR("abc"), STR("xyz"), 1), 2);
    ck_assert_uint_eq(str_distance(STR(""), STR("ab"), 5), 2);
    ck_assert_uint_eq(str_distance(STR("ab"), STR(""), 5), 2);
    char lengthy[65];
    memset(lengthy, 'a', sizeof lengthy);
    ck_assert_uint_eq(str_distance(str_of(lengthy, 65), STR("a"), 3), 4);
    ck_assert_uint_eq(str_distance(str_of(lengthy, 64), str_of(lengthy, 64), 3), 0);
}
END_TEST

static const struct {
    struct str text;
    bool token, field;
} texts[] = {
    { STR("GET"), true, true },
    { STR("x-a!#$%&'*+.^_`|~9"), true, true },
    { STR(""), false, true },
    { STR("a b"), false, true },
    { STR("a:"), false, true },
    { { "a\0", 2 }, false, false },
    { STR("a\x7f"), false, false },
    { STR("a\tb"), false, true },
    { STR("caf\xc3\xa9"), false, true },
    { STR("a\r\nb"), false, false },
};

START_TEST(tokens_and_values_are_http_s)
{
    ck_assert_msg(str_is_token(texts[_i].text) == texts[_i].token, "%s", texts[_i].text.p);
    ck_assert_msg(str_is_field_value(texts[_i].text) == texts[_i].field, "%s", texts[_i].text.p);
}
END_TEST

START_TEST(kinds_of_bytes)
{
    ck_assert(str_is_of(STR("Az09"), "") && str_is_of(STR(""), "") && str_is_of(STR("a-b"), "-"));
    ck_assert(!str_is_of(STR("a-b"), "_") && !str_is_of(str_of("a\0", 2), "-") &&
              !str_is_of(STR("\xe9"), "-"));
    ck_assert(!str_is_of(STR("@"), "") && !str_is_of(STR("["), "") && !str_is_of(STR("`"), "") &&
              !str_is_of(STR("{"), ""));
    ck_assert(str_has_control(STR("a\tb")) && str_has_control(STR("\x7f")) &&
              !str_has_control(STR("a b\xe9")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/str");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_test(all, order_is_by_unsigned_bytes_and_then_by_length);
    tcase_add_test(all, folding_touches_ascii_letters_only);
    tcase_add_test(all, starts_and_ends_compare_whole_affixes);
    tcase_add_test(all, parts_are_clamped);
    tcase_add_test(all, find_and_search_report_the_first);
    tcase_add_test(all, cut_visits_every_part_even_empty_ones);
    tcase_add_test(all, trim_takes_white_space_from_both_ends_only);
    tcase_add_loop_test(all, integers_are_read_to_their_limits, 0, sizeof numbers / sizeof *numbers);
    tcase_add_loop_test(all, tokens_and_values_are_http_s, 0, sizeof texts / sizeof *texts);
    tcase_add_test(all, kinds_of_bytes);
    tcase_add_test(all, distance_counts_edits_up_to_its_limit);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
