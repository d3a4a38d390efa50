#include "suite.h"

#include "base/hex.h"

START_TEST(digits_have_their_values)
{
    static const char digits[] = "0123456789abcdef";
    for (int c = 0; c < 256; c++) {
        const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 'a' - 'A' : c) : NULL;
        ck_assert_int_eq(hex_value((char)(unsigned char)c), at ? (int)(at - digits) : -1);
    }
}
END_TEST

START_TEST(two_digits_are_a_byte)
{
    ck_assert_int_eq(hex_pair("00"), 0);
    ck_assert_int_eq(hex_pair("fF"), 255);
    ck_assert_int_eq(hex_pair("2F"), '/');
    ck_assert_int_eq(hex_pair("0"), -1); /* the NUL behind is no digit */
    ck_assert_int_eq(hex_pair("g0"), -1);
    ck_assert_int_eq(hex_pair("0g"), -1);
}
END_TEST

START_TEST(bytes_are_written_as_digits)
{
    static const unsigned char bytes[] = { 0x00, 0x9f, 0xa0, 0xff };
    char text[9];
    struct buf out = { 0 };
    hex_write(text, bytes, 8);
    ck_assert_str_eq(text, "009fa0ff");
    hex_write(text, bytes, 5);
    ck_assert_str_eq(text, "009fa");
    hex_put(&out, str_of((const char *)bytes, 4));
    hex_put_code(&out, '%', '\xaf');
    hex_put_code(&out, ':', '\0');
    ck_assert_str_eq(out.p, "009fa0ff%AF:00");
    buf_fini(&out);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { digits_have_their_values, 0 },
        { two_digits_are_a_byte, 0 },
        { bytes_are_written_as_digits, 0 },
        { 0 },
    };
    return run_suite("hex", tests);
}
