/* A delta is the whole compile, byte for byte. */
#include "suite.h"

#include "base/file.h"
#include "changes.h"
#include "delta/delta.h"
#include "emit/emit.h"
#include "plan/room.h"
#include "route/settings.h"

/* A tree compiled as a whole, and its ledger. */
struct whole {
    struct arena *arena;
    struct diag *diag;
    const struct plan *plan;
    size_t n_routers, n_services, n_routers_out;
    struct ledger *ledger;
};

static const struct address_list *look_up(void *context, struct str name)
{
    static const struct str addresses[] = { STR("10.9.0.1"), STR("10.9.0.2") };
    static const struct address_list known = { addresses, 2, NULL }, failing = { NULL, 0, "it is nobody's" };
    (void)context;
    return str_eq(name, STR("known.test")) ? &known : str_eq(name, STR("failing.test")) ? &failing : NULL;
}

static struct whole compile(const struct settings *settings, const struct kv_store *store, int64_t revision,
                            const struct shape *previous)
{
    const struct address_book book = { look_up, NULL };
    struct whole w = { .arena = arena_create(), .ledger = ledger_create() };
    w.diag = diag_create(w.arena, 0);
    struct kv_snapshot *snapshot = ARENA_NEW(w.arena, struct kv_snapshot);
    struct kv_snapshot view = kv_store_view(store, revision);
    *snapshot = kv_snapshot_copy(w.arena, &view);
    const struct tree *tree = tree_decode(w.arena, snapshot, w.diag);
    struct model_watch watch = ledger_watch(w.ledger);
    const struct model *model = model_build_watched(w.arena, &tree, 1, settings, w.diag, &watch);
    struct plan *plan = plan_build(w.arena, model, previous);
    plan_set_addresses(w.arena, plan, &book, w.diag);
    diag_sort(w.diag);
    w.plan = plan;
    w.n_routers = model->n_routers;
    w.n_services = model->n_services;
    w.n_routers_out = model->n_routers_out;
    ledger_complete(w.ledger, snapshot, tree, model, plan, w.diag);
    return w;
}

static void end_whole(struct whole *w)
{
    ledger_destroy(w->ledger);
    arena_destroy(w->arena);
}

/* The first line that differs, of both. */
static void expect_same_bytes(struct str name, struct str whole, struct str delta, unsigned step)
{
    while (!str_eq(whole, delta)) {
        struct str x = str_cut(&whole, '\n'), y = str_cut(&delta, '\n');
        ck_assert_msg(str_eq(x, y), "step %u: %.*s\nwhole %.*s\ndelta %.*s", step, STR_ARG(name),
                      STR_ARG(str_head(x, 500)), STR_ARG(str_head(y, 500)));
    }
}

static void expect_same_findings(const struct diag *whole, const struct diag *delta, unsigned step)
{
    struct buf a = { 0 }, b = { 0 };
    diag_print_json(&a, whole);
    diag_print_json(&b, delta);
    expect_same_bytes(STR("findings"), buf_str(&a), buf_str(&b), step);
    buf_fini(&a);
    buf_fini(&b);
}

static void expect_same_artifacts(const struct plan *whole, const struct plan *delta, unsigned step)
{
    struct arena *arena = arena_create();
    const struct emit_paths here = { STR("."), STR(".") };
    struct artifacts a = emit_all(arena, whole, &here), b = emit_all(arena, delta, &here);
    ck_assert_uint_eq(a.n, b.n);
    for (size_t i = 0; i < a.n; i++)
        expect_same_bytes(a.p[i].name, a.p[i].bytes, b.p[i].bytes, step);
    ck_assert(whole->shape.grows == delta->shape.grows);
    arena_destroy(arena);
}

static void expect_same_steps(const struct plan *before, const struct plan *whole, const struct delta *delta,
                              unsigned step)
{
    struct arena *arena = arena_create();
    struct runtime_state from = runtime_state_of(before), to = runtime_state_of(whole);
    struct steps a = diff_runtime(arena, &from, &to), b = diff_runtime(arena, &delta->from, &delta->to);
    ck_assert_msg(a.n == b.n && a.routes_changed == b.routes_changed, "step %u: %zu steps, %zu of the delta",
                  step, a.n, b.n);
    for (size_t i = 0; i < a.n; i++)
        ck_assert_msg(a.p[i].kind == b.p[i].kind && str_eq(a.p[i].reason, b.p[i].reason) &&
                          str_eq(a.p[i].backend, b.p[i].backend) && a.p[i].n_entries == b.p[i].n_entries,
                      "step %u: %.*s, %.*s of the delta", step, STR_ARG(a.p[i].reason),
                      STR_ARG(b.p[i].reason));
    arena_destroy(arena);
}

