/* From the trees to what HAProxy serves. */
#include <inttypes.h>

#include "control/daemon.h"
#include "control/default_certificate.h"
#include "sys/clock.h"

enum {
    NAMES_MS = 300,        /* how long a change waits for the names that it brings */
    FIRST_NAMES_MS = 1000, /* how long the start does */
    GROWING_MS = 10,       /* between two looks at what goes on beside the loop */
};

static void forget_ledger(struct gateway *g)
{
    ledger_destroy(g->ledger);
    generation_release(g->ledger_of);
    g->ledger = NULL;
    g->ledger_of = NULL;
}

static void log_compile(struct gateway *g, const struct generation *generation, const char *how,
                        int64_t start)
{
    log_line(g->log, LOG_LINE_DEBUG, "compile",
             "revision %lld, %s: %zu routers, %zu in error, %zu records, %.1f ms",
             (long long)generation->plan->revision, how, generation->n_routers, generation->n_routers_out,
             generation->plan->n_routes, (double)(clock_monotonic_ns() - start) / 1e6);
}

/* What changed in etcd's tree since the last compile, on top of it. NULL: everything is to be compiled. */
static struct generation *compile_changes(struct gateway *g, bool grows)
{
    enum { MOST_GROWTH = 64 << 20 }; /* of memory for what is not there any more */
    const struct kv_change *changes;
    size_t n;
    const char *why;
    int64_t start = clock_monotonic_ns();
    if (g->whole || !g->ledger || pusher_served(g->pusher) != g->ledger_of ||
        g->ledger_of->growth > MOST_GROWTH || !sources_log(g->sources, &changes, &n) || !helm_follow(g->helm))
        return NULL;
    struct generation *next = generation_follow(g->ledger_of, g->ledger, sources_store(g->sources), changes,
                                                n, sources_revision(g->sources), grows, &why);
    if (!next) {
        log_line(g->log, LOG_LINE_DEBUG, "compile", "as a whole: %s", why);
        return NULL;
    }
    sources_taken(g->sources);
    generation_release(g->ledger_of);
    g->ledger_of = generation_hold(next);
    log_compile(g, next, "changes", start);
    return next;
}

/* A tree that has the first use for the default certificate: it takes a moment to make one. Without it those
 * connections fail. */
static bool lacks_certificate(struct gateway *g, const struct plan *plan)
{
    char error[512];
    if (!plan->default_identity.p || plan->default_identity.n > 0 || g->default_certificate.n > 0)
        return false;
    if (!default_certificate_load(state_folder_path(g->folder), &g->default_certificate, error)) {
        log_line(g->log, LOG_LINE_ERROR, "tls", "%s", error);
        return false;
    }
    g->own.default_certificate = buf_str(&g->default_certificate);
    return true;
}

static struct generation *compile_whole(struct gateway *g, const struct shape *previous)
{
    struct kv_snapshot snapshots[2];
    size_t n = helm_choose(g->helm, pusher_served(g->pusher), snapshots);
    struct address_book book = names_book(g->names);
    int64_t start = clock_monotonic_ns();
    pem_cache_turn(g->own.pems);
    forget_ledger(g);
    if (n == 1 && g->settings->etcd.on && helm_chose_newest(g->helm))
        g->ledger = ledger_create();
    struct generation *generation = generation_compile(g->settings, snapshots, n, previous, &book, g->ledger);
    if (lacks_certificate(g, generation->plan)) {
        generation_release(generation);
        if (g->ledger) {
            ledger_destroy(g->ledger);
            g->ledger = ledger_create();
        }
        generation = generation_compile(g->settings, snapshots, n, previous, &book, g->ledger);
    }
    if (g->ledger) {
        g->ledger_of = generation_hold(generation);
        sources_taken(g->sources);
    }
    names_turn(g->names);
    log_compile(g, generation, "the whole tree", start);
    g->whole = false;
    return generation;
}

static void log_findings(struct gateway *g, const struct diag *diag)
{
    const struct generation *served = pusher_served(g->pusher);
    if (served && served->diag == diag)
        return;
    double now = clock_wall();
    for (size_t i = 0; i < diag_total(diag); i++) {
        const struct finding *f = diag_get(diag, i);
        if (since_of(g->since, f) == 0) /* said once, not with every change of something else */
            log_line(g->log,
                     f->severity == SEVERITY_ERROR     ? LOG_LINE_ERROR
                     : f->severity == SEVERITY_WARNING ? LOG_LINE_WARN
                                                       : LOG_LINE_INFO,
                     "tree", "[%s] %.*s: %.*s", finding_name(f->code), STR_ARG(f->key), STR_ARG(f->message));
    }
    since_update(g->since, diag, now);
}

