#include "spop/wire.h"

#include <stdlib.h>

#include "suite.h"

static const struct {
    uint64_t n;
    struct str bytes;
} varints[] = {
    { 0, { "\x00", 1 } },
    { 239, { "\xef", 1 } },
    { 240, { "\xf0\x00", 2 } },
    { 255, { "\xff\x00", 2 } },
    { 256, { "\xf0\x01", 2 } },
    { 300, { "\xfc\x03", 2 } },
    { 2287, { "\xff\x7f", 2 } },
    { 2288, { "\xf0\x80\x00", 3 } },
    { 16380, { "\xfc\xf0\x06", 3 } },
    { 264431, { "\xff\xff\x7f", 3 } },
    { 264432, { "\xf0\x80\x80\x00", 4 } },
    { 33818864, { "\xf0\x80\x80\x80\x00", 5 } },
    { UINT32_MAX, { "\xff\xf0\xfe\xfe\x7e", 5 } },
    { INT64_MAX, { "\xff\xf0\xfe\xfe\xfe\xfe\xfe\xfe\xfe\x06", 10 } },
    { UINT64_MAX, { "\xff\xf0\xfe\xfe\xfe\xfe\xfe\xfe\xfe\x0e", 10 } },
};

START_TEST(varints_are_haproxys)
{
    char memory[16];
    struct writer w = writer_over(memory, sizeof memory);
    writer_varint(&w, varints[_i].n);
    ck_assert(str_eq(writer_str(&w), varints[_i].bytes));
    struct cursor c = cursor_over(varints[_i].bytes);
    ck_assert_uint_eq(cursor_varint(&c), varints[_i].n);
    ck_assert(cursor_done(&c) && !c.failed);
}
END_TEST

START_TEST(a_cut_varint_is_none)
{
    for (size_t n = 0; n < varints[_i].bytes.n; n++) {
        struct cursor c = cursor_over(str_head(varints[_i].bytes, n));
        ck_assert_uint_eq(cursor_varint(&c), 0);
        ck_assert(c.failed);
    }
}
END_TEST

START_TEST(varints_come_back)
{
    uint64_t n = 1;
    for (int i = 0; i < 100000; i++) {
        char memory[10];
        struct writer w = writer_over(memory, sizeof memory);
        n = n * 6364136223846793005u + 1442695040888963407u;
        uint64_t value = n >> (i % 64);
        writer_varint(&w, value);
        ck_assert(!w.failed);
        struct cursor c = cursor_over(writer_str(&w));
        ck_assert_uint_eq(cursor_varint(&c), value);
        ck_assert(cursor_done(&c) && !c.failed);
    }
}
END_TEST

