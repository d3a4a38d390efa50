/* The keys of routes.map against the definition: for any request the skeleton's look-ups must find the router
 * that is first among all whose rule is true. */
#include "suite.h"

#include <stdlib.h>

#include "plan/key.h"
#include "plan/plan.h"
#include "plan/rank.h"

enum { ROUTERS = 7, CONJUNCTS = 3, ROUNDS = 3000, REQUESTS = 40 };

static const char *const hosts[] = { "a.test", "b.test", "B.Test", "c.test.", "*" };
static const char *const paths[] = { "/", "/f", "/foo", "/foo/", "/foo/bar", "/b", "/foobar", "/foo b" };

static unsigned roll(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % n;
}

struct world {
    struct arena *arena;
    struct settings settings;
    struct entry_point entry_points[2];
    struct model model;
};

static struct str pick(unsigned *seed, const char *const *from, unsigned n)
{
    return str_c(from[roll(seed, n)]);
}

static struct rule_conjunct random_conjunct(struct world *w, unsigned *seed)
{
    struct rule_literal *literals = ARENA_ARRAY(w->arena, struct rule_literal, 3);
    size_t n = 0;
    enum { HOST = 1, PATH = 2, PREFIX = 4 };
    unsigned kinds = 1 + roll(seed, 7);
    for (unsigned kind = 0; kind < 3; kind++) {
        if (!(kinds & 1u << kind))
            continue;
        struct str *arg = ARENA_NEW(w->arena, struct str);
        *arg = kind == 0 ? pick(seed, hosts, 5) : pick(seed, paths, 8);
        literals[n++] = (struct rule_literal){
            .matcher = kind == 0 ? MATCHER_HOST : kind == 1 ? MATCHER_PATH : MATCHER_PATH_PREFIX, .args = arg, .n_args = 1
        };
    }
    return (struct rule_conjunct){ literals, n };
}

static int by_rank(const void *a, const void *b)
{
    const struct model_router *x = a, *y = b;
    if (rank_above(x, y) || rank_above(y, x))
        return rank_above(x, y) ? -1 : 1;
    return str_cmp(x->name, y->name);
}

static void random_world(struct world *w, unsigned *seed)
{
    static const size_t both[] = { 0, 1 };
    *w = (struct world){ .arena = arena_create() };
    w->settings = (struct settings){ .entry_points = w->entry_points, .n_entry_points = 2 };
    struct model_service *services = ARENA_ARRAY(w->arena, struct model_service, 2);
    services[0] = (struct model_service){ .name = STR("one@etcd"), .used = true };
    services[1] = (struct model_service){ .name = STR("two@etcd"), .used = true };
    struct model_router *routers = ARENA_ARRAY(w->arena, struct model_router, ROUTERS);
    for (size_t i = 0; i < ROUTERS; i++) {
        size_t n = 1 + roll(seed, CONJUNCTS);
        struct rule_conjunct *conjuncts = ARENA_ARRAY(w->arena, struct rule_conjunct, n);
        for (size_t j = 0; j < n; j++)
            conjuncts[j] = random_conjunct(w, seed);
        unsigned where = roll(seed, 3);
        routers[i] = (struct model_router){ .name = arena_printf(w->arena, "r%zu@%s", i, roll(seed, 4) ? "etcd" : "file"),
                                            .dnf = { conjuncts, n },
                                            .priority = (int)roll(seed, 6) - 2,
                                            .entry_points = where == 1 ? both + 1 : both,
                                            .n_entry_points = where == 2 ? 2 : 1,
                                            .service = &services[i % 2] };
        if (roll(seed, 3) == 0) {
            struct model_op *op = ARENA_NEW(w->arena, struct model_op);
            struct str *prefixes = ARENA_ARRAY(w->arena, struct str, 2);
            prefixes[0] = pick(seed, paths + 1, 7);
            prefixes[1] = pick(seed, paths + 1, 7);
            *op = (struct model_op){ .kind = OP_STRIP_PREFIX, .strip = { prefixes, 2, false } };
            routers[i].ops = op;
            routers[i].n_ops = 1;
        }
    }
    qsort(routers, ROUTERS, sizeof *routers, by_rank);
    w->model = (struct model){ .settings = &w->settings, .routers = routers, .n_routers = ROUTERS,
                               .services = services, .n_services = 2 };
}

