#include "base/hash.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* The examples that NIST publishes with FIPS 180-4. */
static const struct {
    const char *text;
    const char *digest;
} vectors[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqr"
      "st"
      "nopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};

START_TEST(digests_are_those_of_the_standard)
{
    char hex[2 * SHA256_SIZE + 1];
    sha256_hex(str_c(vectors[_i].text), hex, 64);
    ck_assert_str_eq(hex, vectors[_i].digest);
}
END_TEST

START_TEST(a_million_letters_give_the_known_digest)
{
    static const unsigned char want[] = "\xcd\xc7\x6e\x5c\x99\x14\xfb\x92\x81\xa1\xc7\xe2\x84\xd7\x3e\x67"
                                        "\xf1\x80\x9a\x48\xa4\x97\x20\x0e\x04\x6d\x39\xcc\xc7\x11\x2c\xd0";
    unsigned char digest[SHA256_SIZE];
    struct sha256 h;
    sha256_init(&h);
    for (int i = 0; i < 100000; i++)
        sha256_add(&h, STR("aaaaaaaaaa"));
    sha256_end(&h, digest);
    ck_assert_mem_eq(digest, want, SHA256_SIZE);
}
END_TEST

/* Around the block size, where padding needs a second block or not. */
START_TEST(pieces_of_any_size_make_the_same_digest)
{
    char text[130], whole[65];
    memset(text, 'q', sizeof text);
    struct str s = str_of(text, (size_t)_i);
    sha256_hex(s, whole, 64);
    for (size_t piece = 1; piece <= 65; piece++) {
        struct sha256 h;
        unsigned char digest[SHA256_SIZE];
        char hex[65];
        sha256_init(&h);
        for (struct str rest = s; rest.n; rest = str_from(rest, piece))
            sha256_add(&h, str_head(rest, piece));
        sha256_end(&h, digest);
        for (size_t i = 0; i < SHA256_SIZE; i++)
            snprintf(hex + 2 * i, 3, "%02x", digest[i]);
        ck_assert_str_eq(hex, whole);
    }
}
END_TEST

START_TEST(fewer_digits_are_the_first_ones)
{
    char hex[65];
    sha256_hex(STR("abc"), hex, 5);
    ck_assert_str_eq(hex, "ba781");
    sha256_hex(STR("abc"), hex, 0);
    ck_assert_str_eq(hex, "");
}
END_TEST

static const char *const patterns[] = {
    "%d",
    "xxxxx%02d",
    "svc%04d",
    "%04dsvc",
    "r%06d",
    "a%07d",
    "aaaaaaaa%06d",
    "aaaaaaaaaaaaaa%d",
    "traefik/http/routers/r%06d/rule",
    "10.0.%d.1",
};

/* Names that differ in a few places only must still spread over a table's low bits. A table of 16,384 places
 * holds 4,096 names; by chance the fullest place has 5 or 6 of them. */
START_TEST(similar_names_spread_over_the_low_bits)
{
    static unsigned char load[1 << 14];
    memset(load, 0, sizeof load);
    for (int i = 0; i < 1 << 12; i++) {
        char name[64];
        int n = snprintf(name, sizeof name, patterns[_i], i);
        unsigned char *place = &load[hash_bytes(str_of(name, (size_t)n)) % sizeof load];
        ck_assert_uint_le(++*place, 9);
    }
}
END_TEST

START_TEST(length_counts)
{
    ck_assert_uint_ne(hash_bytes(STR("\0")), hash_bytes(STR("\0\0")));
    ck_assert_uint_ne(hash_bytes(STR("")), hash_bytes(STR("\0")));
    ck_assert_uint_ne(hash_bytes(STR("\0\0\0\0\0\0\0\0")), hash_bytes(STR("")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/hash");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_loop_test(all, digests_are_those_of_the_standard, 0, sizeof vectors / sizeof *vectors);
    tcase_add_test(all, a_million_letters_give_the_known_digest);
    tcase_add_loop_test(all, pieces_of_any_size_make_the_same_digest, 54, 130);
    tcase_add_test(all, fewer_digits_are_the_first_ones);
    tcase_add_loop_test(all, similar_names_spread_over_the_low_bits, 0, sizeof patterns / sizeof *patterns);
    tcase_add_test(all, length_counts);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
