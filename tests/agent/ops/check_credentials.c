#include "ops/credentials.h"

#include "suite.h"

static const struct {
    const char *header, *user, *password; /* user NULL: none */
} headers[] = {
    { "Basic dGVzdDpzZWNyZXQ=", "test", "secret" },
    { "bAsIc dGVzdDpzZWNyZXQ=", "test", "secret" },
    { "Basic Og==", "", "" },
    { "Basic YTpiOmM=", "a", "b:c" },
    { "Basic ABCD", NULL, NULL }, /* no colon in it */
    { "", NULL, NULL },
    { "Basic", NULL, NULL },
    { "Basic ", NULL, NULL },
    { "Basic  dGVzdDpzZWNyZXQ=", NULL, NULL },
    { "Basic\tdGVzdDpzZWNyZXQ=", NULL, NULL },
    { "Basic dGVzdDpzZWNyZXQ", NULL, NULL },
    { "Basic dGVzdDpzZWNyZXQ==", NULL, NULL },
    { "Basic dGVzdA==", NULL, NULL },
    { "Basic dGVz=DpzZWNyZXQ", NULL, NULL },
    { "Basic dGVzdDpzZWNyZX-_", NULL, NULL },
    { "Basic ====", NULL, NULL },
    { "Bearer dGVzdDpzZWNyZXQ=", NULL, NULL },
};

START_TEST(headers_are_read_as_go_reads_them)
{
    struct credentials c;
    bool any = credentials_read(str_c(headers[_i].header), &c);
    ck_assert_int_eq(any, headers[_i].user != NULL);
    ck_assert(str_eq(c.user, str_c(headers[_i].user)));
    ck_assert(str_eq(c.password, str_c(headers[_i].password)));
}
END_TEST

START_TEST(more_than_a_password_can_be_is_none)
{
    static char header[8192];
    struct credentials c;
    memset(header, 'O', sizeof header); /* "OOOO" is no colon … */
    memcpy(header, "Basic Og==", 6);
    memcpy(header + 6, "OjpO", 4); /* … this is */
    ck_assert(credentials_read(str_of(header, 6 + 4096), &c));
    ck_assert(!credentials_read(str_of(header, 6 + 4100), &c));
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { headers_are_read_as_go_reads_them, ROWS(headers) },
                                     { more_than_a_password_can_be_is_none, 0 },
                                     { 0 } };
    return run_suite("credentials", rows);
}