static bool literal_holds(const struct rule_literal *l, struct str host, struct str path)
{
    struct str arg = l->args[0];
    if (l->matcher == MATCHER_PATH)
        return str_eq(arg, path);
    if (l->matcher == MATCHER_PATH_PREFIX)
        return str_starts(path, arg);
    if (str_eq(arg, STR("*")))
        return true;
    if (str_ends(arg, STR(".")))
        arg.n--;
    return str_eq_nocase(arg, host);
}

static bool names_host(const struct rule_conjunct *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->literals[i].matcher == MATCHER_HOST && !str_eq(c->literals[i].args[0], STR("*")))
            return true;
    return false;
}

/* Whether a conjunct that names a host (or one that names none) holds. */
static bool router_holds(const struct model_router *r, size_t entry_point, struct str host, struct str path, bool named)
{
    bool here = false;
    for (size_t i = 0; i < r->n_entry_points; i++)
        here = here || r->entry_points[i] == entry_point;
    for (size_t i = 0; here && i < r->dnf.n; i++) {
        bool all = names_host(&r->dnf.conjuncts[i]) == named;
        for (size_t j = 0; j < r->dnf.conjuncts[i].n; j++)
            all = all && literal_holds(&r->dnf.conjuncts[i].literals[j], host, path);
        if (all)
            return true;
    }
    return false;
}

/* map_beg: the longest key that is a prefix of the line. */
static const struct plan_entry *look_up(const struct plan *plan, struct str line)
{
    const struct plan_entry *best = NULL;
    for (size_t i = 0; i < plan->n_routes; i++)
        if (str_starts(line, plan->routes[i].key) && (!best || plan->routes[i].key.n > best->key.n))
            best = &plan->routes[i];
    return best;
}

static struct str field(struct str record, int number)
{
    struct str part = { 0 };
    while (number--)
        part = str_cut(&record, ';');
    return part;
}

/* What the skeleton does. */
static struct str simulate(const struct plan *plan, size_t entry_point, struct str host, struct str path)
{
    struct buf line = { 0 }, any = { 0 }, key_path = { 0 };
    key_put_path(&key_path, path, false);
    buf_printf(&line, "%.*s|%zu%.*s?", STR_ARG(host), entry_point, STR_ARG(buf_str(&key_path)));
    buf_printf(&any, "|%zu%.*s?", entry_point, STR_ARG(buf_str(&key_path)));
    const struct plan_entry *record = host.n && plan->shape.host_keys ? look_up(plan, buf_str(&line)) : NULL;
    if (plan->shape.any_keys && (!record || str_find(field(record->value, RECORD_FLAGS), 'a') <
                                                field(record->value, RECORD_FLAGS).n)) {
        const struct plan_entry *other = look_up(plan, buf_str(&any));
        if (!record || (other && str_cmp(field(other->value, RECORD_RANK), field(record->value, RECORD_RANK)) > 0))
            record = other;
    }
    buf_fini(&line);
    buf_fini(&any);
    buf_fini(&key_path);
    return record ? record->value : (struct str){ 0 };
}

static const struct model_router *first_that_holds(const struct world *w, size_t entry_point, struct str host,
                                                   struct str path, bool named)
{
    for (size_t i = 0; i < ROUTERS; i++)
        if (router_holds(&w->model.routers[i], entry_point, host, path, named))
            return &w->model.routers[i];
    return NULL;
}

static void check_request(const struct world *w, const struct plan *plan, size_t entry_point, struct str host,
                          struct str path)
{
    /* Between equals the one that names the host wins, then the name. */
    const struct model_router *named = first_that_holds(w, entry_point, host, path, true);
    const struct model_router *any = first_that_holds(w, entry_point, host, path, false);
    const struct model_router *want = !named || (any && rank_above(any, named)) ? any : named;
    struct str record = simulate(plan, entry_point, host, path), got = field(record, RECORD_ROUTER);
    if (!want) {
        ck_assert_msg(record.p == NULL, "no router holds for %.*s%.*s, but there is %.*s", STR_ARG(host), STR_ARG(path),
                      STR_ARG(record));
        return;
    }
    ck_assert_msg(str_eq(got, want->name), "entry point %zu, %.*s%.*s: want %.*s, got %.*s", entry_point, STR_ARG(host),
                  STR_ARG(path), STR_ARG(want->name), STR_ARG(record));
    struct str cut = field(record, RECORD_CUT), prefix = { 0 };
    for (size_t i = 0; want->n_ops && i < 2 && !prefix.p; i++)
        if (str_starts(path, want->ops[0].strip.prefixes[i]))
            prefix = want->ops[0].strip.prefixes[i];
    struct str from = str_cut(&cut, '?');
    struct str shown = str_eq(prefix, STR("/foo b")) ? STR("/foo%20b") : prefix;
    ck_assert_msg(str_eq(from, shown), "cut of %.*s by %.*s: want %.*s", STR_ARG(path), STR_ARG(record), STR_ARG(shown));
}

