/* The keys of routes.map and the lines of its neighbours: what rules become. That they find the right router
 * is check_lookup's matter. */
#include "suite.h"

#include "kv/reader.h"
#include "plan/key.h"
#include "plan/plan.h"

static const struct {
    const char *rule;
    const char *keys; /* without those of other rows: "KEY KEY …" */
} rule_rows[] = {
    { "Host(`A.test`) && Path(`/x`)", "a.test|0/x?" },
    { "Host(`a.test.`)", "a.test..|0/ a.test|0/" },
    { "PathPrefix(`/x y`)", "|0/x#20y" },
    { "Host(`*.a.test`) && PathPrefix(`/x`)", "*.a.test|0/x |0/x" },
    { "Method(`post`) && Path(`/x`)", "<POST/|0/x? |0/x?" },
    { "Host(`a.test`) && !Path(`/x`)", ">a.test|0/ a.test|0/ {r@etcd" },
    { "!Path(`/x`)", ">=0= {r@etcd |0/" },
    { "PathRegexp(`^/a+b`)", ">|0/a {r@etcd |0/a" },
    { "HostRegexp(`^[a-z]+\\.shop\\.a\\.test$`)", ">>shop.a.test|0/ {r@etcd |0/" },
    { "HostRegexp(`^shop-[0-9]+\\.test$`) && PathPrefix(`/x`)", ">^0^shop- {r@etcd |0/x" },
    { "Header(`X-A`, `1`) && PathPrefix(`/x`)", "@|0/x {r@etcd |0/x" },
    { "Host(`a.test`) && Query(`q`)", "@a.test|0/ a.test|0/ {r@etcd" },
};

static struct plan *plan_of(struct arena *arena, const char *rule, const char *more)
{
    static const struct entry_point entry_points[] = { { .name = { "web", 3 } } };
    static const struct settings settings = { .entry_points = entry_points, .n_entry_points = 1 };
    struct diag *diag = diag_create(arena, 0);
    struct kv_snapshot snapshot;
    struct str dump = arena_printf(arena,
                                   "traefik/http/services/s/loadbalancer/servers/0/url\nhttp://127.0.0.1:9\n"
                                   "traefik/http/routers/r/service\ns\ntraefik/http/routers/r/rule\n%s\n%s",
                                   rule, more);
    ck_assert(kv_read(arena, dump, KV_FORMAT_DUMP, STR(""), STR("traefik"), &snapshot, diag));
    const struct tree *tree = tree_decode(arena, &snapshot, diag);
    struct plan *plan = plan_build(arena, model_build(arena, &tree, 1, &settings, diag), NULL);
    ck_assert_uint_eq(diag_count(diag, SEVERITY_ERROR), 0);
    return plan;
}

START_TEST(rules_become_keys)
{
    struct arena *arena = arena_create();
    struct plan *plan = plan_of(arena, rule_rows[_i].rule, "");
    struct buf keys = { 0 };
    for (size_t i = 0; i < plan->n_routes; i++)
        buf_printf(&keys, "%s%.*s", i ? " " : "", STR_ARG(plan->routes[i].key));
    ck_assert_str_eq(keys.p, rule_rows[_i].keys);
    buf_fini(&keys);
    arena_destroy(arena);
}
END_TEST

static struct str value_of(const struct plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->n_routes; i++)
        if (str_eq(plan->routes[i].key, str_c(key)))
            return plan->routes[i].value;
    ck_abort_msg("no key %s", key);
    return (struct str){ 0 };
}

/* An ordinary route pays for rivals only where they come before it. */
START_TEST(records_name_only_rivals_that_may_win)
{
    struct arena *arena = arena_create();
    const char *more = "traefik/http/routers/m/service\ns\ntraefik/http/routers/m/rule\nMethod(`GET`)\n"
                       "traefik/http/routers/m/priority\n%d\n";
    struct plan *plan = plan_of(arena, "Path(`/x`)", arena_printf(arena, more, 5).p);
    ck_assert_str_eq(value_of(plan, "|0/x?").p, ".;etcd:s;R892;r@etcd;;;;");
    plan = plan_of(arena, "Path(`/x`)", arena_printf(arena, more, 500).p);
    ck_assert_str_eq(value_of(plan, "|0/x?").p, "+.;etcd:s;R892;r@etcd;;;;n");
    ck_assert_str_eq(value_of(plan, "|0/").p, "+.;;~;;;;;n");
    ck_assert_str_eq(value_of(plan, "<GET/|0/").p, ".;etcd:s;Q4992;m@etcd;;;;");
    arena_destroy(arena);
}
END_TEST

