/* What operators ask and order through the control socket. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/daemon.h"
#include "control/history.h"
#include "control/report.h"
#include "etcd/fetch.h"
#include "sys/crash.h"

static void say(struct buf *out, const char *member, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct buf *out, const char *member, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_printf(out, "{\"%s\":", member);
    buf_put_json(out, str_c(text));
    buf_puts(out, "}\n");
}

static void report(struct gateway *g, struct buf *out)
{
    struct etcd_status etcd;
    struct agent_stats agent;
    if (g->watch)
        etcd_watch_status(g->watch, &etcd);
    agent_stats(g->agent, &agent);
    struct relay_stats relay;
    relay_stats(g->relay, &relay);
    const struct generation *served = pusher_served(g->pusher);
    struct report report = { .settings = g->settings,
                             .folder = state_folder_path(g->folder),
                             .started = g->started,
                             .revision_seen = sources_revision(g->sources),
                             .pusher = g->pusher,
                             .haproxy = g->haproxy,
                             .prober = g->prober,
                             .etcd = g->watch ? &etcd : NULL,
                             .agent = &agent,
                             .relay = &relay,
                             .agent_failures =
                                 served && served->plan->shape.agent ? haproxy_agent_failures(g->haproxy) : 0,
                             .file_error = g->file_error,
                             .helm = helm_status(g->helm),
                             .names = names_counts(g->names),
                             .since = g->since };
    report_print(out, &report);
}

static void serve_now(struct gateway *g)
{
    g->dirty = g->whole = true;
    serve_if_dirty(g);
    scribe_flush(g->scribe);
}

/* What became of the order to serve a revision: a reload or a name may have to be waited for, and HAProxy may
 * be away. */
static const char *state_of(struct gateway *g, int64_t revision)
{
    const struct generation *served = pusher_served(g->pusher);
    return served && served->revision == revision ? "is served"
                                                  : "is ordered, and served as soon as HAProxy takes it";
}

static void confirm(struct gateway *g, struct buf *out)
{
    struct helm_status before = helm_status(g->helm);
    int64_t revision = before.held_revision;
    if (!helm_confirm(g->helm)) {
        say(out, "error", "nothing is held");
        return;
    }
    log_line(g->log, LOG_LINE_WARN, "guard", "confirmed: %zu of %zu routers go", before.verdict.removed,
             before.verdict.routers);
    serve_now(g);
    say(out, "ok", "revision %" PRId64 " %s; %zu of %zu routers go", revision, state_of(g, revision),
        before.verdict.removed, before.verdict.routers);
}

/* Takes the arena over. The tree is saved before the order is: so a daemon that dies in between knows nothing
 * of it, and one that dies behind has the tree. */
static void pin(struct gateway *g, struct arena *arena, const struct kv_snapshot *tree, struct buf *out)
{
    char error[512];
    if (!state_folder_save_tree(g->folder, tree, error))
        log_line(g->log, LOG_LINE_ERROR, "state", "%s", error);
    crash_at(CRASH_PIN);
    helm_pin(g->helm, arena, tree);
    crash_at(CRASH_PINNED);
    log_line(g->log, LOG_LINE_WARN, "helm", "revision %" PRId64 " is pinned", tree->revision);
    serve_now(g);
    say(out, "ok", "revision %" PRId64 " %s, until `maitred unpin`", tree->revision,
        state_of(g, tree->revision));
}

struct fetch_job {
    uv_work_t work;
    struct gateway *g;
    struct visitor *visitor;
    int64_t revision;
    struct etcd_batch *batch;
    char error[256];
};

/* On a thread of its own. */
static void fetch(uv_work_t *work)
{
    struct fetch_job *job = work->data;
    job->batch = etcd_fetch(&job->g->etcd, job->revision, job->error);
}

static void on_fetched(uv_work_t *work, int status)
{
    (void)status;
    struct fetch_job *job = work->data;
    struct gateway *g = job->g;
    struct buf out = { 0 };
    if (job->batch && !g->ending) {
        struct etcd_batch *batch = job->batch;
        struct kv_snapshot tree = { .pairs = batch->pairs,
                                    .n = batch->n_pairs,
                                    .revision = batch->revision,
                                    .root = g->settings->etcd.root_key };
        pin(g, batch->arena, &tree, &out);
    } else {
        etcd_batch_destroy(job->batch);
        say(&out, "error", "%s", job->error);
    }
    if (!g->ending)
        control_socket_reply(job->visitor, buf_str(&out));
    buf_fini(&out);
    free(job);
}

