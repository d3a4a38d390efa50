#include "ops/forward.h"

#include <stdlib.h>

#include "ops/op.h"
#include "ops/verdict.h"
#include "suite.h"

/* req.hdrs_bin of "name: value" lines. */
static struct buf block_of(const char *lines)
{
    struct buf out = { 0 };
    struct str rest = str_c(lines), name, value;
    buf_puts(&out, "");
    while (forward_line(&rest, &name, &value)) {
        buf_putc(&out, (char)name.n);
        buf_put(&out, name);
        buf_putc(&out, (char)value.n);
        buf_put(&out, value);
    }
    return out;
}

static struct str list[] = { STR("X-A"), STR("x-real-ip"), STR("Host") };

#define CLIENT                                                                                               \
    "host: h:8080\nuser-agent: ua\nconnection: upgrade\nupgrade: websocket\nx-a: 1\nx-a: "                   \
    "2\ncontent-length: 5\n"                                                                                 \
    "x-forwarded-for: 9.9.9.9, 1.2.3.4\nx-forwarded-host: f\nx-forwarded-proto: https\nx-forwarded-port: "   \
    "8443\n"                                                                                                 \
    "x-forwarded-uri: /f\nx-real-ip: 9.9.9.9\nx_forwarded_host: u\naccept-encoding: br\n"

static const struct {
    enum forward_trust trust;
    size_t n_listed;
    const char *client, *sent;
    bool decode;
} requests[] = {
    { TRUST_UNSET, 0, CLIENT,
      "user-agent: ua\nx-a: 1\nx-a: 2\nx-forwarded-port: 8443\nx-real-ip: 9.9.9.9\nx_forwarded_host: "
      "u\naccept-encoding: br\n"
      "X-Forwarded-For: 1.2.3.4\nX-Forwarded-Method: POST\nX-Forwarded-Proto: http\nX-Forwarded-Host: "
      "h:8080\n"
      "X-Forwarded-Uri: /p?q\n",
      false },
    { TRUST_NO, 0, CLIENT,
      "user-agent: ua\nx-a: 1\nx-a: 2\naccept-encoding: br\nX-Forwarded-For: 1.2.3.4\nX-Forwarded-Method: "
      "POST\n"
      "X-Forwarded-Proto: http\nX-Forwarded-Port: 8080\nX-Forwarded-Host: h:8080\nX-Forwarded-Uri: /p?q\n",
      false },
    { TRUST_YES, 0, CLIENT,
      "user-agent: ua\nx-a: 1\nx-a: 2\nx-forwarded-for: 9.9.9.9, 1.2.3.4\nx-forwarded-host: "
      "f\nx-forwarded-proto: https\n"
      "x-forwarded-port: 8443\nx-forwarded-uri: /f\nx-real-ip: 9.9.9.9\nx_forwarded_host: "
      "u\naccept-encoding: br\n"
      "X-Forwarded-Method: POST\n",
      false },
    { TRUST_UNSET, 3, CLIENT,
      "x-a: 1\nx-a: 2\nx-real-ip: 9.9.9.9\nX-Forwarded-For: 1.2.3.4\nX-Forwarded-Method: "
      "POST\nX-Forwarded-Proto: http\n"
      "X-Forwarded-Host: h:8080\nX-Forwarded-Uri: /p?q\nUser-Agent: Go-http-client/1.1\n",
      true },
    { TRUST_YES, 1, CLIENT,
      "x-a: 1\nx-a: 2\nx-forwarded-for: 9.9.9.9, 1.2.3.4\nx-forwarded-host: f\nx-forwarded-proto: https\n"
      "x-forwarded-port: 8443\nx-forwarded-uri: /f\nx-real-ip: 9.9.9.9\nX-Forwarded-Method: POST\n"
      "User-Agent: Go-http-client/1.1\n",
      true },
    { TRUST_NO, 0, "x-a: 1\n",
      "x-a: 1\nX-Forwarded-For: 1.2.3.4\nX-Forwarded-Method: POST\nX-Forwarded-Proto: "
      "http\nX-Forwarded-Port: 8080\n"
      "X-Forwarded-Host: h:8080\nX-Forwarded-Uri: /p?q\n",
      true },
    { TRUST_UNSET, 0, "",
      "X-Forwarded-For: 1.2.3.4\nX-Forwarded-Method: POST\nX-Forwarded-Proto: http\nX-Forwarded-Host: "
      "h:8080\n"
      "X-Forwarded-Uri: /p?q\nUser-Agent: Go-http-client/1.1\n",
      true },
};