/* Rules of paths within each other are repeated as long as that stays small, and move to the widest path
 * then. */
START_TEST(groups_do_not_multiply)
{
    struct arena *arena = arena_create();
    struct buf more = { 0 };
    enum { RULES = 300 };
    char path[RULES + 1];
    memset(path, 'a', sizeof path);
    for (int i = 0; i < RULES; i++) {
        buf_printf(&more, "traefik/http/routers/p%03d/service\ns\ntraefik/http/routers/p%03d/rule\n", i, i);
        buf_printf(&more, "Host(`a.test`) && PathPrefix(`/%.*s`) && !Method(`PUT`)\n", i, path);
    }
    struct plan *plan = plan_of(arena, "Host(`a.test`) && !Method(`GET`)", more.p);
    ck_assert_uint_ge(plan->maps[MAP_REGEXES].n, RULES);
    ck_assert_uint_le(plan->maps[MAP_REGEXES].n, RULES * 10);
    buf_fini(&more);
    arena_destroy(arena);
}
END_TEST

START_TEST(ranks_order_as_priorities_do)
{
    static const int64_t rising[] = { INT64_MIN, -1000000, -100, -99, -10, -9,   -1,       0,
                                      1,         9,        10,   99,  100, 4000, INT64_MAX };
    struct buf previous = { 0 }, rank = { 0 };
    for (size_t i = 0; i < sizeof rising / sizeof *rising; i++) {
        buf_reset(&rank);
        router_put_rank(&rank, rising[i], STR("r@etcd"));
        ck_assert_msg(i == 0 || str_cmp(buf_str(&previous), buf_str(&rank)) > 0, "%s, %s", previous.p,
                      rank.p);
        buf_reset(&previous);
        router_put_rank(&previous, rising[i], STR("r@file"));
        ck_assert_msg(str_cmp(buf_str(&previous), buf_str(&rank)) < 0, "a file's router wins ties");
    }
    buf_fini(&previous);
    buf_fini(&rank);
}
END_TEST

static const struct {
    const char *text;
    bool prefix;
    const char *key; /* NULL: never */
} path_rows[] = {
    { "/foo", false, "/foo" },
    { "/a b", false, "/a#20b" },
    { "/a%2Fb", false, "/a%2Fb" },
    { "/a%2fb", false, NULL },
    { "/a%20b", false, NULL },
    { "/p%25", false, "/p%25" },
    { "/x?y", false, NULL },
    { "/x#y", false, NULL },
    { "/p%2", false, NULL },
    { "/p%2", true, "/p%2" },
    { "/\xc3\xa9", false, "/\xc3\xa9" },
    { "/t\tb\n", false, "/t#09b#0A" },
    { "/a;b", false, "/a;b" },
    { "/\"\\", false, "/\"\\" },
};

START_TEST(paths_take_the_form_of_keys)
{
    struct buf out = { 0 };
    bool possible = key_put_path(&out, str_c(path_rows[_i].text), path_rows[_i].prefix);
    ck_assert_int_eq(possible, path_rows[_i].key != NULL);
    if (possible)
        ck_assert_str_eq(out.p, path_rows[_i].key);
    buf_fini(&out);
}
END_TEST

static const struct {
    const char *text;
    const char *key;
} host_rows[] = {
    { "A.test", "a.test." }, { "a.test:80", NULL }, { "::1", "::1." }, { "[::1]", NULL }, { "a b", NULL },
    { "a|b", NULL },         { "a/b", NULL },       { "a#b", NULL },   { "", NULL },      { "a_b", "a_b." },
};

START_TEST(hosts_take_the_form_of_keys)
{
    struct buf out = { 0 };
    bool possible = key_put_host(&out, str_c(host_rows[_i].text), 1);
    ck_assert_int_eq(possible, host_rows[_i].key != NULL);
    if (possible)
        ck_assert_str_eq(out.p, host_rows[_i].key);
    buf_fini(&out);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { rules_become_keys, ROWS(rule_rows) },
        { records_name_only_rivals_that_may_win, 0 },
        { groups_do_not_multiply, 0 },
        { ranks_order_as_priorities_do, 0 },
        { paths_take_the_form_of_keys, ROWS(path_rows) },
        { hosts_take_the_form_of_keys, ROWS(host_rows) },
        { 0 },
    };
    return run_suite("match", rows);
}
