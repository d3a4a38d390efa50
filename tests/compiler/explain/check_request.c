/* Requests as the gateway sees them (reference/traefik-routing.md 3.3, 4.1 and 4.3). */
#include "suite.h"

#include "explain/request.h"

static const struct entry_point web = { .name = STR("web"),
                                        .sanitize_path = true,
                                        .underscores = STR("keep") };

static const char *read_one(struct arena *arena, const char *target, const char *host, struct request *out)
{
    struct request_header header = { STR("host"), str_c(host) };
    return request_read(arena, &web, STR("GET"), str_c(target), &header, 1, STR("10.0.0.1"), out);
}

static const struct {
    const char *header, *host, *key; /* host NULL: refused */
} hosts[] = {
    { "a.test", "a.test", "a.test" },
    { "A.Test:80", "a.test", "a.test" },
    { "a.test.", "a.test.", "a.test" },
    { "a.test..", "a.test..", "a.test.." },
    { "a.test.:8080", "a.test.", "a.test" },
    { "[::1]", "::1", "::1" },
    { "[::1]:80", "::1", "::1" },
    { "[FD00::A]", "fd00::a", "fd00::a" },
    { "a_b", "a_b", "a_b" },
    { "a:b", "a", "a" },
    { "a:99999", "a", "a" },
    { "", "", "" },
    { ".", ".", "." },
    { "  a.test ", "a.test", "a.test" },
    { "a b", NULL, NULL },
    { "a/b", NULL, NULL },
    { "a@b", NULL, NULL },
    { "\xc3\xa9.test", NULL, NULL },
};

START_TEST(hosts_lose_their_port)
{
    struct arena *arena = arena_create();
    struct request request;
    const char *fault = read_one(arena, "/", hosts[_i].header, &request);
    ck_assert_msg((fault == NULL) == (hosts[_i].host != NULL), "%s: %s", hosts[_i].header,
                  fault ? fault : "taken");
    if (!fault) {
        ck_assert_msg(str_eq(request.host, str_c(hosts[_i].host)), "%.*s", STR_ARG(request.host));
        ck_assert_msg(str_eq(request.host_key, str_c(hosts[_i].key)), "%.*s", STR_ARG(request.host_key));
    }
    arena_destroy(arena);
}
END_TEST

static const struct {
    const char *target, *host, *sent, *query; /* query NULL: none; sent NULL: refused */
} targets[] = {
    { "/a?", "h.test", "/a", "" },
    { "/a", "h.test", "/a", NULL },
    { "/a?x=//../", "h.test", "/a", "x=//../" },
    { "/a?x=%zz", "h.test", "/a", "x=%zz" },
    { "/a?a=1;b=2", "h.test", "/a", "a=1&b=2" },
    { "http://other.test/p/../q?z", "other.test", "/q", "z" },
    { "http://other.test", "other.test", "/", NULL },
    { "http://other.test:81?z", "other.test", "/", "z" },
    { "/x?u=http://other.test/", "h.test", "/x", "u=http://other.test/" },
    { "/a%", NULL, NULL, NULL },
    { "/a%4", NULL, NULL, NULL },
    { "/a b", NULL, NULL, NULL },
    { "/a\x7f", NULL, NULL, NULL },
    { "/a#b", NULL, NULL, NULL },
    { "a", NULL, NULL, NULL },
    { "*", NULL, NULL, NULL },
};

START_TEST(targets_are_taken_apart)
{
    struct arena *arena = arena_create();
    struct request request;
    const char *fault = read_one(arena, targets[_i].target, "h.test", &request);
    ck_assert_msg((fault == NULL) == (targets[_i].sent != NULL), "%s: %s", targets[_i].target,
                  fault ? fault : "taken");
    if (!fault) {
        ck_assert(str_eq(request.host, str_c(targets[_i].host)));
        ck_assert_msg(str_eq(request.sent, str_c(targets[_i].sent)), "%.*s", STR_ARG(request.sent));
        ck_assert_int_eq(request.query.p != NULL, targets[_i].query != NULL);
        ck_assert(!targets[_i].query || str_eq(request.query, str_c(targets[_i].query)));
    }
    arena_destroy(arena);
}
END_TEST