START_TEST(what_the_server_is_told)
{
    struct buf block = block_of(requests[_i].client), sent = { 0 };
    struct forward_auth op = { .trust = requests[_i].trust,
                               .request_headers = { list, requests[_i].n_listed } };
    struct request request = { .source = { 4, { 1, 2, 3, 4 } },
                               .method = STR("POST"),
                               .host = STR("h:8080"),
                               .url = STR("/p?q"),
                               .headers = str_of(block.p, block.n) };
    bool decode;
    forward_headers(&sent, &op, &request, &decode);
    ck_assert_msg(str_eq(buf_str(&sent), str_c(requests[_i].sent)), "%s", sent.p);
    ck_assert_int_eq(decode, requests[_i].decode);
    buf_fini(&block);
    buf_fini(&sent);
}
END_TEST

static const struct {
    const char *location, *absolute;
} locations[] = {
    { "http://other/x", "http://other/x" },
    { "https:odd", "https:odd" },
    { "//other/x", "http://other/x" },
    { "/login?a=b#c", "http://u@auth:8/login?a=b#c" },
    { "next", "http://u@auth:8/a/next" },
    { "next/./x/../y", "http://u@auth:8/a/next/y" },
    { "../../../x", "http://u@auth:8/x" },
    { "..", "http://u@auth:8/" },
    { ".", "http://u@auth:8/a/" },
    { "/a/../b/./c/..", "http://u@auth:8/b/" },
    { "?x=1", "http://u@auth:8/a/verify?x=1" },
    { "#f", "http://u@auth:8/a/verify?q=/r#f" },
    { "a:b", "a:b" },
    { "1a:b", "http://u@auth:8/a/1a:b" },
};

START_TEST(locations_become_absolute)
{
    struct buf out = { 0 };
    location_resolve(&out, STR("http://u@auth:8/a/verify?q=/r"), str_c(locations[_i].location));
    ck_assert_msg(str_eq(buf_str(&out), str_c(locations[_i].absolute)), "%s", out.p);
    buf_fini(&out);
}
END_TEST

static const struct {
    const char *location, *redirect;
} redirects[] = {
    { "https://s/in?rd=1", "https://s/in?rd=1" },
    { "//h/x", "//h/x" },
    { "/in/../x//y/", "/x/y/" },
    { "in", "/a/in" },
    { "?x", "/a/?x" },
    { "#f", "/a/#f" },
    { "in/../up?q=/../z", "/a/up?q=/../z" },
    { "http://x/\xc3\xa4 b", "http://x/%c3%a4 b" },
    { "", "/a/" },
};

START_TEST(redirects_are_written_as_go_does)
{
    struct buf out = { 0 };
    location_redirect(&out, STR("/a/page?z=/1"), str_c(redirects[_i].location));
    ck_assert_msg(str_eq(buf_str(&out), str_c(redirects[_i].redirect)), "%.*s", STR_ARG(buf_str(&out)));
    buf_fini(&out);
}
END_TEST

static const struct {
    const char *location;
    bool is_url;
} urls[] = {
    { "", true },
    { "/x?%zz", true },
    { "mailto:%zz", true },
    { "http://u:p@h:80/x#f", true },
    { "http://[::1]:80", true },
    { "http://h:", true },
    { "//h", true },
    { "http://[::1", false },
    { "http://[::1]x", false },
    { "http://h:8x", false },
    { "http://a b/", false },
    { "/x%zz", false },
    { "/x#%zz", false },
    { ":x", false },
    { "1:x", false },
    { "/a\x01", false },
};

START_TEST(what_go_takes_for_a_url)
{
    ck_assert_int_eq(location_is_url(str_c(urls[_i].location)), urls[_i].is_url);
}
END_TEST

START_TEST(locations_without_a_path_to_start_from)
{
    struct buf out = { 0 };
    location_resolve(&out, STR("http://auth"), STR("x"));
    buf_putc(&out, ' ');
    location_resolve(&out, STR("http://auth?q"), STR("/y"));
    ck_assert(str_eq(buf_str(&out), STR("http://auth/x http://auth/y")));
    buf_fini(&out);
}
END_TEST

static const char *const ops[] = {
    "{\"op\":\"forwardAuth\",\"address\":\"http://auth/v\"}",
    ("{\"op\":\"forwardAuth\",\"address\":\"http://auth/v\","
     "\"responseHeaders\":[\"X-User\",\"\",\"X-None\",\"Host\"]}"),
    "{\"op\":\"forwardAuth\",\"address\":\"http://auth/v\",\"responseHeadersRegex\":\"^X-(User|Gone)$\"}",
    "{\"op\":\"forwardAuth\",\"address\":\"http://auth/v\",\"cookies\":[\"a\",\"b\"]}",
    "{\"op\":\"forwardAuth\",\"address\":\"http://auth/v\",\"signin\":\"signin?x\"}",
    "{\"op\":\"forwardAuth\",\"address\":\"http://auth/v\",\"keepLocation\":true}",
};

