#include "haproxy/apply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/quote.h"
#include "emit/emit.h"
#include "haproxy/applier.h"
#include "sys/crash.h"

/* HAProxy answers at once, or within tens of milliseconds (a commit of 100,000 entries); a wait this long
 * means that it hangs. */
#define TIMEOUT_MS 5000

/* s as a word of a command. "<<" at the end of a line would begin a payload (2.6: behind any word), so '<' is
 * escaped. */
static struct str quote_into(struct arena *arena, struct str s)
{
    struct buf word = { 0 }, safe = { 0 };
    quote_command(&word, s);
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == '<')
            buf_putc(&safe, '\\');
        buf_putc(&safe, word.p[i]);
        if (word.p[i] == '\\' && i + 1 < word.n)
            buf_putc(&safe, word.p[++i]);
    }
    struct str copy = arena_copy(arena, buf_str(&safe));
    buf_fini(&word);
    buf_fini(&safe);
    return copy;
}

static struct applier_map map_named(struct arena *arena, const char *folder, const char *artifact)
{
    struct str name = arena_printf(arena, "%s/%s", folder, artifact);
    return (struct applier_map){ name, quote_into(arena, name) };
}

struct applier *applier_create(const char *socket_path, const char *folder, struct log *log)
{
    struct arena *arena = arena_create();
    struct applier *applier = ARENA_NEW(arena, struct applier);
    struct applier_map routes = map_named(arena, folder, ARTIFACT_ROUTES);
    *applier = (struct applier){
        .runtime = { .path = arena_copy(arena, str_c(socket_path)).p, .timeout_ms = TIMEOUT_MS },
        .routes_map = routes.name,
        .map_word = routes.word,
        .revision_word = map_named(arena, folder, ARTIFACT_REVISION).word,
        .tls_folder = arena_printf(arena, "%s/" ARTIFACT_TLS, folder),
        .log = log,
        .arena = arena,
    };
    for (size_t i = 0; i < PLAN_MAPS; i++)
        applier->maps[i] = map_named(arena, folder, emit_map_name((enum plan_map_id)i));
    return applier;
}

void applier_destroy(struct applier *applier)
{
    if (!applier)
        return;
    waiting_clear(&applier->waiting);
    retired_clear(&applier->retired);
    arena_destroy(applier->arena);
}

void applier_counts(const struct applier *applier, struct applier_counts *out)
{
    *out = applier->counts;
}

void applier_forget(struct applier *applier)
{
    waiting_clear(&applier->waiting);
    retired_clear(&applier->retired);
    applier->version = (struct haproxy_version){ 0 };
}

bool push_version_is(struct push *push, int major, int minor)
{
    struct haproxy_version *version = &push->applier->version;
    struct runtime_info info;
    if (version->major == 0 && runtime_ask_info(&push->applier->runtime, &info) == RUNTIME_OK)
        *version = info.version;
    return version->major > major || (version->major == major && version->minor >= minor);
}

/* From 3.3 on HAProxy sends the client's Host as SNI unless it is told not to; the configuration says so in
 * its defaults, which servers that are added later do not take over. */
static bool needs_no_sni(struct push *push, struct str options)
{
    return str_search(options, STR(" ssl ")) != SIZE_MAX && str_search(options, STR(" sni ")) == SIZE_MAX &&
           push_version_is(push, 3, 3);
}

/* quote_command is right for paths: they hold no '<' that matters in the middle of a line. */
struct str push_options(struct push *push, const struct plan_server *server)
{
    struct buf words = { 0 };
    emit_options(&words, server->options, push->applier->tls_folder, quote_command);
    if (needs_no_sni(push, server->options))
        buf_puts(&words, " no-sni-auto");
    struct str out = arena_copy(push->arena, buf_str(&words));
    buf_fini(&words);
    return out;
}

struct str push_word(struct push *push, struct str s)
{
    return quote_into(push->arena, s);
}

enum apply_status push_differs(struct push *push, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(push->error, 256, format, args);
    va_end(args);
    return APPLY_DIFFERS;
}

enum apply_status push_failed(struct push *push, enum runtime_status status, const char *doing)
{
    struct runtime_info info;
    if (status == RUNTIME_UNREACHABLE && runtime_ask_info(&push->applier->runtime, &info) != RUNTIME_OK) {
        snprintf(push->error, 256, "HAProxy does not answer on %s", push->applier->runtime.path);
        return APPLY_UNREACHABLE;
    }
    return push_differs(push, "%s: HAProxy %s", doing,
                        status == RUNTIME_UNREACHABLE ? "closed the connection"
                                                      : runtime_status_name(status));
}

