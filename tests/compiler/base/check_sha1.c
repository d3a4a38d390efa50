/* SHA-1 against the vectors of FIPS 180-4 and lengths about the size of a block. */
#include "suite.h"

#include "base/buf.h"
#include "base/sha1.h"

static const struct {
    size_t n;
    const char *digest;
} runs[] = {
    /* as many letters a */
    { 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a" },
    { 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699" },
    { 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d" },
    { 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
};

START_TEST(the_vectors_come_out)
{
    char digest[SHA1_DIGITS + 1];
    sha1_hex(STR("abc"), digest);
    ck_assert_str_eq(digest, "a9993e364706816aba3e25717850c26c9cd0d89d");
    sha1_hex(STR(""), digest);
    ck_assert_str_eq(digest, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}
END_TEST

START_TEST(any_length_comes_out)
{
    char digest[SHA1_DIGITS + 1];
    struct buf text = { 0 };
    for (size_t i = 0; i < runs[_i].n; i++)
        buf_putc(&text, 'a');
    sha1_hex(buf_str(&text), digest);
    ck_assert_str_eq(digest, runs[_i].digest);
    buf_fini(&text);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { the_vectors_come_out, 0 },
                                     { any_length_comes_out, ROWS(runs) },
                                     { NULL, 0 } };
    return run_suite("sha1", rows);
}
