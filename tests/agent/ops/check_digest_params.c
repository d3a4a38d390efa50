#include "ops/digest_params.h"

#include "suite.h"

static bool is(struct str s, const char *expected)
{
    return expected ? s.p && str_eq(s, str_c(expected)) : s.p == NULL;
}

START_TEST(a_usual_header)
{
    struct digest_params p;
    ck_assert(digest_params_read(
        STR("Digest username=\"test\", realm=\"a b\", nonce=\"n==\", uri=\"/x?a=1,2\", response=\"0f\", "
            "algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\", opaque=\"o\""),
        &p));
    ck_assert(is(p.username, "test") && is(p.realm, "a b") && is(p.nonce, "n==") && is(p.uri, "/x?a=1,2"));
    ck_assert(is(p.response, "0f") && is(p.algorithm, "MD5") && is(p.qop, "auth") && is(p.nc, "00000001"));
    ck_assert(is(p.cnonce, "c") && is(p.opaque, "o"));
}
END_TEST

static const struct {
    const char *header, *username;
    bool read;
} odd[] = {
    { "Digest username=\"a\\\"b\\\\c\"", "a\"b\\c", true },
    { "Digest username=a, username=b", "b", true },
    { "Digest  username = a", NULL, true }, /* the name is "username " */
    { "Digest username=", "", true },
    { "Digest username=\"", "\"", true },
    { "Digest username=\"a", "\"a", true },
    { "Digest username=\"a\\", "\"a", true },
    { "Digest username", "", true },
    { "Digest ,,,username=a,,", "a", true },
    { "Digest \t username=a \t", "a", true },
    { "Digest ", NULL, true },
    { "Digest", NULL, false },
    { "digest username=a", NULL, false },
    { "Basic username=a", NULL, false },
    { "", NULL, false },
};

START_TEST(odd_headers_are_read_as_traefik_reads_them)
{
    struct digest_params p;
    ck_assert_int_eq(digest_params_read(str_c(odd[_i].header), &p), odd[_i].read);
    ck_assert_msg(is(p.username, odd[_i].username), "%.*s", STR_ARG(p.username));
}
END_TEST

START_TEST(long_headers_are_none)
{
    static char header[DIGEST_PARAMS_SIZE + 1];
    struct digest_params p;
    memset(header, ',', sizeof header);
    memcpy(header, "Digest nc=1", 11);
    ck_assert(digest_params_read(str_of(header, sizeof header - 1), &p) && is(p.nc, "1"));
    ck_assert(!digest_params_read(str_of(header, sizeof header), &p) && p.nc.p == NULL);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { a_usual_header, 0 },
                                     { odd_headers_are_read_as_traefik_reads_them, ROWS(odd) },
                                     { long_headers_are_none, 0 },
                                     { 0 } };
    return run_suite("digest_params", rows);
}