enum apply_status push_batch(struct push *push, const char *doing)
{
    size_t n = batch_count(push->batch);
    enum runtime_status status = batch_run(push->batch);
    push->applier->counts.commands += n;
    if (status == RUNTIME_REFUSED)
        return push_differs(push, "%s: a command or its answer is too long for the runtime socket", doing);
    return status == RUNTIME_OK ? APPLY_OK : push_failed(push, status, doing);
}

/* Steps of one phase share a round trip; a phase begins when the one before it is verified. */
enum phase {
    PHASE_BACKENDS,
    PHASE_SERVERS,
    PHASE_LOAD,
    PHASE_FILL,
    PHASE_LINES,
    PHASE_DROP,
    PHASE_CERTIFICATE,
    PHASE_ROUTES,
    PHASE_SWITCH,
    PHASE_REPLACE,
    PHASE_TRIM,
    PHASE_RETIRE,
    PHASE_REMOVE
};

static enum phase phase_of(enum step_kind kind)
{
    static const enum phase phases[] = {
        [STEP_ADD_BACKEND] = PHASE_BACKENDS,   [STEP_ADD_SERVER] = PHASE_SERVERS,
        [STEP_SET_SERVER] = PHASE_SERVERS,     [STEP_LOAD_POLICY] = PHASE_LOAD,
        [STEP_FILL_MAP] = PHASE_FILL,          [STEP_RETIRE] = PHASE_RETIRE,
        [STEP_SET_ROUTE] = PHASE_ROUTES,       [STEP_ADD_ROUTE] = PHASE_ROUTES,
        [STEP_DELETE_ROUTE] = PHASE_ROUTES,    [STEP_SWITCH_ROUTES] = PHASE_SWITCH,
        [STEP_REPLACE_ROUTES] = PHASE_REPLACE, [STEP_TRIM_POLICY] = PHASE_TRIM,
        [STEP_REMOVE_SERVER] = PHASE_REMOVE,   [STEP_ADD_LINE] = PHASE_LINES,
        [STEP_DROP_LINE] = PHASE_DROP,         [STEP_SET_CERTIFICATE] = PHASE_CERTIFICATE,
    };
    return phases[kind];
}

static enum apply_status run_hook(struct push *push, bool (*hook)(void *), void *context, const char *doing)
{
    return !hook || hook(context) ? APPLY_OK : push_differs(push, "the agent refused to %s", doing);
}

static enum apply_status fill_maps(struct push *push, const struct step *steps, size_t n)
{
    enum apply_status status = APPLY_OK;
    for (size_t i = 0; i < n && status == APPLY_OK; i++) {
        batch_reset(push->batch);
        status = maps_fill(push, &steps[i]);
    }
    return status;
}

static enum apply_status run_phase(struct push *push, const struct step *steps, size_t n,
                                   const struct runtime_state *before, const struct runtime_state *to,
                                   const struct apply_hooks *hooks)
{
    static const struct apply_hooks none = { 0 };
    static const enum crash_point crash_of[] = {
        [PHASE_BACKENDS] = CRASH_BACKENDS,
        [PHASE_SERVERS] = CRASH_SERVERS,
        [PHASE_LOAD] = CRASH_LOAD,
        [PHASE_FILL] = CRASH_FILL,
        [PHASE_LINES] = CRASH_LINES,
        [PHASE_DROP] = CRASH_DROP,
        [PHASE_CERTIFICATE] = CRASH_CERTIFICATE,
        [PHASE_ROUTES] = CRASH_ROUTE,
        [PHASE_SWITCH] = CRASH_SWITCH,
        [PHASE_REPLACE] = CRASH_REPLACE,
        [PHASE_TRIM] = CRASH_TRIM,
        [PHASE_RETIRE] = CRASH_RETIRE,
        [PHASE_REMOVE] = CRASH_REMOVE,
    };
    const struct apply_hooks *hook = hooks ? hooks : &none;
    batch_reset(push->batch);
    crash_at(crash_of[phase_of(steps->kind)]);
    switch (phase_of(steps->kind)) {
    case PHASE_BACKENDS:
        return backends_add(push, steps, n);
    case PHASE_SERVERS:
        return servers_set(push, steps, n);
    case PHASE_LOAD:
        return run_hook(push, hook->load_policy, hook->context, "load its programs");
    case PHASE_FILL:
        return fill_maps(push, steps, n);
    case PHASE_RETIRE:
        for (size_t i = 0; i < n; i++)
            maps_retire(push, &steps[i]);
        return APPLY_OK;
    case PHASE_LINES:
        return lines_add(push, steps, n);
    case PHASE_DROP:
        return lines_drop(push, steps, n);
    case PHASE_CERTIFICATE:
        return lines_set_default(push, steps);
    case PHASE_ROUTES:
        return routes_change(push, steps, n);
    case PHASE_SWITCH:
        return routes_switch(push, steps, before, to);
    case PHASE_REPLACE:
        return routes_replace(push, to);
    case PHASE_TRIM:
        return run_hook(push, hook->trim_policy, hook->context, "forget its old programs");
    case PHASE_REMOVE:
        return servers_remove(push, steps, n);
    }
    abort();
}

