/* What stands in routes.map for services that need more than HAProxy's balancing, and how their servers are
 * described. */
#include "suite.h"

#include "plan/plan.h"

enum { MOST = 6 };

struct world {
    struct arena *arena;
    struct settings settings;
    struct entry_point entry_point;
    struct model_server servers[MOST];
    struct model_service services[MOST]; /* "a@etcd", "b@etcd", …, of one server each */
    struct model_router router;          /* of the first */
    struct model model;
};

static const size_t first_entry_point[] = { 0 };
static const struct str root = { "/", 1 };
static const struct rule_literal everything = { .matcher = MATCHER_PATH_PREFIX, .args = &root, .n_args = 1 };
static const struct rule_conjunct all = { &everything, 1 };

static void make_world(struct world *w, size_t n)
{
    *w = (struct world){ .arena = arena_create() };
    w->settings = (struct settings){ .entry_points = &w->entry_point, .n_entry_points = 1 };
    for (size_t i = 0; i < n; i++) {
        struct str letter = arena_printf(w->arena, "%c", 'a' + (int)i);
        w->servers[i] =
            (struct model_server){ .url = arena_printf(w->arena, "http://%.*s:80", STR_ARG(letter)),
                                   .id = arena_printf(w->arena, "000000000000000%zu", i),
                                   .host = letter,
                                   .port = 80,
                                   .authority = arena_printf(w->arena, "%.*s:80", STR_ARG(letter)),
                                   .weight = 1 };
        w->services[i] = (struct model_service){ .name = arena_printf(w->arena, "%.*s@etcd", STR_ARG(letter)),
                                                 .servers = &w->servers[i],
                                                 .n_servers = 1,
                                                 .pass_host_header = true,
                                                 .used = true };
    }
    w->router = (struct model_router){ .name = STR("r@etcd"),
                                       .order = STR("r@etcd"),
                                       .dnf = { (struct rule_conjunct *)&all, 1 },
                                       .priority = 10,
                                       .entry_points = first_entry_point,
                                       .n_entry_points = 1,
                                       .service = &w->services[0] };
    w->model = (struct model){ .settings = &w->settings,
                               .services = w->services,
                               .n_services = n,
                               .routers = &w->router,
                               .n_routers = 1 };
}

static const struct plan *plan_of(struct world *w)
{
    return plan_build(w->arena, &w->model, NULL);
}

static struct str value_at(const struct plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->n_routes; i++)
        if (str_eq(plan->routes[i].key, str_c(key)))
            return plan->routes[i].value;
    return (struct str){ 0 };
}

#define ck_value(plan, key, text)                                                                            \
    ck_assert_msg(str_eq(value_at(plan, key), STR(text)), "%s is %.*s", key, STR_ARG(value_at(plan, key)))

START_TEST(a_plain_service_costs_its_records_nothing)
{
    struct world w;
    make_world(&w, 1);
    const struct plan *plan = plan_of(&w);
    ck_assert_uint_eq(plan->n_routes, 1);
    ck_value(plan, "|0/", ".;etcd:a;R892;r@etcd;;;;");
    arena_destroy(w.arena);
}
END_TEST

START_TEST(what_needs_a_choice_is_defined_beside_the_records)
{
    struct world w;
    make_world(&w, 1);
    struct model_service *s = &w.services[0];
    s->pass_host_header = false;
    ck_value(plan_of(&w), "}a@etcd?", "s;r;;etcd:a;0000000000000000|1|http://a:80|a:80|;");
    ck_value(plan_of(&w), "|0/", "b;}a@etcd;R892;r@etcd;;;;");
    s->pass_host_header = true;
    w.servers[0].path = STR("/x,y|z");
    ck_value(plan_of(&w), "}a@etcd?", "s;r;;etcd:a;0000000000000000|1|http://a:80||/x%2Cy%7Cz;");
    w.servers[0].path = STR("");
    s->strategy = STRATEGY_P2C;
    s->cookie = (struct model_cookie){ STR("lb"), STR("; Path=/") };
    ck_value(plan_of(&w), "}a@etcd?", "s;p;lb|%3B%20Path=/;etcd:a;0000000000000000|1|http://a:80||;");
    s->strategy = STRATEGY_HRW;
    s->cookie = (struct model_cookie){ 0 };
    s->check.on = true;
    struct str value = value_at(plan_of(&w), "}a@etcd?");
    ck_assert_msg(str_starts(value, STR("s;hc;;etcd:a;0000000000000000-")), "%.*s", STR_ARG(value));
    arena_destroy(w.arena);
}
END_TEST

START_TEST(times_of_a_transport_are_milliseconds)
{
    struct world w;
    make_world(&w, 1);
    struct model_transport transport = { .http2 = true, .dial_ns = MODEL_DIAL_DEFAULT_NS };
    w.services[0].transport = &transport;
    ck_assert_uint_eq(plan_of(&w)->n_routes, 1);
    transport.response_header_ns = 1500000001;
    ck_value(plan_of(&w), "}a@etcd?", "s;r;;etcd:a;0000000000000000|1|http://a:80||;1501|30000");
    transport.dial_ns = 0;
    ck_value(plan_of(&w), "}a@etcd?", "s;r;;etcd:a;0000000000000000|1|http://a:80||;1501|2073600000");
    arena_destroy(w.arena);
}
END_TEST