static enum control_answer pin_revision(struct gateway *g, int64_t revision, struct visitor *visitor,
                                        struct buf *out)
{
    struct arena *arena = arena_create();
    struct kv_snapshot tree;
    if (!g->watch || !g->serving) {
        say(out, "error",
            g->watch ? "nothing is served yet" : "etcd is no provider here: there are no revisions");
    } else if (revision > sources_revision(g->sources) && !helm_status(g->helm).held) {
        say(out, "error", "there is no revision %" PRId64 " yet, the newest is %" PRId64, revision,
            sources_revision(g->sources));
    } else if (history_load(state_folder_path(g->folder), arena, g->settings->etcd.root_key, revision,
                            &tree)) {
        pin(g, arena, &tree, out);
        return CONTROL_NOW;
    } else {
        struct fetch_job *job = xmalloc(sizeof *job);
        *job = (struct fetch_job){ .g = g, .visitor = visitor, .revision = revision };
        job->work.data = job;
        uv_queue_work(&g->loop, &job->work, fetch, on_fetched);
        arena_destroy(arena);
        return CONTROL_LATER;
    }
    arena_destroy(arena);
    return CONTROL_NOW;
}

static void unpin(struct gateway *g, struct buf *out)
{
    if (!helm_unpin(g->helm)) {
        say(out, "error", "nothing is pinned");
        return;
    }
    serve_now(g);
    struct helm_status status = helm_status(g->helm);
    if (status.held)
        say(out, "ok",
            "unpinned; but revision %" PRId64
            " takes %zu of %zu routers away and is held: `maitred confirm` serves it",
            status.held_revision, status.verdict.removed, status.verdict.routers);
    else
        say(out, "ok", "unpinned: revision %" PRId64 " %s", sources_revision(g->sources),
            state_of(g, sources_revision(g->sources)));
}

/* What was served before the present tree, as far as it is kept; 0: nothing. */
static int64_t previous_revision(struct gateway *g)
{
    int64_t kept[64];
    const struct generation *served = pusher_served(g->pusher);
    size_t n = history_list(state_folder_path(g->folder), kept, 64);
    for (size_t i = 0; i < n && i < 64; i++)
        if (served && kept[i] < served->plan->revision)
            return kept[i];
    return 0;
}

static void verify(struct gateway *g, struct buf *out)
{
    char error[256] = "";
    size_t mended = 0;
    if (!g->serving)
        say(out, "error", "nothing is served yet");
    else if (!pusher_verify(g->pusher, true, &mended, error))
        say(out, "error", "%s", error);
    else if (mended)
        say(out, "ok", "%zu differences were mended: the live state is the tree again", mended);
    else
        say(out, "ok", "the live state is the tree");
}

enum control_answer orders_answer(void *context, struct str command, struct visitor *visitor, struct buf *out)
{
    struct gateway *g = context;
    struct str rest = command;
    struct str verb = str_cut(&rest, ' ');
    int64_t revision = 0;
    bool numbered = rest.n > 0 && str_to_int64(str_trim(rest), &revision) && revision > 0;
    if (str_eq(command, STR("status")))
        report(g, out);
    else if (str_eq(command, STR("confirm")))
        confirm(g, out);
    else if (str_eq(command, STR("unpin")))
        unpin(g, out);
    else if (str_eq(command, STR("verify")))
        verify(g, out);
    else if (numbered && (str_eq(verb, STR("pin")) || str_eq(verb, STR("rollback"))))
        return pin_revision(g, revision, visitor, out);
    else if (str_eq(command, STR("rollback")) && previous_revision(g))
        return pin_revision(g, previous_revision(g), visitor, out);
    else if (str_eq(command, STR("rollback")))
        say(out, "error", "no tree is kept from before this one: name a revision");
    else if (str_eq(verb, STR("pin")) || str_eq(verb, STR("rollback")))
        say(out, "error", "a revision is a number greater than 0");
    else
        return CONTROL_UNKNOWN;
    return CONTROL_NOW;
}