static const struct str too_large[] = {
    { "\xff\xf0\xfe\xfe\xfe\xfe\xfe\xfe\xfe\x0f", 10 },     /* 2^64 + 2^60 - 1 */
    { "\xf0\x80\x80\x80\x80\x80\x80\x80\x80\x10", 10 },     /* bit 64 */
    { "\xf0\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11 }, /* an eleventh byte */
    { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12 },
    { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x0f", 10 },
};

START_TEST(a_varint_beyond_64_bits_is_none)
{
    struct cursor c = cursor_over(too_large[_i]);
    ck_assert_uint_eq(cursor_varint(&c), 0);
    ck_assert(c.failed);
}
END_TEST

static const struct {
    struct str bytes;
    enum value_type type;
    uint64_t number;
    struct str text;
} values[] = {
    { { "\x00", 1 }, VALUE_NULL, 0, { NULL, 0 } },
    { { "\x11", 1 }, VALUE_BOOL, 1, { NULL, 0 } },
    { { "\x01", 1 }, VALUE_BOOL, 0, { NULL, 0 } },
    { { "\x02\x07", 2 }, VALUE_INT32, 7, { NULL, 0 } },
    { { "\x03\xfc\xf0\x06", 4 }, VALUE_UINT32, 16380, { NULL, 0 } },
    { { "\x04\xff\xf0\xfe\xfe\xfe\xfe\xfe\xfe\xfe\x0e", 11 }, VALUE_INT64, UINT64_MAX, { NULL, 0 } },
    { { "\x05\x00", 2 }, VALUE_UINT64, 0, { NULL, 0 } },
    { { "\x06\x7f\x00\x00\x01", 5 }, VALUE_IPV4, 0, { "\x7f\0\0\1", 4 } },
    { { "\x07"
        "0123456789abcdef",
        17 },
      VALUE_IPV6,
      0,
      { "0123456789abcdef", 16 } },
    { { "\x08\x02ok", 4 }, VALUE_STRING, 0, { "ok", 2 } },
    { { "\x09\x03\x00\x01\xff", 5 }, VALUE_BINARY, 0, { "\0\1\xff", 3 } },
    { { "\x08\x00", 2 }, VALUE_STRING, 0, { "", 0 } },
};

START_TEST(values_come_and_go_byte_by_byte)
{
    struct cursor c = cursor_over(values[_i].bytes);
    struct value v = cursor_value(&c);
    ck_assert(cursor_done(&c) && !c.failed);
    ck_assert_int_eq(v.type, values[_i].type);
    ck_assert_uint_eq(v.number, values[_i].number);
    ck_assert(str_eq(v.bytes, values[_i].text));
    char memory[32];
    struct writer w = writer_over(memory, sizeof memory);
    writer_value(&w, &v);
    ck_assert(str_eq(writer_str(&w), values[_i].bytes));
}
END_TEST

START_TEST(a_cut_value_is_none)
{
    for (size_t n = 0; n < values[_i].bytes.n; n++) {
        char *exact = malloc(n + 1); /* so that the sanitizer sees a read past the end */
        memcpy(exact, values[_i].bytes.p, n);
        struct cursor c = cursor_over(str_of(exact, n));
        struct value v = cursor_value(&c);
        ck_assert(c.failed);
        ck_assert_int_eq(v.type, VALUE_NULL);
        ck_assert_ptr_null(v.bytes.p);
        free(exact);
    }
}
END_TEST

START_TEST(unknown_types_are_refused)
{
    for (int type = 10; type < 16; type++) {
        char bytes[2] = { (char)type, 0 };
        struct cursor c = cursor_over(str_of(bytes, 2));
        cursor_value(&c);
        ck_assert(c.failed);
    }
}
END_TEST

START_TEST(a_length_past_the_end_is_refused)
{
    struct cursor c = cursor_over(str_of("\xff\xf0\xfe\xfe\xfe\xfe\xfe\xfe\xfe\x0e"
                                         "abc",
                                         13));
    ck_assert_ptr_null(cursor_string(&c).p);
    ck_assert(c.failed);
}
END_TEST

START_TEST(a_failed_cursor_stays_failed)
{
    struct cursor c = cursor_over(STR("\5ab\1x"));
    ck_assert_uint_eq(cursor_string(&c).n, 0);
    ck_assert_uint_eq(cursor_u8(&c), 0);
    ck_assert_uint_eq(cursor_u32(&c), 0);
    ck_assert_ptr_null(cursor_bytes(&c, 0).p);
    ck_assert(c.failed && cursor_done(&c));
}
END_TEST

START_TEST(a_full_writer_writes_nothing_more)
{
    char memory[4] = "....";
    struct writer w = writer_over(memory, 3);
    writer_string(&w, STR("abc"));
    ck_assert(w.failed);
    writer_u8(&w, 'x');
    ck_assert_uint_eq(writer_str(&w).n, 1); /* the length still fitted */
    ck_assert(memcmp(memory, "\3...", 4) == 0);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { varints_are_haproxys, ROWS(varints) },
        { a_cut_varint_is_none, ROWS(varints) },
        { varints_come_back, 0 },
        { a_varint_beyond_64_bits_is_none, ROWS(too_large) },
        { values_come_and_go_byte_by_byte, ROWS(values) },
        { a_cut_value_is_none, ROWS(values) },
        { unknown_types_are_refused, 0 },
        { a_length_past_the_end_is_refused, 0 },
        { a_failed_cursor_stays_failed, 0 },
        { a_full_writer_writes_nothing_more, 0 },
        { NULL, 0 },
    };
    return run_suite("wire", tests);
}
