/* Services of the model: servers, their URLs and weights, and what takes a service out. */
#include "model_case.h"

#define LB(name)       "http/services/" name "/loadbalancer/"
#define SERVER(n, url) LB("v") "servers/" n "/url = " url "\n"

/* The service "s" that every tree has is left out of what is wanted. */
static const struct {
    const char *tree, *want;
} cases[] = {
    { SERVER("0", "http://127.0.0.1:8080"), "v@etcd unused 127.0.0.1:8080*1\n" },
    { SERVER("0", "http://h/base/path?q#f"), "v@etcd unused h:80*1\n" },
    { SERVER("0", "http://[::1]:81"), "v@etcd unused ::1:81*1\n" },
    { SERVER("0", "http://u:p@h:81"), "v@etcd unused h:81*1\n" },
    { LB("v") "passhostheader = true\n" SERVER("0", "http://h"), "v@etcd unused h:80*1\n" },
    { LB("v") "passhostheader = false\n" SERVER("0", "http://h"), "v@etcd unused ownhost h:80*1\n" },
    { "http/routers/r/rule = Path(`/`)\nhttp/routers/r/service = v\n" SERVER("0", "http://h"),
      "v@etcd h:80*1\n" },
    { "http/routers/r/rule = Path(/)\nhttp/routers/r/service = v\n" SERVER("0", "http://h"),
      "v@etcd unused h:80*1\n! rule-syntax routers/r/rule\n" },
    /* No servers is no fault: 503. */
    { LB("v") "strategy = wrr", "v@etcd unused\n" },
    { LB("v") "strategy = ", "v@etcd unused\n" },
    { SERVER("0", "http://h") LB("v") "servers/0/weight = 0", "v@etcd unused\n" },
    { SERVER("0", "http://h") LB("v") "servers/0/weight = -3", "v@etcd unused\n" },
    /* Weights; equal URLs are one server. Order is that of the digests. */
    { SERVER("0", "http://h") LB("v") "servers/0/weight = 7", "v@etcd unused h:80*7\n" },
    { SERVER("0", "http://h") SERVER("1", "http://h"), "v@etcd unused h:80*2\n" },
    { SERVER("0", "http://h") SERVER("1", "http://h") LB("v") "servers/1/weight = 9223372036854775807",
      "v@etcd unused h:80*9223372036854775807\n" },
    { SERVER("0", "http://h") SERVER("1", "http://h") LB("v") "servers/1/weight = 0",
      "v@etcd unused h:80*1\n" },
    { SERVER("0", "http://h") SERVER("1", "http://h:80"), "v@etcd unused h:80*1 h:80*1\n" },
    /* URLs that lead nowhere: the server stays, its requests get 500. */
    { SERVER("0", ""), "v@etcd unused :80*1\n! bad-value services/v/loadbalancer/servers/0/url\n" },
    { SERVER("0", "//h:81"), "v@etcd unused :81*1\n! bad-value services/v/loadbalancer/servers/0/url\n" },
    { SERVER("0", "ftp://h"), "v@etcd unused :80*1\n! bad-value services/v/loadbalancer/servers/0/url\n" },
    { LB("v") "servers/0/weight = 1",
      "v@etcd unused :80*1\n! bad-value services/v/loadbalancer/servers/0\n" },
    /* A port that none can have: 502. */
    { SERVER("0", "http://h:0"), "v@etcd unused h:0*1\n! bad-value services/v/loadbalancer/servers/0/url\n" },
    { SERVER("0", "http://h:65536"),
      "v@etcd unused h:0*1\n! bad-value services/v/loadbalancer/servers/0/url\n" },
    /* What is no URL takes the service out. */
    { SERVER("0", "http://h") SERVER("1", "10.0.0.1:80"),
      "! bad-value services/v/loadbalancer/servers/1/url\n" },
    { SERVER("0", "http://h h") SERVER("1", "http://h:x"),
      "! bad-value services/v/loadbalancer/servers/0/url\n! bad-value "
      "services/v/loadbalancer/servers/1/url\n" },
    /* Values that do not parse: told by the tree. */
    { SERVER("0", "http://h") LB("v") "servers/0/weight = x", "" },
    { SERVER("0", "http://h") LB("v") "passhostheader = maybe", "" },
    { SERVER("0", "http://h") LB("v") "foo = 1", "" },
    /* Kinds. */
    { "http/services/v = true", "! bad-object services/v\n" },
    { SERVER("0", "http://h") "http/services/v/failover/service = s", "! bad-object services/v\n" },
    /* Schemes, paths, strategies. */
    { SERVER("0", "https://h"), "v@etcd unused https://h:443*1\n" },
    { SERVER("0", "H2C://h:8"), "v@etcd unused h2c://h:8*1\n" },
    { SERVER("0", "http://h/a/b//") LB("v") "servers/0/preservepath = true", "v@etcd unused h:80*1/a/b\n" },
    { SERVER("0", "http://h/") LB("v") "servers/0/preservepath = true", "v@etcd unused h:80*1\n" },
    { SERVER("0", "http://h/a") LB("v") "servers/0/preservepath = false", "v@etcd unused h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "strategy = p2c", "v@etcd unused p2c h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "servers/0/weight = 0\n" LB("v") "strategy = p2c",
      "v@etcd unused p2c h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "strategy = hrw", "v@etcd unused hrw h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "strategy = leasttime", "v@etcd unused leasttime h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "strategy = WRR", "! bad-value services/v/loadbalancer/strategy\n" },
    { SERVER("0", "http://h") LB("v") "serverstransport = t",
      "! missing-reference services/v/loadbalancer/serverstransport\n" },
    { SERVER("0", "http://h") LB("v") "serverstransport = t\nhttp/serverstransports/t/servername = n",
      "v@etcd unused t@etcd h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "serverstransport = t\nhttp/serverstransports/t/peercerturi = n",
      "! not-supported serverstransports/t/peercerturi\n! broken-reference "
      "services/v/loadbalancer/serverstransport\n" },
    { SERVER("0", "http://h") LB("v") "serverstransport = default@internal", "v@etcd unused h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "serverstransport = ", "v@etcd unused h:80*1\n" },
    /* Cookies (the default name is Traefik's) and health checks. */
    { SERVER("0", "http://h") LB("v") "sticky = true", "v@etcd unused h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "sticky/cookie = true", "v@etcd unused [_63fe2=X; Path=/] h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "sticky/cookie = true\n" LB("v") "strategy = hrw",
      "v@etcd unused hrw h:80*1\n" },
    { SERVER("0", "http://h")
          LB("v") "sticky/cookie/name = my cookie;\xc3\xa9\n" LB("v") "sticky/cookie/path = /a;b\n" LB("v") "sticky/cookie/domain = .a.test\n" LB(
              "v") "sticky/cookie/maxage = 7\n" LB("v") "sticky/cookie/secure = true\n" LB("v") "sticky/"
                                                                                                "cookie/"
                                                                                                "httponly = "
                                                                                                "true\n" LB("v") "sticky/cookie/samesite = STRICT",
      "v@etcd unused [my_cookie__=X; Path=/ab; Domain=a.test; Max-Age=7; HttpOnly; Secure; SameSite=Strict] "
      "h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "sticky/cookie/path = \n" LB("v") "sticky/cookie/domain = a..b\n" LB(
          "v") "sticky/cookie/maxage = -7\n" LB("v") "sticky/cookie/name = n\n" LB("v") "sticky/cookie/"
                                                                                        "samesite = odd",
      "v@etcd unused [n=X; Max-Age=0] h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "healthcheck/path = /",
      "v@etcd unused check GET / 200-399 30s/30s/5s h:80*1\n" },
    { SERVER("0", "http://h")
          LB("v") "healthcheck/interval = 0\n" LB("v") "healthcheck/unhealthyinterval = 2s\n" LB(
              "v") "healthcheck/timeout = 100ms\n" LB("v") "healthcheck/status = 204\n" LB("v") "healthcheck/"
                                                                                                "method = "
                                                                                                "HEAD",
      "v@etcd unused check HEAD  204 30s/2s/0s h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "healthcheck/mode = grpc",
      "v@etcd unused check GET  200-399 30s/30s/5s h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "sticky/cookie/name = n\n" LB("v") "sticky/cookie/domain = a_b.test",
      "v@etcd unused [n=X; Path=/] h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "sticky/cookie/name = n\n" LB("v") "sticky/cookie/domain = 1.2.3",
      "v@etcd unused [n=X; Path=/] h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "sticky/cookie/name = n\n" LB("v") "sticky/cookie/domain = 1.2.3.4",
      "v@etcd unused [n=X; Path=/; Domain=1.2.3.4] h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "sticky/cookie/name = n\n" LB("v") "sticky/cookie/domain = a-.test",
      "v@etcd unused [n=X; Path=/] h:80*1\n" },
    { SERVER("0", "http://h") LB("v") "sticky/cookie/name = n\n" LB("v") "sticky/cookie/domain = a-b.test.",
      "v@etcd unused [n=X; Path=/; Domain=a-b.test.] h:80*1\n" },
    { SERVER("0", "http://h") "http/services/v/middlewares = m", "v@etcd unused h:80*1\n" },
    { SERVER("0",
             "http://h") "http/services/v/middlewares = m\nhttp/services/w/weighted/services/0/name = v\n",
      "v@etcd unused h:80*1\n! not-supported services/v/middlewares\n" },
    { SERVER("0", "http://h") LB("v") "responseforwarding/flushinterval = 1s", "v@etcd unused h:80*1\n" },
    /* Each fault is told. */
    { SERVER("0", "https//h:h") LB("v") "strategy = any",
      "! bad-value services/v/loadbalancer/servers/0/url\n! bad-value "
      "services/v/loadbalancer/strategy\n" },
};

START_TEST(services_come_out_as_written)
{
    struct model_case c = model_case_of(cases[_i].tree);
    struct buf out = { 0 };
    put_services(&out, c.model);
    put_findings(&out, c.diag);
    struct str got = buf_str(&out), usual = STR("s@etcd unused 127.0.0.1:9000*1\n");
    ck_assert(str_starts(got, usual)); /* "s" sorts before "v", and nothing takes it out */
    got = str_from(got, usual.n);
    ck_assert_msg(str_eq(got, str_c(cases[_i].want)), "%s\nis\n%swanted\n%s", cases[_i].tree, got.p,
                  cases[_i].want);
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

START_TEST(ids_are_those_of_sticky_cookies_and_order_servers)
{
    struct model_case c = model_case_of(SERVER("0", "http://127.0.0.1:19001") SERVER(
        "1", "http://127.0.0.1:19002") SERVER("2", "http://127.0.0.1:19003"));
    const struct model_service *s = &c.model->services[1];
    ck_assert(str_eq(s->key, STR("traefik/http/services/v")));
    ck_assert_uint_eq(s->n_servers, 3);
    bool found = false;
    for (size_t i = 0; i < 3; i++) {
        found = found || (str_eq(s->servers[i].id, STR("6cb9cb177dc2d936")) && s->servers[i].port == 19001);
        ck_assert(i == 0 || str_cmp(s->servers[i - 1].id, s->servers[i].id) < 0);
        ck_assert(s->servers[i].scheme == SERVER_HTTP);
    }
    ck_assert(found);
    model_case_fini(&c);
}
END_TEST

START_TEST(services_of_all_providers_are_ordered_by_qualified_name)
{
    struct model_case c =
        model_case_with(&usual_settings, LB("s.b") "strategy = wrr\n" LB("s-a") "strategy = wrr",
                        LB("s") "strategy = wrr\n" LB("z") "strategy = wrr");
    ck_assert_uint_eq(c.model->n_services, 5);
    for (size_t i = 1; i < 5; i++)
        ck_assert_int_lt(str_cmp(c.model->services[i - 1].name, c.model->services[i].name), 0);
    model_case_fini(&c);
}
END_TEST

START_TEST(passwords_in_urls_are_not_shown)
{
    struct model_case c = model_case_of(SERVER("0", "http://user:geheim@h:x") SERVER(
        "1", "ftp://user:geheim@h") SERVER("2", "//user:geheim@h"));
    struct buf out = { 0 };
    diag_print(&out, c.diag, false);
    diag_print_json(&out, c.diag);
    ck_assert_uint_eq(diag_total(c.diag), 3);
    ck_assert(!has(buf_str(&out), "geheim"));
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

START_TEST(a_broken_service_takes_only_its_routers)
{
    struct model_case c = model_case_of(
        SERVER("0", "127.0.0.1:80") "http/routers/a/rule = Path(`/a`)\nhttp/routers/a/service = v\n"
                                    "http/routers/b/rule = Path(`/b`)\nhttp/routers/b/service = s\n");
    struct buf out = { 0 };
    put_routers(&out, c.model);
    put_findings(&out, c.diag);
    ck_assert_str_eq(out.p, "b@etcd 10 web,websecure s@etcd\nout 1\n! broken-reference routers/a/service\n"
                            "! bad-value services/v/loadbalancer/servers/0/url\n");
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

START_TEST(middlewares_of_a_service_act_behind_the_router_s)
{
    struct model_case c = model_case_of(SERVER(
        "0", "http://h") "http/services/v/middlewares = late\nhttp/middlewares/late/ratelimit/average = 2\n"
                         "http/middlewares/early/ratelimit/average = 1\n"
                         "http/routers/a/rule = Path(`/a`)\nhttp/routers/a/service = "
                         "v\nhttp/routers/a/middlewares = early\n"
                         "http/services/x/loadbalancer/servers/0/url = http://x\nhttp/services/x/middlewares "
                         "= none\n"
                         "http/routers/b/rule = Path(`/b`)\nhttp/routers/b/service = x\n");
    struct buf out = { 0 };
    put_routers(&out, c.model);
    put_findings(&out, c.diag);
    struct str got = buf_str(&out);
    size_t early = str_search(got, STR("limit:1/")), late = str_search(got, STR("limit:2/"));
    ck_assert_msg(early != SIZE_MAX && late != SIZE_MAX && early < late, "%s", out.p);
    ck_assert(has(got, "out 1\n") && has(got, "! missing-reference services/x/middlewares"));
    ck_assert(has(got, "! broken-reference routers/b/service"));
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { services_come_out_as_written, ROWS(cases) },
        { ids_are_those_of_sticky_cookies_and_order_servers, 0 },
        { services_of_all_providers_are_ordered_by_qualified_name, 0 },
        { passwords_in_urls_are_not_shown, 0 },
        { a_broken_service_takes_only_its_routers, 0 },
        { middlewares_of_a_service_act_behind_the_router_s, 0 },
        { NULL, 0 },
    };
    return run_suite("model_service", rows);
}