START_TEST(the_look_ups_find_the_first_router_that_holds)
{
    static const char *const asked_hosts[] = { "a.test", "b.test", "c.test", "other.test", "" };
    static const char *const asked_paths[] = { "/",        "/f",      "/fo",      "/foo", "/foo/", "/foo/bar", "/foo/bar/x",
                                               "/foobar", "/foo b", "/foo b/c", "/b",   "/z" };
    unsigned seed = 20260101;
    for (int round = 0; round < ROUNDS; round++) {
        struct world w;
        random_world(&w, &seed);
        struct plan *plan = plan_build(w.arena, &w.model, NULL);
        for (size_t i = 1; i < plan->n_routes; i++)
            ck_assert(str_cmp(plan->routes[i - 1].key, plan->routes[i].key) < 0);
        for (int i = 0; i < REQUESTS; i++)
            check_request(&w, plan, roll(&seed, 2), pick(&seed, asked_hosts, 5), pick(&seed, asked_paths, 12));
        arena_destroy(w.arena);
    }
}
END_TEST

START_TEST(ranks_order_as_priorities_do)
{
    static const int64_t rising[] = { INT64_MIN, -1000000, -100, -99, -10, -9, -1, 0, 1, 9, 10, 99, 100, 4000, INT64_MAX };
    struct buf previous = { 0 }, rank = { 0 };
    for (size_t i = 0; i < sizeof rising / sizeof *rising; i++) {
        struct model_router router = { .name = STR("r@etcd"), .priority = rising[i] };
        buf_reset(&rank);
        rank_put(&rank, &router);
        ck_assert_msg(i == 0 || str_cmp(buf_str(&previous), buf_str(&rank)) < 0, "%s, %s", previous.p, rank.p);
        buf_reset(&previous);
        router.name = STR("r@file");
        rank_put(&previous, &router);
        ck_assert_msg(str_cmp(buf_str(&rank), buf_str(&previous)) < 0, "a file's router wins ties");
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
    { "/foo", false, "/foo" },       { "/a b", false, "/a%20b" },    { "/a%2Fb", false, "/a%2Fb" },
    { "/a%2fb", false, NULL },       { "/a%20b", false, NULL },      { "/p%25", false, "/p%25" },
    { "/x?y", false, NULL },         { "/x#y", false, NULL },        { "/p%2", false, NULL },
    { "/p%2", true, "/p%2" },        { "/\xc3\xa9", false, "/\xc3\xa9" }, { "/t\tb\n", false, "/t%09b%0A" },
    { "/a;b", false, "/a;b" },       { "/\"\\", false, "/\"\\" },
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
    { "A.test", "a.test" }, { "a.test.", "a.test" }, { "a.test..", "a.test" }, { "a.test:80", NULL },
    { "::1", "[::1]" },     { "[::1]", NULL },       { "a b", NULL },           { "a|b", NULL },
    { "a/b", NULL },        { "a#b", NULL },         { "", NULL },              { "a_b", "a_b" },
};

START_TEST(hosts_take_the_form_of_keys)
{
    struct buf out = { 0 };
    bool possible = key_put_host(&out, str_c(host_rows[_i].text));
    ck_assert_int_eq(possible, host_rows[_i].key != NULL);
    if (possible)
        ck_assert_str_eq(out.p, host_rows[_i].key);
    buf_fini(&out);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { the_look_ups_find_the_first_router_that_holds, 0 },
        { ranks_order_as_priorities_do, 0 },
        { paths_take_the_form_of_keys, ROWS(path_rows) },
        { hosts_take_the_form_of_keys, ROWS(host_rows) },
        { 0 },
    };
    return run_suite("match", rows);
}