/* A chain of deltas, each compared with the whole compile from the same plan before. */
struct history {
    const struct settings *settings;
    bool grows; /* the HAProxy that runs can add backends */
    struct whole base;
    VEC(struct delta) deltas;
    const struct plan *roomy;   /* made of the last one; NULL: it was not */
    VEC(struct arena *) arenas; /* of such plans */
};

static const struct plan *last_plan(const struct history *history)
{
    return history->roomy      ? history->roomy
           : history->deltas.n ? &history->deltas.p[history->deltas.n - 1].plan
                               : history->base.plan;
}

static const struct diag *last_diag(const struct history *history)
{
    return history->deltas.n ? history->deltas.p[history->deltas.n - 1].diag : history->base.diag;
}

static void drop_deltas(struct history *history)
{
    for (size_t i = 0; i < history->deltas.n; i++) {
        for (size_t j = 0; j < DELTA_BLOCKS; j++)
            free(history->deltas.p[i].blocks[j]);
        arena_destroy(history->deltas.p[i].arena);
        arena_destroy(history->deltas.p[i].kept);
    }
    vec_fini(&history->deltas);
    for (size_t i = 0; i < history->arenas.n; i++)
        arena_destroy(history->arenas.p[i]);
    vec_fini(&history->arenas);
    history->roomy = NULL;
}

/* Whether the change was local. */
static bool follow(struct history *history, struct changes *changes, unsigned step, const char **why)
{
    int64_t revision = 1000 + step;
    struct shape previous = last_plan(history)->shape;
    previous.grows = history->grows;
    struct whole whole = compile(history->settings, changes->store, revision, &previous);
    struct delta_input input = { .ledger = history->base.ledger,
                                 .store = changes->store,
                                 .changes = changes->list.p,
                                 .n_changes = changes->list.n,
                                 .revision = revision,
                                 .before = last_plan(history),
                                 .diag = last_diag(history),
                                 .grows = history->grows };
    struct delta delta;
    for (size_t i = 0; i < changes->list.n && getenv("WHY"); i++)
        fprintf(stderr, "step %u: %.*s: %.*s -> %.*s\n", step, STR_ARG(changes->list.p[i].key),
                STR_ARG(changes->list.p[i].before), STR_ARG(changes->list.p[i].after));
    *why = delta_compile(&input, &delta);
    changes->list.n = 0;
    if (*why) {
        drop_deltas(history);
        end_whole(&history->base);
        history->base = whole;
        return false;
    }
    size_t n_routers, n_services, n_routers_out;
    delta_count(history->base.ledger, &n_routers, &n_services, &n_routers_out);
    ck_assert_msg(n_routers == whole.n_routers && n_services == whole.n_services &&
                      n_routers_out == whole.n_routers_out,
                  "step %u: %zu routers, %zu services, %zu routers in error; delta: %zu, %zu, %zu", step,
                  whole.n_routers, whole.n_services, whole.n_routers_out, n_routers, n_services,
                  n_routers_out);
    ck_assert_msg(whole.plan->shape_reason.n == 0, "step %u: %.*s", step, STR_ARG(whole.plan->shape_reason));
    expect_same_findings(whole.diag, delta.diag, step);
    expect_same_artifacts(whole.plan, &delta.plan, step);
    expect_same_steps(last_plan(history), whole.plan, &delta, step);
    vec_push(&history->deltas, delta);
    history->roomy = NULL;
    end_whole(&whole);
    return true;
}

/* A skeleton written anew: what a compile for it comes to, with every service under its own name. The ledger
 * stays. */
