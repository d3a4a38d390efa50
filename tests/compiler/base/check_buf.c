#include "base/buf.h"

#include <check.h>
#include <stdlib.h>

static struct buf b;

static void setup(void)
{
    b = buf_make(0);
}

static void teardown(void)
{
    buf_fini(&b);
}

START_TEST(appended_text_is_one_string_with_a_nul_behind)
{
    buf_put(&b, STR("a\0b"));
    buf_puts(&b, "-");
    buf_putc(&b, 'c');
    buf_printf(&b, "%03d", 7);
    buf_put(&b, (struct str){ 0 });
    ck_assert_uint_eq(b.n, 8);
    ck_assert_mem_eq(b.p, "a\0b-c007", 9);
    ck_assert(!b.failed);
}
END_TEST

START_TEST(it_grows_over_any_size)
{
    for (int i = 0; i < 100000; i++)
        buf_printf(&b, "%d,", i);
    ck_assert_uint_eq(b.n, 588890);
    ck_assert_uint_eq(strlen(b.p), b.n);
    ck_assert_str_eq(b.p + b.n - 6, "99999,");
}
END_TEST

START_TEST(an_error_sticks_and_nothing_is_appended_after_it)
{
    b.limit = 5;
    buf_puts(&b, "1234");
    buf_puts(&b, "56");
    ck_assert(b.failed);
    buf_putc(&b, '5');
    buf_printf(&b, "%d", 5);
    ck_assert_str_eq(b.p, "1234");
    ck_assert_ptr_null(buf_reserve(&b, 0));
    buf_reset(&b);
    ck_assert(!b.failed);
    buf_puts(&b, "12345");
    ck_assert(!b.failed);
    ck_assert_str_eq(b.p, "12345");
    buf_printf(&b, "%d", 6);
    ck_assert(b.failed);
    ck_assert_uint_eq(b.n, 5);
}
END_TEST

START_TEST(a_size_without_measure_fails_and_does_not_wrap)
{
    buf_puts(&b, "x");
    ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
    ck_assert(b.failed);
    b.limit = 10;
    buf_reset(&b);
    ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX - 1));
}
END_TEST

START_TEST(reserved_room_counts_when_it_is_taken)
{
    char *at = buf_reserve(&b, 3);
    memcpy(at, "abc", 3);
    ck_assert_uint_eq(b.n, 0);
    b.n += 3;
    buf_putc(&b, 'd');
    ck_assert_str_eq(b.p, "abcd");
}
END_TEST

START_TEST(after_fini_it_is_usable_again)
{
    b.limit = 3;
    buf_puts(&b, "abcd");
    buf_fini(&b);
    ck_assert_uint_eq(b.limit, 3);
    buf_puts(&b, "abc");
    ck_assert_str_eq(b.p, "abc");
}
END_TEST

static const struct {
    struct str text;
    const char *json;
} texts[] = {
    { STR(""), "\"\"" },
    { STR("plain"), "\"plain\"" },
    { STR("\"\\/"), "\"\\\"\\\\/\"" },
    { STR("\n\r\t"), "\"\\n\\r\\t\"" },
    { STR("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\\u007f\"" },
    { STR("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"), "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"" },
    { STR("\x80"), "\"\\ufffd\"" },            /* a lone continuation */
    { STR("\xff\xfe"), "\"\\ufffd\\ufffd\"" }, /* never bytes of UTF-8 */
    { STR("\xc3"), "\"\\ufffd\"" },            /* cut short at the end */
    { STR("\xe2\x82"), "\"\\ufffd\\ufffd\"" },
    { STR("\xf0\x9f\x98"), "\"\\ufffd\\ufffd\\ufffd\"" },
    { STR("\xc3(x"), "\"\\ufffd(x\"" }, /* the byte behind is not swallowed */
    { STR("\xe2\"x"), "\"\\ufffd\\\"x\"" },
    { STR("\xc0\xaf"), "\"\\ufffd\\ufffd\"" }, /* overlong */
    { STR("\xc1\xbf"), "\"\\ufffd\\ufffd\"" },
    { STR("\xe0\x9f\xbf"), "\"\\ufffd\\ufffd\\ufffd\"" },
    { STR("\xe0\xa0\x80"), "\"\xe0\xa0\x80\"" }, /* the first that is not */
    { STR("\xf0\x8f\xbf\xbf"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
    { STR("\xf0\x90\x80\x80"), "\"\xf0\x90\x80\x80\"" },
    { STR("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" }, /* a surrogate */
    { STR("\xed\x9f\xbf\xee\x80\x80"), "\"\xed\x9f\xbf\xee\x80\x80\"" },
    { STR("\xf4\x8f\xbf\xbf"), "\"\xf4\x8f\xbf\xbf\"" }, /* U+10FFFF */
    { STR("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
    { STR("\xf5\x80\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
};

START_TEST(json_strings_are_valid_whatever_the_bytes)
{
    buf_put_json(&b, texts[_i].text);
    ck_assert_str_eq(b.p, texts[_i].json);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/buf");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, appended_text_is_one_string_with_a_nul_behind);
    tcase_add_test(all, it_grows_over_any_size);
    tcase_add_test(all, an_error_sticks_and_nothing_is_appended_after_it);
    tcase_add_test(all, a_size_without_measure_fails_and_does_not_wrap);
    tcase_add_test(all, reserved_room_counts_when_it_is_taken);
    tcase_add_test(all, after_fini_it_is_usable_again);
    tcase_add_loop_test(all, json_strings_are_valid_whatever_the_bytes, 0, sizeof texts / sizeof *texts);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
