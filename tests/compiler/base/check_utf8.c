/* UTF-8: what is a sequence, what is none, and the way back. */
#include "base/utf8.h"
#include "suite.h"

static const struct {
    const char *bytes;
    size_t n;
    uint32_t c;
    size_t length;
} cases[] = {
    { "a", 1, 'a', 1 },
    { "\0", 1, 0, 1 },
    { "\x7f", 1, 0x7f, 1 },
    { "\xc2\x80", 2, 0x80, 2 },
    { "\xc3\xa9x", 3, 0xe9, 2 },
    { "\xe2\x82\xac", 3, 0x20ac, 3 },
    { "\xef\xbf\xbd", 3, UTF8_INVALID, 3 },
    { "\xf0\x9f\x98\x80", 4, 0x1f600, 4 },
    { "\xf4\x8f\xbf\xbf", 4, UTF8_MAX, 4 },
    { "\x80", 1, UTF8_INVALID, 1 },
    { "\xc0\x80", 2, UTF8_INVALID, 1 },
    { "\xc1\xbf", 2, UTF8_INVALID, 1 },
    { "\xc3", 1, UTF8_INVALID, 1 },
    { "\xc3x", 2, UTF8_INVALID, 1 },
    { "\xe0\x9f\xbf", 3, UTF8_INVALID, 1 },
    { "\xed\xa0\x80", 3, UTF8_INVALID, 1 },
    { "\xe2\x82", 2, UTF8_INVALID, 1 },
    { "\xf0\x8f\xbf\xbf", 4, UTF8_INVALID, 1 },
    { "\xf4\x90\x80\x80", 4, UTF8_INVALID, 1 },
    { "\xf5\x80\x80\x80", 4, UTF8_INVALID, 1 },
    { "\xff", 1, UTF8_INVALID, 1 },
};

START_TEST(sequences_are_decoded)
{
    size_t length = 0;
    ck_assert_uint_eq(utf8_decode(str_of(cases[_i].bytes, cases[_i].n), &length), cases[_i].c);
    ck_assert_uint_eq(length, cases[_i].length);
}
END_TEST

START_TEST(what_is_encoded_is_decoded)
{
    for (uint32_t c = 0; c <= UTF8_MAX; c = c == 0xd7ff ? 0xe000 : c + 1) {
        char bytes[4];
        size_t length, n = utf8_encode(bytes, c);
        ck_assert_uint_eq(utf8_decode(str_of(bytes, n), &length), c);
        ck_assert_uint_eq(length, n);
    }
}
END_TEST

START_TEST(faults_are_found)
{
    ck_assert_uint_eq(utf8_fault(STR("")), 0);
    ck_assert_uint_eq(utf8_fault(STR("a\xc3\xa9\xef\xbf\xbd")), 6);
    ck_assert_uint_eq(utf8_fault(STR("a\xc3\xa9\xc3")), 3);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { sequences_are_decoded, ROWS(cases) },
        { what_is_encoded_is_decoded, 0 },
        { faults_are_found, 0 },
        { NULL, 0 },
    };
    return run_suite("utf8", rows);
}
