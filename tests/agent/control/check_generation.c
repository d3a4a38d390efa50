#include "suite.h"

#include <stdio.h>

#include "control/generation.h"
#include "control/sources.h"
#include "route/settings.h"

/* A daemon's way with its trees, without a daemon: events come, each is compiled as a change. */
struct world {
    struct arena *arena;
    const struct settings *settings;
    struct sources *sources;
    struct ledger *ledger;
    struct generation *last;
};

static void take(struct world *w, int64_t revision, const char *key, const char *value)
{
    struct etcd_event event = { .deleted = !value, .key = str_c(key), .value = str_c(value) };
    struct etcd_batch batch = { .revision = revision, .events = &event, .n_events = 1 };
    sources_take(w->sources, &batch);
}

static void begin(struct world *w)
{
    static const char *const flags[] = { "--entrypoints.web.address=:80", "--providers.etcd" };
    struct settings_sources sources = { .flags = flags, .n_flags = 2 };
    *w = (struct world){ .arena = arena_create() };
    w->settings = settings_read(w->arena, &sources, diag_create(w->arena, 0));
    w->sources = sources_create(w->settings);
    w->ledger = ledger_create();
    take(w, 1, "traefik/http/services/s/loadbalancer/servers/0/url", "http://10.0.0.1");
    take(w, 2, "traefik/http/routers/a/service", "s");
    take(w, 3, "traefik/http/routers/a/rule", "Host(`a.test`)");
    struct kv_snapshot tree = sources_etcd(w->sources);
    w->last = generation_compile(w->settings, &tree, 1, NULL, NULL, w->ledger);
    sources_taken(w->sources);
    ck_assert_ptr_nonnull(ledger_closed(w->ledger));
    generation_complete_ledger(w->last, w->ledger);
    ck_assert_ptr_null(ledger_closed(w->ledger));
}

static void end(struct world *w)
{
    ledger_destroy(w->ledger);
    generation_release(w->last);
    sources_destroy(w->sources);
    arena_destroy(w->arena);
}

static void follow(struct world *w, int64_t revision)
{
    const struct kv_change *changes;
    size_t n;
    const char *why;
    ck_assert(sources_log(w->sources, &changes, &n));
    struct generation *next =
        generation_follow(w->last, w->ledger, sources_store(w->sources), changes, n, revision, false, &why);
    ck_assert_msg(next != NULL, "%s", why);
    sources_taken(w->sources);
    generation_release(w->last); /* the next one holds what it needs of it */
    w->last = next;
}

START_TEST(a_generation_outlives_those_it_is_made_of)
{
    struct world w;
    char path[32];
    begin(&w);
    struct generation *first = generation_hold(w.last);
    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof path, "Host(`h%d.test`)", i);
        take(&w, 10 + i, "traefik/http/routers/b/service", i % 2 ? "s" : "t");
        take(&w, 10 + i, "traefik/http/routers/b/rule", path);
        follow(&w, 10 + i);
    }
    ck_assert_uint_eq(first->plan->n_routes, 1);
    ck_assert_str_eq(first->plan->routes[0].key.p, "a.test|0/");
    ck_assert_uint_eq(w.last->plan->n_routes, 2);
    ck_assert_str_eq(w.last->plan->routes[1].key.p, "h2999.test|0/");
    ck_assert_uint_eq(w.last->n_routers, 2);
    ck_assert_int_eq(w.last->revision, 3009);
    generation_release(first);
    end(&w);
}
END_TEST

START_TEST(the_tree_of_a_generation_is_that_of_its_time)
{
    struct world w;
    begin(&w);
    take(&w, 4, "traefik/http/routers/b/rule", "Host(`b.test`)");
    follow(&w, 4);
    struct generation *with = generation_hold(w.last);
    take(&w, 5, "traefik/http/routers/b/rule", NULL);
    take(&w, 5, "traefik/http/routers/a/rule", "Host(`c.test`)");
    follow(&w, 5);
    struct kv_snapshot before = generation_tree(with, w.arena), after = generation_tree(w.last, w.arena);
    ck_assert_int_eq(before.revision, 4);
    ck_assert_uint_eq(before.n, 4);
    ck_assert(str_eq(kv_snapshot_get(&before, STR("traefik/http/routers/b/rule")), STR("Host(`b.test`)")));
    ck_assert(str_eq(kv_snapshot_get(&before, STR("traefik/http/routers/a/rule")), STR("Host(`a.test`)")));
    ck_assert_int_eq(after.revision, 5);
    ck_assert_uint_eq(after.n, 3);
    ck_assert_ptr_null(kv_snapshot_get(&after, STR("traefik/http/routers/b/rule")).p);
    ck_assert(str_eq(kv_snapshot_get(&after, STR("traefik/http/routers/a/rule")), STR("Host(`c.test`)")));
    generation_release(with);
    end(&w);
}
END_TEST