enum apply_status applier_run(struct applier *applier, const struct steps *steps,
                              const struct runtime_state *before, const struct runtime_state *to,
                              const struct apply_hooks *hooks, char error[static 256])
{
    struct arena *arena = arena_create();
    struct push push = {
        .applier = applier, .arena = arena, .batch = batch_create(&applier->runtime), .error = error
    };
    enum apply_status status = APPLY_OK;
    push.turn = (struct turn){ .steps = steps, .before = before, .to = to };
    error[0] = '\0';
    if (applier->waiting.n)
        status = servers_evict(&push, to);
    for (size_t i = 0, end; i < steps->n && status == APPLY_OK; i = end) {
        end = i + 1;
        while (end < steps->n && phase_of(steps->p[end].kind) == phase_of(steps->p[i].kind))
            end++;
        if (phase_of(steps->p[i].kind) > PHASE_REPLACE && !push.turn.done)
            status = turn_alone(&push);
        if (status == APPLY_OK)
            status = run_phase(&push, steps->p + i, end - i, before, to, hooks);
    }
    if (status == APPLY_OK && !push.turn.done)
        status = turn_alone(&push);
    if (status == APPLY_OK)
        status = routes_settle(&push);
    crash_at(CRASH_STEPS);
    applier->counts.differences += status == APPLY_DIFFERS;
    batch_destroy(push.batch);
    arena_destroy(arena);
    return status;
}

static void delete_waiting(struct push *push)
{
    struct waiting *waiting = &push->applier->waiting;
    batch_reset(push->batch);
    for (size_t i = 0; i < waiting->n; i++)
        if (!waiting->p[i].lingers_until_ns)
            batch_addf(push->batch, "del server %.*s/%.*s", STR_ARG(push_word(push, waiting->p[i].backend)),
                       STR_ARG(push_word(push, waiting->p[i].name)));
    size_t at = batch_count(push->batch);
    if (at == 0 || push_batch(push, "deleting servers") != APPLY_OK)
        return;
    for (size_t i = waiting->n; i-- > 0;) { /* backwards: waiting_drop moves the last one, done already */
        if (waiting->p[i].lingers_until_ns)
            continue;
        struct reply reply = reply_classify(batch_answer(push->batch, --at));
        if (reply.kind == REPLY_BUSY)
            continue;
        if (reply.kind == REPLY_ERROR)
            log_line(push->applier->log, LOG_LINE_WARN, "haproxy",
                     "server %.*s/%.*s stays, unused, until the next reload: %.*s",
                     STR_ARG(waiting->p[i].backend), STR_ARG(waiting->p[i].name), STR_ARG(reply.text));
        waiting_drop(waiting, i);
    }
}

size_t applier_sweep(struct applier *applier)
{
    struct waiting *waiting = &applier->waiting;
    if (waiting->n == 0 && applier->retired.n == 0)
        return 0;
    char error[256];
    struct arena *arena = arena_create();
    struct push push = {
        .applier = applier, .arena = arena, .batch = batch_create(&applier->runtime), .error = error
    };
    servers_let_go(&push);
    delete_waiting(&push);
    maps_sweep(&push);
    batch_destroy(push.batch);
    arena_destroy(arena);
    return waiting->n;
}