/* An HAProxy that runs already has the shape that is in the folder. */
static const struct shape *shape_of_running(struct gateway *g, struct arena *arena)
{
    struct shape *shape = ARENA_NEW(arena, struct shape);
    bool known = haproxy_is_running(g->haproxy) && state_folder_load_shape(g->folder, arena, shape);
    shape->grows = haproxy_adds_backends(g->haproxy);
    return known ? shape : NULL;
}

static void on_names_late(uv_timer_t *timer)
{
    struct gateway *g = timer->data;
    names_give_up(g->names);
    if (g->serving)
        serve_if_dirty(g);
    else if (g->dirty)
        serve_start(g);
}

/* Make before break: a server whose name is about to be known is not served without an address. true: not
 * now; the generation is gone. */
static bool wait_for_names(struct gateway *g, struct generation *generation, unsigned ms)
{
    if (names_open(g->names) == 0)
        return false;
    generation_release(generation);
    g->dirty = g->whole = true;
    if (!uv_is_active((uv_handle_t *)&g->names_wait))
        uv_timer_start(&g->names_wait, on_names_late, ms, 0);
    return true;
}

/* Behind the push: the change that comes next is compiled as one. */
static void complete_ledger(struct gateway *g)
{
    if (g->ledger && !g->ledger_of->change)
        generation_complete_ledger(g->ledger_of, g->ledger);
}

void serve_start(struct gateway *g)
{
    g->dirty = false;
    struct arena *arena = arena_create();
    struct generation *first = compile_whole(g, shape_of_running(g, arena));
    arena_destroy(arena);
    if (wait_for_names(g, first, FIRST_NAMES_MS))
        return;
    log_findings(g, first->diag);
    g->serving = true;
    uv_timer_stop(&g->first_tree);
    uv_timer_stop(&g->names_wait);
    if (!pusher_start(g->pusher, first, g->error)) {
        g->serving =
            false; /* an HAProxy that was found, and cannot be brought to this tree, goes on with its own */
        gateway_end(g, 1);
        return;
    }
    helm_served(g->helm);
    complete_ledger(g);
    log_line(g->log, LOG_LINE_INFO, "gateway", "serving revision %lld from %s",
             (long long)pusher_served(g->pusher)->plan->revision, state_folder_path(g->folder));
}

void serve_if_dirty(struct gateway *g)
{
    if (!g->serving || !g->dirty || g->ending)
        return;
    if (uv_is_active((uv_handle_t *)&g->names_wait) && names_open(g->names) > 0)
        return; /* nothing is known yet that was not when the names were asked for */
    g->dirty = false;
    struct shape shape = *pusher_shape(g->pusher);
    shape.grows = haproxy_adds_backends(g->haproxy);
    struct generation *next = compile_changes(g, shape.grows);
    if (!next) {
        next = compile_whole(g, &shape);
        if (wait_for_names(g, next, NAMES_MS))
            return;
        if (next->plan->shape_reason.n && pusher_reload_wait_ms(g->pusher) > 0) {
            generation_release(next); /* the tick comes back to it; changes until then share one reload */
            g->dirty = g->whole = true;
            return;
        }
    }
    uv_timer_stop(&g->names_wait);
    log_findings(g, next->diag);
    bool whole = !next->change;
    if (pusher_push(g->pusher, next))
        helm_served(g->helm);
    if (whole)
        complete_ledger(g);
}

static void on_growing(uv_timer_t *timer)
{
    serve_grow(timer->data);
}

/* As long as something goes on it is looked at more often: the sooner it is over, the fewer changes come
 * before. */
static void look_again(struct gateway *g)
{
    if (!growth_is_active(g->growth))
        uv_timer_stop(&g->growing);
    else if (!uv_is_active((uv_handle_t *)&g->growing))
        uv_timer_start(&g->growing, on_growing, GROWING_MS, GROWING_MS);
}

/* The tree is the same, so its ledger goes on. */
void serve_grow(struct gateway *g)
{
    bool busy = g->dirty || uv_is_active((uv_handle_t *)&g->names_wait) || mailbox_waits(g->mailbox);
    const struct generation *before = pusher_served(g->pusher);
    if (!g->serving || g->ending)
        return;
    struct generation *grown = growth_tick(g->growth, busy);
    look_again(g);
    if (grown && g->ledger && g->ledger_of == before) {
        generation_release(g->ledger_of);
        g->ledger_of = generation_hold(grown);
        ledger_set_holders(g->ledger, &grown->plan->shape);
    } else if (grown) {
        forget_ledger(g);
    }
}
