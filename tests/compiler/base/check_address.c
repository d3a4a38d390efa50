#include "suite.h"

#include "base/address.h"

static const struct {
    const char *text;
    size_t n; /* 0: none */
    unsigned char bytes[16];
} rows[] = {
    { "10.1.2.3", 4, { 10, 1, 2, 3 } },
    { "0.0.0.0", 4, { 0 } },
    { "255.255.255.255", 4, { 255, 255, 255, 255 } },
    { "::1", 16, { [15] = 1 } },
    { "::", 16, { 0 } },
    { "fd00::a:1", 16, { 0xfd, [13] = 10, [15] = 1 } },
    { "::ffff:10.1.2.3", 4, { 10, 1, 2, 3 } },
    { "::ffff:a01:203", 4, { 10, 1, 2, 3 } },
    { "::10.1.2.3", 16, { [12] = 10, 1, 2, 3 } },
    { "", 0, { 0 } },
    { "10.1.2", 0, { 0 } },
    { "10.1.2.256", 0, { 0 } },
    { "10.1.2.3 ", 0, { 0 } },
    { "10.1.2.3/8", 0, { 0 } },
    { "[::1]", 0, { 0 } },
    { "::1::", 0, { 0 } },
    { "fe80::1%eth0", 0, { 0 } },
    { "localhost", 0, { 0 } },
    { "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", 0, { 0 } },
};

START_TEST(addresses_are_read)
{
    struct address address;
    bool ok = address_read(str_c(rows[_i].text), &address);
    ck_assert_msg(ok == (rows[_i].n > 0), "%s", rows[_i].text);
    if (ok) {
        ck_assert_uint_eq(address.n, rows[_i].n);
        ck_assert_mem_eq(address.bytes, rows[_i].bytes, address.n);
    }
}
END_TEST

START_TEST(a_zero_byte_is_no_end)
{
    struct address address;
    ck_assert(!address_read(str_of("10.1.2.3\0x", 10), &address));
}
END_TEST

static const struct {
    const char *range, *address;
    bool in;
} members[] = {
    { "10.0.0.0/8", "10.255.0.1", true },
    { "10.0.0.0/8", "11.0.0.0", false },
    { "10.0.0.0/15", "10.1.255.255", true },
    { "10.0.0.0/15", "10.2.0.0", false },
    { "0.0.0.0/0", "255.1.2.3", true },
    { "0.0.0.0/0", "::1", false },
    { "10.1.2.3/32", "10.1.2.3", true },
    { "10.1.2.3/32", "10.1.2.2", false },
    { "fd00::/9", "fd7f::1", true },
    { "fd00::/9", "fd80::1", false },
    { "::/0", "10.1.2.3", false },
    { "10.0.0.0/8", "::ffff:10.1.2.3", true },
    { "::1/128", "::1", true },
    { "127.0.0.8/29", "127.0.0.15", true },
    { "127.0.0.8/29", "127.0.0.16", false },
    { "::ffff:10.0.0.0/104", "10.9.9.9", true },
    { "::ffff:10.0.0.0/104", "11.0.0.0", false },
    { "::ffff:0.0.0.0/90", "10.1.2.3", false },
    { "::ffff:0.0.0.0/64", "::1", true },
    { "::ffff:1.2.3.4/64", "::1", true },
    { "10.9.9.9/8", "10.1.2.3", true },
    { "10.0.0.0/0008", "10.1.2.3", true },
    { "10.1.2.3", "10.1.2.3", true },
    { "10.1.2.3", "10.1.2.2", false },
    { "::ffff:10.1.2.3", "10.1.2.3", true },
    { "fd00::1", "fd00::1", true },
    { "fd00::1", "fd00::2", false },
};

START_TEST(ranges_have_their_members)
{
    struct address_range range;
    struct address address;
    ck_assert(address_range_read(str_c(members[_i].range), &range));
    ck_assert(address_read(str_c(members[_i].address), &address));
    ck_assert_msg(address_is_in(&address, &range) == members[_i].in, "%s in %s", members[_i].address,
                  members[_i].range);
}
END_TEST

static const char *const no_ranges[] = { "10.0.0",
                                         "10.0.0.0/",
                                         "10.0.0.0/33",
                                         "10.0.0.0/-1",
                                         "10.0.0.0/8x",
                                         "10.0.0.0/+8",
                                         "/8",
                                         "::/129",
                                         "10.0.0.0/8/8",
                                         "::ffff:10.0.0.0/129",
                                         "" };

START_TEST(what_is_no_range_is_refused)
{
    struct address_range range;
    ck_assert_msg(!address_range_read(str_c(no_ranges[_i]), &range), "%s", no_ranges[_i]);
}
END_TEST

static const struct {
    const char *text;
    bool read;
} zoned[] = { { "fe80::1%eth0", true }, { "fe80::1", true },        { "10.1.2.3", true },
              { "fe80::1%", false },    { "10.1.2.3%eth0", false }, { "10.1.2.3%a:b", false },
              { "%eth0", false },       { "::1%eth0%x", true } };

START_TEST(only_ipv6_has_zones)
{
    struct address address;
    ck_assert_msg(address_read_zoned(str_c(zoned[_i].text), &address) == zoned[_i].read, "%s",
                  zoned[_i].text);
}
END_TEST

static const struct {
    const char *text, *out;
    size_t bits;
} subnets[] = { { "fd00:1:2::3", "fd00:1::", 32 }, { "fd00:1:2::3", "fd00:1:2::3", 0 },
                { "fe80::1%eth0", "fe80::", 64 },  { "10.1.2.3", "10.1.2.3", 8 },
                { "::ffff:10.1.2.3", "::", 64 },   { "::ffff:10.1.2.3", "::ffff:10.0.0.0", 104 },
                { "no:address", "no:address", 64 } };

START_TEST(subnets_are_of_ipv6)
{
    char memory[ADDRESS_TEXT];
    struct str out = address_text_by_subnet(str_c(subnets[_i].text), subnets[_i].bits, memory);
    ck_assert_msg(str_eq(out, str_c(subnets[_i].out)), "%s: %.*s", subnets[_i].text, STR_ARG(out));
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { addresses_are_read, ROWS(rows) },
        { a_zero_byte_is_no_end, 0 },
        { ranges_have_their_members, ROWS(members) },
        { what_is_no_range_is_refused, ROWS(no_ranges) },
        { only_ipv6_has_zones, ROWS(zoned) },
        { subnets_are_of_ipv6, ROWS(subnets) },
        { 0 },
    };
    return run_suite("address", tests);
}