static const struct {
    const char *query,
        *want; /* KEY=VALUE of each in brackets; '!' before those that are not the first of their key */
} queries[] = {
    { "?q=1", "[q=1]" },
    { "?q", "[q=]" },
    { "?q=", "[q=]" },
    { "?q=1&q=2&k=3", "[q=1]![q=2][k=3]" },
    { "?a=1;b=2", "[a=1][b=2]" },
    { "?a+b=%C3%A9", "[a b=\xc3\xa9]" },
    { "?k%3D=v%26w", "[k==v&w]" },
    { "?q=%zz&x=1", "[x=1]" },
    { "?%zz=1&x=1", "[x=1]" },
    { "?&&x=1&", "[x=1]" },
    { "?x=a=b", "[x=a=b]" },
    { "?", "" },
    { "", "" },
};

START_TEST(queries_are_decoded)
{
    struct arena *arena = arena_create();
    struct request request;
    struct buf got = { 0 };
    ck_assert_ptr_null(read_one(arena, arena_printf(arena, "/%s", queries[_i].query).p, "h", &request));
    for (size_t i = 0; i < request.n_parameters; i++) {
        const struct request_parameter *p = &request.parameters[i];
        buf_printf(&got, "%s[%.*s=%.*s]", p->first ? "" : "!", STR_ARG(p->key), STR_ARG(p->value));
    }
    ck_assert_msg(str_eq(buf_str(&got), str_c(queries[_i].want)), "%s: %.*s", queries[_i].query,
                  STR_ARG(buf_str(&got)));
    buf_fini(&got);
    arena_destroy(arena);
}
END_TEST

START_TEST(headers_keep_their_order_and_lose_their_case)
{
    const struct request_header headers[] = { { STR("X-B"), STR(" 2 ") },
                                              { STR("HOST"), STR("a") },
                                              { STR("x-a"), STR("1, 2") } };
    struct arena *arena = arena_create();
    struct request request;
    ck_assert_ptr_null(request_read(arena, &web, STR("get"), STR("/"), headers, 3, STR(""), &request));
    ck_assert(str_eq(request.headers[0].name, STR("x-b")) && str_eq(request.headers[0].value, STR("2")));
    ck_assert(str_eq(request.headers[1].name, STR("x-a")) && str_eq(request.headers[1].value, STR("1, 2")));
    ck_assert(str_eq(request.method, STR("get")) && str_eq(request.host, STR("a")));
    arena_destroy(arena);
}
END_TEST

/* What the entry point makes of a client's headers (reference/traefik-routing.md 4.4), in order; "name:
 * value" lines. */