/* The daemon's way with a growth: the same tree on another skeleton, and changes behind it. */
START_TEST(changes_go_on_behind_a_skeleton_that_is_written_anew)
{
    struct world w;
    begin(&w);
    take(&w, 4, "traefik/http/services/t/loadbalancer/servers/0/url", "http://10.0.0.2");
    take(&w, 4, "traefik/http/routers/b/service", "t");
    take(&w, 4, "traefik/http/routers/b/rule", "Host(`b.test`)");
    follow(&w, 4);
    ck_assert_str_eq(w.last->plan->routes[1].value.p, ".;spare-0001;R852;b@etcd;;;;");
    struct generation *grown = generation_with_room(w.last);
    ledger_set_holders(w.ledger, &grown->plan->shape);
    generation_release(w.last);
    w.last = grown;
    ck_assert_str_eq(grown->plan->routes[1].value.p, ".;etcd:t;R852;b@etcd;;;;");
    ck_assert(!grown->change && grown->revision == 4 && grown->n_routers == 2 && grown->n_services == 2);
    take(&w, 5, "traefik/http/routers/b/rule", "Host(`c.test`)");
    take(&w, 5, "traefik/http/routers/c/service", "t");
    take(&w, 5, "traefik/http/routers/c/rule", "Host(`d.test`)");
    follow(&w, 5);
    ck_assert_str_eq(w.last->plan->routes[1].value.p, ".;etcd:t;R852;b@etcd;;;;");
    ck_assert_str_eq(w.last->plan->routes[2].value.p, ".;etcd:t;R852;c@etcd;;;;");
    ck_assert(w.last->change->before == grown);
    struct kv_snapshot tree = generation_tree(w.last, w.arena);
    ck_assert(tree.revision == 5 && tree.n == 8);
    end(&w);
}
END_TEST

/* Between two compiles a key may change more than once: what counts is how it was and how it is. */
START_TEST(the_log_tells_each_key_once)
{
    struct world w;
    const struct kv_change *changes;
    size_t n;
    begin(&w);
    take(&w, 4, "traefik/http/routers/a/rule", "Host(`x.test`)");
    take(&w, 5, "traefik/http/routers/a/rule", NULL);
    take(&w, 6, "traefik/http/routers/a/rule", "Host(`y.test`)");
    take(&w, 7, "traefik/http/routers/n/rule", NULL);
    ck_assert(sources_log(w.sources, &changes, &n));
    ck_assert_uint_eq(n, 1);
    ck_assert(str_eq(changes[0].before, STR("Host(`a.test`)")));
    ck_assert(str_eq(changes[0].after, STR("Host(`y.test`)")));
    struct kv_pair pair = { STR("traefik/http/routers/z/rule"), STR("Host(`z.test`)") };
    sources_take(w.sources,
                 &(struct etcd_batch){ .full = true, .revision = 8, .pairs = &pair, .n_pairs = 1 });
    ck_assert(!sources_log(w.sources, &changes, &n)); /* read anew: nobody knows what changed */
    sources_taken(w.sources);
    ck_assert(sources_log(w.sources, &changes, &n));
    ck_assert_uint_eq(n, 0);
    end(&w);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { a_generation_outlives_those_it_is_made_of, 0 },
                                     { the_tree_of_a_generation_is_that_of_its_time, 0 },
                                     { changes_go_on_behind_a_skeleton_that_is_written_anew, 0 },
                                     { the_log_tells_each_key_once, 0 },
                                     { 0 } };
    return run_suite("generation", rows);
}