static void make_room(struct history *history, const struct changes *changes, unsigned step)
{
    struct arena *arena = arena_create();
    const struct plan *grown = plan_with_room(arena, last_plan(history));
    ck_assert(grown != NULL);
    struct whole whole = compile(history->settings, changes->store, grown->revision, &grown->shape);
    struct room room = room_of(&grown->shape, history->settings);
    ck_assert_uint_eq(whole.plan->shape_reason.n, 0);
    ck_assert(room.free == room.anew && room.free == room.spare);
    expect_same_artifacts(whole.plan, grown, step);
    for (size_t i = 0; i < grown->n_backends; i++)
        ck_assert(str_eq(grown->backends[i].service, grown->shape.backends[i].service));
    end_whole(&whole);
    ledger_set_holders(history->base.ledger, &grown->shape);
    vec_push(&history->arenas, arena);
    history->roomy = grown;
}

/* With TLS one entry point has it by itself. */
static const struct settings *read_settings(struct arena *arena, bool tls)
{
    static const char *const flags[] = { "--entrypoints.web.address=:80", "--entrypoints.other.address=:81",
                                         "--providers.etcd", "--entrypoints.other.http.tls" };
    struct settings_sources sources = { .flags = flags, .n_flags = 3 + tls };
    return settings_read(arena, &sources, diag_create(arena, 0));
}

enum { STEPS = 1000, FIRST = 150, SEEDS = 4, ROOM_EVERY = 7 };

/* A certificate for h1.test would do as well; what counts is that parts of the tree are compiled without it.
 */
static void put_certificate(struct kv_store *store)
{
    static const char *const ends[] = { "crt", "key" };
    for (size_t i = 0; i < 2; i++) {
        struct buf bytes = { 0 };
        char path[200], key[100];
        snprintf(path, sizeof path, TESTDATA "/tls/wild.%s", ends[i]);
        snprintf(key, sizeof key, "traefik/tls/certificates/0/%sFile", i ? "key" : "cert");
        ck_assert(file_read(path, 1 << 20, &bytes));
        kv_store_put(store, str_c(key), buf_str(&bytes));
        buf_fini(&bytes);
    }
    kv_store_put(store, STR("traefik/tls/options/default/minVersion"), STR("VersionTLS13"));
}

static void change_at_random(unsigned seed, bool grows, bool tls)
{
    struct arena *arena = arena_create();
    struct changes changes = { .seed = (uint64_t)seed * 77 +
                                       (getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : 1),
                               .store = kv_store_create(STR("traefik"), STR("etcd")),
                               .arena = arena,
                               .tls = tls };
    struct history history = { .settings = read_settings(arena, tls), .grows = grows };
    unsigned local = 0;
    const char *why;
    if (tls)
        put_certificate(changes.store);
    for (unsigned i = 0; i < FIRST; i++)
        change_tree(&changes);
    changes.list.n = 0;
    history.base = compile(history.settings, changes.store, 1000, NULL);
    for (unsigned step = 1; step <= STEPS; step++) {
        change_tree(&changes);
        bool was_local = changes.list.n == 0 || follow(&history, &changes, step, &why);
        local += was_local;
        if (!grows && step % ROOM_EVERY == 0)
            make_room(&history, &changes, step);
        if (!was_local && getenv("WHY"))
            fprintf(stderr, "step %u: %s\n", step, why);
    }
    ck_assert_msg(local > STEPS / 2, "%u of %u changes were local", local, STEPS);
    if (getenv("WHY"))
        fprintf(stderr, "%u of %u changes were local\n", local, STEPS);
    drop_deltas(&history);
    end_whole(&history.base);
    vec_fini(&changes.list);
    kv_store_destroy(changes.store);
    arena_destroy(arena);
}

START_TEST(random_changes_come_to_the_same)
{
    change_at_random((unsigned)_i, true, false);
}
END_TEST

START_TEST(they_do_between_skeletons_that_are_written_anew)
{
    change_at_random((unsigned)_i, false, false);
}
END_TEST

START_TEST(they_do_where_routers_have_tls)
{
    change_at_random((unsigned)_i, _i % 2, true);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { random_changes_come_to_the_same, SEEDS },
                                     { they_do_between_skeletons_that_are_written_anew, SEEDS / 2 },
                                     { they_do_where_routers_have_tls, SEEDS },
                                     { 0 } };
    return run_suite("delta", rows);
}