static const struct {
    const char *sent, *want;
    struct entry_point entry;
    const char *fault;
} forwarded[] = {
#define PLAIN .name = STR("web"), .sanitize_path = true
#define KEEP  .underscores = STR("keep")
    { "host: a:81\nx-forwarded-proto: https\nx_forwarded_for: 1\nx-real-ip: 9.9.9.9",
      "x-real-ip: 10.0.0.1\nx-forwarded-proto: http\nx-forwarded-port: 81\nx-forwarded-host: a:81\n",
      { PLAIN, KEEP },
      NULL },
    { "host: a\nx-forwarded-proto: https\nx-forwarded-for: 1.1.1.1\nx-forwarded-for: 2.2.2.2",
      "x-forwarded-proto: https\nx-real-ip: 10.0.0.1\nx-forwarded-port: 443\nx-forwarded-host: "
      "a\nx-forwarded-for: 1.1.1.1, 2.2.2.2\n",
      { PLAIN, KEEP, .trust_all = true },
      NULL },
    { "host: [::1]:8\nconnection: upgrade, x-a\nupgrade: websocket\nx-a: 1\nx-b: 2",
      "upgrade: websocket\nx-b: 2\nx-real-ip: 10.0.0.1\nx-forwarded-proto: ws\nx-forwarded-port: "
      "8\nx-forwarded-host: [::1]:8\n"
      "connection: upgrade\n",
      { PLAIN, KEEP },
      NULL },
    { "host: a\nupgrade: h2c\nte: gzip, trailers\nkeep-alive: 1\nproxy-authorization: x\ntrailer: y",
      "x-real-ip: 10.0.0.1\nx-forwarded-proto: http\nx-forwarded-port: 80\nx-forwarded-host: "
      "a\nx-forwarded-scheme: http\nx-scheme: "
      "http\nte: trailers\n",
      { PLAIN, KEEP, .scheme_headers = true },
      NULL },
    { "host: a\nx_y: 1\nz: 1",
      "z: 1\nx-real-ip: 10.0.0.1\nx-forwarded-proto: http\nx-forwarded-port: 80\nx-forwarded-host: a\n",
      { PLAIN, .underscores = STR("delete") },
      NULL },
    { "host: a\nconnection: te, upgrade\nte: trailers\nupgrade: \nuser-agent: \npragma: no-cache",
      "pragma: no-cache\nx-real-ip: 10.0.0.1\nx-forwarded-proto: http\nx-forwarded-port: "
      "80\nx-forwarded-host: a\n"
      "cache-control: no-cache\n",
      { PLAIN, KEEP },
      NULL },
    { "host: a\nx_y: 1", NULL, { PLAIN, .underscores = STR("reject") }, "a header's name has an underscore" },
};

START_TEST(the_entry_point_says_who_asks)
{
    struct arena *arena = arena_create();
    struct request_header headers[16];
    struct request request;
    struct buf got = { 0 };
    size_t n = 0;
    for (struct str rest = str_c(forwarded[_i].sent); rest.p; n++) {
        struct str value = str_cut(&rest, '\n');
        size_t colon = str_search(value, STR(": "));
        headers[n] = (struct request_header){ str_head(value, colon), str_from(value, colon + 2) };
    }
    const char *fault = request_read(arena, &forwarded[_i].entry, STR("GET"), STR("/"), headers, n,
                                     STR("10.0.0.1"), &request);
    if (forwarded[_i].fault) {
        ck_assert_str_eq(fault, forwarded[_i].fault);
    } else {
        ck_assert_ptr_null(fault);
        for (size_t i = 0; i < request.n_headers; i++)
            buf_printf(&got, "%.*s: %.*s\n", STR_ARG(request.headers[i].name),
                       STR_ARG(request.headers[i].value));
        ck_assert_msg(str_eq(buf_str(&got), str_c(forwarded[_i].want)), "%s\ngives\n%.*s", forwarded[_i].sent,
                      STR_ARG(buf_str(&got)));
    }
    buf_fini(&got);
    arena_destroy(arena);
}
END_TEST

START_TEST(no_value_ends_a_line_of_the_canonical_line)
{
    struct buf out = { 0 };
    request_put_field(&out, STR("a\nb\xfd\xfe\xff\xfc"));
    ck_assert(str_eq(buf_str(&out), STR("a\xff"
                                        "b\xfe\xfe\xfe\xfc")));
    buf_fini(&out);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { hosts_lose_their_port, ROWS(hosts) },
        { targets_are_taken_apart, ROWS(targets) },
        { queries_are_decoded, ROWS(queries) },
        { headers_keep_their_order_and_lose_their_case, 0 },
        { the_entry_point_says_who_asks, ROWS(forwarded) },
        { no_value_ends_a_line_of_the_canonical_line, 0 },
        { 0 },
    };
    return run_suite("request", tests);
}
