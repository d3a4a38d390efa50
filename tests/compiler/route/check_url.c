/* URLs of servers, held against Go's net/url. */
#include "rule_fixture.h"

#include "route/url.h"

static const struct {
    const char *url;
    enum url_scheme scheme;
    const char *host;
    int port;
} good[] = {
    { "http://127.0.0.1:8080", URL_HTTP, "127.0.0.1", 8080 },
    { "http://whoami", URL_HTTP, "whoami", 80 },
    { "http://whoami:", URL_HTTP, "whoami", 80 },
    { "HTTP://Whoami.Test./", URL_HTTP, "Whoami.Test.", 80 },
    { "https://whoami", URL_HTTPS, "whoami", 443 },
    { "h2c://whoami:50051", URL_H2C, "whoami", 50051 },
    { "http://[::1]", URL_HTTP, "::1", 80 },
    { "http://[2001:db8::a]:8080/x", URL_HTTP, "2001:db8::a", 8080 },
    { "http://user:pass@whoami:81", URL_HTTP, "whoami", 81 },
    { "http://a@b@whoami", URL_HTTP, "whoami", 80 },
    { "http://a_b-c.d:080", URL_HTTP, "a_b-c.d", 80 },
    { "http://h/path%20x?query=%zz#part", URL_HTTP, "h", 80 },
    { "http://h?x", URL_HTTP, "h", 80 },
    { "http://h#x", URL_HTTP, "h", 80 },
    { "http://h:1/", URL_HTTP, "h", 1 },
    { "http://h:65535", URL_HTTP, "h", 65535 },
    /* Nothing can be connected to there. */
    { "http://h:0", URL_HTTP, "h", 0 },
    { "http://h:65536", URL_HTTP, "h", 0 },
    { "https://h:99999999999999999999999", URL_HTTPS, "h", 0 },
};

START_TEST(addresses_are_read)
{
    struct url url;
    const char *fault = url_parse(str_c(good[_i].url), &url);
    ck_assert_msg(!fault, "%s: %s", good[_i].url, fault);
    ck_assert_ptr_null(url.nowhere);
    ck_assert_int_eq(url.scheme, good[_i].scheme);
    ck_assert_msg(str_eq(url.host, str_c(good[_i].host)), "%s", good[_i].url);
    ck_assert_int_eq(url.port, good[_i].port);
}
END_TEST

static const struct {
    struct str text;
    size_t length;
} schemes[] = {
    { STR("http://h"), 4 }, { STR("a+b-c.9:x"), 7 }, { STR("9a:x"), 0 },    { STR(":x"), 0 },
    { STR("http"), 0 },     { STR("ht/tp:"), 0 },    { { "a\0b:", 4 }, 0 }, { STR(""), 0 },
};

START_TEST(schemes_are_measured)
{
    ck_assert_uint_eq(url_scheme_length(schemes[_i].text), schemes[_i].length);
}
END_TEST

START_TEST(host_and_path_are_those_of_the_text)
{
    struct url url;
    ck_assert_ptr_null(url_parse(STR("HTTP://me:secret@Host:0080/a%20b/?q#f"), &url));
    ck_assert(str_eq(url.authority, STR("Host:0080")) && str_eq(url.path, STR("/a%20b/")));
    ck_assert_ptr_null(url_parse(STR("https://[::1]"), &url));
    ck_assert(str_eq(url.authority, STR("[::1]")) && url.path.n == 0);
}
END_TEST

static const struct {
    const char *url, *reason;
} nowhere[] = {
    { "", "no scheme" },
    { "whoami", "no scheme" },
    { "//whoami:80", "no scheme" },
    { "/path", "no scheme" },
    { "///x", "no scheme" },
    { "*", "no scheme" },
    { "1http//x", "no scheme" },
    { "localhost:80", "scheme is not http" },
    { "ftp://whoami", "scheme is not http" },
    { "unix:/run/x", "scheme is not http" },
    { "http:", "no host" },
    { "http:whoami", "no host" },
    { "http:/whoami", "no host" },
    { "http://", "no host" },
    { "http:///path", "no host" },
    { "http://:8080", "no host" },
    { "http://user@", "no host" },
};

START_TEST(some_lead_nowhere)
{
    struct url url;
    const char *fault = url_parse(str_c(nowhere[_i].url), &url);
    ck_assert_msg(!fault, "%s: %s", nowhere[_i].url, fault);
    ck_assert_msg(url.nowhere != NULL, "%s", nowhere[_i].url);
    ck_assert_msg(strstr(url.nowhere, nowhere[_i].reason) != NULL, "%s: %s", nowhere[_i].url, url.nowhere);
    ck_assert_uint_eq(url.host.n, 0);
}
END_TEST

static const struct {
    const char *url, *fault;
} bad[] = {
    { "127.0.0.1:80", "no scheme" },
    { " http://whoami", "no scheme" },
    { "1http://x", "no scheme" },
    { "://whoami", "before the :" },
    { ":80", "before the :" },
    { "http://who ami", "no name" },
    { "http://whoami ", "no name" },
    { "http://whoami:80 ", "port" },
    { "http://whoami:x", "port" },
    { "http://whoami:-1", "port" },
    { "http://::1", "brackets" },
    { "http://::1:80", "brackets" },
    { "http://a:80:81", "brackets" },
    { "http://[::1", "not closed" },
    { "http://[::1]x", "port" },
    { "http://[::g]", "IPv6" },
    { "http://[127.0.0.1]", "IPv6" },
    { "http://[fe80::1%25eth0]", "IPv6" },
    { "http://[]", "IPv6" },
    { "http://\xc3\xa9.test", "no name" },
    { "http://a%41", "no name" },
    { "http://a;b", "no name" },
    { "http://a\\b", "no name" },
    { "http://us er@whoami", "user information" },
    { "http://us%zz@whoami", "user information" },
    { "http://whoami/%zz", "%" },
    { "http://whoami/%2", "%" },
    { "http://whoami#%zz", "%" },
    { "http://who\nami", "control" },
    { "http://whoami/\x7f", "control" },
};

START_TEST(the_rest_is_refused)
{
    struct url url;
    const char *fault = url_parse(str_c(bad[_i].url), &url);
    ck_assert_msg(fault != NULL, "%s", bad[_i].url);
    ck_assert_msg(strstr(fault, bad[_i].fault) != NULL, "%s: %s", bad[_i].url, fault);
}
END_TEST

START_TEST(a_nul_and_long_names_are_refused)
{
    struct url url;
    ck_assert_ptr_nonnull(url_parse(str_of("http://a\0b", 10), &url));
    ck_assert_ptr_nonnull(url_parse(str_of("http://[::1\0]", 13), &url));
    ck_assert_ptr_null(url_parse(arena_printf(arena, "http://%0253d", 1), &url));
    ck_assert_ptr_nonnull(url_parse(arena_printf(arena, "http://%0254d", 1), &url));
    ck_assert_ptr_nonnull(url_parse(arena_printf(arena, "http://[%0254d::1]", 1), &url));
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { addresses_are_read, ROWS(good) },
        { host_and_path_are_those_of_the_text, 0 },
        { schemes_are_measured, ROWS(schemes) },
        { some_lead_nowhere, ROWS(nowhere) },
        { the_rest_is_refused, ROWS(bad) },
        { a_nul_and_long_names_are_refused, 0 },
        { NULL, 0 },
    };
    return run_rule_suite("url", rows);
}