static const struct {
    size_t op;
    int status;
    const char *headers;
    bool passes;
    const char *request, *cookies, *answer;
    int answered;
} answers[] = {
    { 0, 200, "X-User: jane\nSet-Cookie: a=1\n", true, "", "-=\n", "", 0 },
    { 0, 299, "", true, "", "", "", 0 },
    { 1, 204, "x-user: one\nX-User: two\nContent-Length: 0\nHost: evil\n", true,
      "-X-User\nX-User: one\nX-User: two\n-X-None\n", "", "", 0 },
    { 2, 200, "X-User: jane\nX-Other: x\nX-Gone: \n", true,
      "-x-user\n-x-gone\n-X-User\n-X-Gone\nX-User: jane\nX-Gone: \n", "", "", 0 },
    { 3, 200, "Set-Cookie: a=1; Path=/\nSet-Cookie: c=2\n", true, "", "-=\n-a\n-b\n+a=1; Path=/\n", "", 0 },
    { 3, 200, "Set-Cookie: broken\nX: y\n", true, "", "", "", 0 },
    { 3, 200, "Set-Cookie: c=2\n", true, "", "-=\n-a\n-b\n", "", 0 },
    { 4, 401, "X: y\n", false, "", "", "Location: /dir/signin?x\n", 302 },
    { 4, 403, "X: y\n", false, "", "", "X: y\n", 403 },
    { 0, 401,
      "WWW-Authenticate: Bearer\nConnection: close\nTransfer-Encoding: chunked\nContent-Length: 3\nX: 1\nX: "
      "2\n",
      false, "", "", "WWW-Authenticate: Bearer\nX: 1\nX: 2\n", 401 },
    { 0, 302, "Location: /login\n", false, "", "", "Location: http://auth/login\n", 302 },
    { 5, 302, "Location: login\n", false, "", "", "Location: login\n", 302 },
    { 0, 302, "Location: http://[::1\n", false, "", "", "", 500 },
    { 5, 302, "Location: http://[::1\n", false, "", "", "", 500 },
    { 0, 304, "Content-Type: x\nETag: e\n", false, "", "", "ETag: e\n", 304 },
    { 2, 200, "X-User : a\nX-\x01: b\n: c\nno colon\nX-User: d\n", true,
      "-x-user\n-x-gone\n-X-User\nX-User: d\n", "", "", 0 },
    { 0, 101, "", false, "", "", "", 101 },
};

START_TEST(what_an_answer_means)
{
    char error[256];
    struct json_object *json = json_tokener_parse(ops[answers[_i].op]);
    struct op op = { .type = &forward_auth_op };
    struct buf block = block_of("x-user: forged\nx-gone: x\nhost: h\nx-stays: y\n");
    struct request request = { .url = STR("/dir/page?q=1"), .headers = str_of(block.p, block.n) };
    struct forward_answer answer = { .status = answers[_i].status };
    struct verdict v;
    verdict_init(&v);
    ck_assert_msg(forward_auth_op.parse(json, &op, error), "%s", error);
    buf_puts(&answer.headers, answers[_i].headers);
    buf_puts(&answer.body, "body");
    ck_assert_int_eq(forward_judge(&op.forward_auth, &request, &answer, &v), answers[_i].passes);
    ck_assert_int_eq(v.pass, answers[_i].passes);
    ck_assert_msg(str_eq(buf_str(&v.request), str_c(answers[_i].request)), "%.*s",
                  STR_ARG(buf_str(&v.request)));
    ck_assert_msg(str_eq(buf_str(&v.cookies), str_c(answers[_i].cookies)), "%.*s",
                  STR_ARG(buf_str(&v.cookies)));
    ck_assert_msg(str_eq(buf_str(&v.answer), str_c(answers[_i].answer)), "%.*s", STR_ARG(buf_str(&v.answer)));
    ck_assert_int_eq(v.status, answers[_i].answered);
    if (!v.pass && v.status != 302 && v.status != 500)
        ck_assert(v.listed && str_eq(buf_str(&v.content), STR("body")));
    verdict_fini(&v);
    forward_auth_op.fini(&op);
    buf_fini(&answer.headers);
    buf_fini(&answer.body);
    buf_fini(&block);
    json_object_put(json);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { what_the_server_is_told, ROWS(requests) },
                                     { locations_become_absolute, ROWS(locations) },
                                     { redirects_are_written_as_go_does, ROWS(redirects) },
                                     { what_go_takes_for_a_url, ROWS(urls) },
                                     { locations_without_a_path_to_start_from, 0 },
                                     { what_an_answer_means, ROWS(answers) },
                                     { 0 } };
    return run_suite("forward", rows);
}