START_TEST(shares_and_fallbacks_name_backends_or_each_other)
{
    struct world w;
    make_world(&w, 4);
    struct model_child shares[] = { { STR("b"), STR("0b"), 3000000000, &w.services[1] },
                                    { STR("c"), STR("0c"), 1, &w.services[2] } };
    struct model_child pair[] = { { STR("d"), STR("0d"), 1, &w.services[3] },
                                  { STR("b@etcd"), STR("0e"), 1, &w.services[1] } };
    w.services[0] = (struct model_service){ .name = STR("a@etcd"),
                                            .kind = SERVICE_WEIGHTED,
                                            .used = true,
                                            .aware = true,
                                            .children = shares,
                                            .n_children = 2 };
    w.services[2] = (struct model_service){ .name = STR("c@etcd"),
                                            .kind = SERVICE_FAILOVER,
                                            .used = true,
                                            .aware = true,
                                            .children = pair,
                                            .n_children = 2 };
    const struct plan *plan = plan_of(&w);
    ck_assert_uint_eq(plan->shape.n_backends, 2);
    ck_value(plan, "}a@etcd?", "w;.c;;;0b|999999999|b|etcd:b,0c|1|c|}c@etcd;");
    ck_value(plan, "}c@etcd?", "f;.c;;;0d|1|d|etcd:d,0e|1|b@etcd|etcd:b;");
    for (size_t i = 1; i < plan->n_routes; i++)
        ck_assert(str_cmp(plan->routes[i - 1].key, plan->routes[i].key) < 0);
    arena_destroy(w.arena);
}
END_TEST

START_TEST(servers_that_lead_nowhere_need_no_backend)
{
    struct world w;
    make_world(&w, 1);
    w.servers[0].host = STR("");
    const struct plan *plan = plan_of(&w);
    ck_value(plan, "|0/", ".;broken;R892;r@etcd;;;;");
    ck_assert_uint_eq(plan->n_backends, 0);
    struct model_server two[] = {
        w.servers[0], { .url = STR("http://x"), .id = STR("1"), .host = STR("x"), .port = 0, .weight = 2 }
    };
    w.services[0].servers = two;
    w.services[0].n_servers = 2;
    plan = plan_of(&w);
    ck_value(plan, "}a@etcd?", "s;r;;etcd:a;0000000000000000|1|http://a:80|!|,1|2|http://x||;");
    ck_assert_uint_eq(plan->backends[0].n_servers, 1);
    ck_assert(str_eq(plan->backends[0].servers[0].host, STR("255.255.255.255")) &&
              plan->backends[0].servers[0].port == 1);
    arena_destroy(w.arena);
}
END_TEST

static struct str options_of(struct world *w)
{
    return plan_of(w)->backends[0].servers[0].options;
}

#define ck_options(w, text) ck_assert_msg(str_eq(options_of(w), STR(text)), "%.*s", STR_ARG(options_of(w)))

START_TEST(a_server_s_words_follow_its_scheme_and_transport)
{
    struct world w;
    make_world(&w, 1);
    ck_options(&w, "");
    w.servers[0].scheme = SERVER_H2C;
    ck_options(&w, " proto h2 ws h1");
    w.servers[0].scheme = SERVER_HTTPS;
    ck_options(&w, " ssl alpn h2,http/1.1 ws h1 sni str(a) verify required ca-file @system-ca");
    w.servers[0].host = STR("10.0.0.1");
    ck_options(&w, " ssl alpn h2,http/1.1 ws h1 verify required ca-file @system-ca verifyhost 10.0.0.1");
    struct model_transport t = { .dial_ns = MODEL_DIAL_DEFAULT_NS,
                                 .server_name = STR("n.test"),
                                 .insecure = true,
                                 .authorities = STR("PEM"),
                                 .min_version = STR("TLSv1.2"),
                                 .max_version = STR("TLSv1.3") };
    w.services[0].transport = &t;
    ck_options(&w, " ssl alpn http/1.1 sni str(n.test) verify none ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3");
    t = (struct model_transport){
        .dial_ns = MODEL_DIAL_DEFAULT_NS, .http2 = true, .authorities = STR("abc"), .identity = STR("abc")
    };
    ck_options(&w, " ssl alpn h2,http/1.1 ws h1 verify required ca-file {tls}/ca-ba7816bf8f01cfea.pem crt "
                   "{tls}/id-ba7816bf8f01cfea.pem");
    const struct plan *plan = plan_of(&w);
    ck_assert_uint_eq(plan->n_files, 2);
    ck_assert(str_eq(plan->files[0]->name, STR("ca-ba7816bf8f01cfea.pem")) && !plan->files[0]->identity &&
              plan->files[1]->identity);
    struct str name = plan->backends[0].servers[0].name;
    ck_assert(str_starts(name, STR("0000000000000000-")) && name.n == 25);
    t.insecure = true;
    ck_assert_msg(!str_eq(name, plan_of(&w)->backends[0].servers[0].name),
                  "words that cannot be changed make another server");
    arena_destroy(w.arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_plain_service_costs_its_records_nothing, 0 },
        { what_needs_a_choice_is_defined_beside_the_records, 0 },
        { times_of_a_transport_are_milliseconds, 0 },
        { shares_and_fallbacks_name_backends_or_each_other, 0 },
        { servers_that_lead_nowhere_need_no_backend, 0 },
        { a_server_s_words_follow_its_scheme_and_transport, 0 },
        { NULL, 0 },
    };
    return run_suite("choice", rows);
}
