#include "haproxy/reply.h"

#include "suite.h"

START_TEST(lists_are_those_of_the_folder)
{
    struct str rest =
                   STR("/s/tls/web.list\n/elsewhere/x.list\n/s/tls\n/s/tls/\n/s/tlsx/y.list\n /s/tls/b.list"),
               name;
    ck_assert(reply_list_next(&rest, STR("/s/tls"), &name) && str_eq(name, STR("web.list")));
    ck_assert(reply_list_next(&rest, STR("/s/tls"), &name) && str_eq(name, STR("b.list")));
    ck_assert(!reply_list_next(&rest, STR("/s/tls"), &name));
}
END_TEST

static const struct {
    const char *line, *file, *names; /* file NULL: none */
} lines[] = {
    { "/s/tls/a.pem:2 [alpn h2 verify none] a.test *.b.test", "a.pem", "a.test *.b.test" },
    { "/s/tls/a.pem:2 a.test", "a.pem", "a.test" },
    { "/s/tls/a.pem:12", "a.pem", "" },
    { "/s/tls/a:b.pem:3 x", "a:b.pem", "x" },
    { "/s/tls/a.pem:", "a.pem", "" },
    { "/s/tls/a.pem a.test", NULL, NULL },
    { "/s/tls/7", NULL, NULL },
    { "/s/tls/:7 x", NULL, NULL },
    { "/other/a.pem:2 a.test", NULL, NULL },
    { "# /s/tls/web.list", NULL, NULL },
    { "", NULL, NULL },
};

START_TEST(a_line_is_its_file_and_its_names)
{
    struct buf text = { 0 };
    struct reply_line line;
    buf_printf(&text, "# list\n%s\n\n", lines[_i].line);
    struct str rest = buf_str(&text);
    ck_assert_int_eq(reply_line_next(&rest, STR("/s/tls"), &line), lines[_i].file != NULL);
    ck_assert(str_eq(line.file, str_c(lines[_i].file)));
    ck_assert(str_eq(line.names, str_c(lines[_i].names)));
    ck_assert(!reply_line_next(&rest, STR("/s/tls"), &line));
    buf_fini(&text);
}
END_TEST

START_TEST(a_fingerprint_is_found)
{
    ck_assert(str_eq(reply_fingerprint(STR("Filename: x\nStatus: Used\nSHA1 FingerPrint: "
                                           "0123456789ABCDEF0123456789ABCDEF01234567\nx: y\n")),
                     STR("0123456789ABCDEF0123456789ABCDEF01234567")));
    ck_assert(str_eq(reply_fingerprint(STR("SHA1 FingerPrint: 01")), STR("01")));
    ck_assert_uint_eq(reply_fingerprint(STR("Status: Unused\n")).n, 0);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { lists_are_those_of_the_folder, 0 },
                                     { a_line_is_its_file_and_its_names, ROWS(lines) },
                                     { a_fingerprint_is_found, 0 },
                                     { 0 } };
    return run_suite("reply_tls", rows);
}
