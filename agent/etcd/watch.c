#include "etcd/watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "etcd/backoff.h"
#include "etcd/limits.h"
#include "etcd/list.h"
#include "etcd/probe.h"
#include "etcd/report.h"
#include "etcd/stream.h"
#include "sys/clock.h"

/* Of verify_ns: some time after the next watch stands. */
#define WHEN_WATCHING INT64_MAX

struct etcd_watch {
    struct arena *arena; /* of config */
    struct etcd_config config;
    pthread_t thread;
    atomic_bool stop;
    struct etcd_report report;
    /* Of the thread alone. */
    struct etcd_client client;
    struct etcd_position position;
    struct etcd_doubts doubts;
    struct etcd_backoff backoff;
    int64_t listed_ns; /* when the last list was whole */
    int64_t verify_ns; /* when to read everything anew, to be sure; 0: not at all; WHEN_WATCHING: see there */
    bool token_is_fresh; /* fetched because the watch was refused, and no watch stood since */
};

static void deliver(struct etcd_watch *w, struct etcd_batch *batch)
{
    etcd_report_revision(&w->report, w->position.revision);
    if (batch)
        w->report.callbacks.deliver(w->report.callbacks.context, batch);
}

static void on_first_page(void *context)
{
    struct etcd_watch *w = context;
    etcd_report_state(&w->report, ETCD_LISTING);
}

static struct etcd_fault list_all(struct etcd_watch *w)
{
    struct etcd_batch *batch;
    int64_t start = clock_monotonic_ns();
    struct etcd_fault fault = etcd_list(&w->client, &batch, &w->position, on_first_page, w);
    if (fault.kind)
        return fault;
    w->listed_ns = clock_monotonic_ns();
    w->verify_ns = 0;
    etcd_report_count(&w->report, 1, 0, 0);
    log_line(w->report.log, LOG_LINE_INFO, "etcd", "read %zu keys at revision %lld from %.*s in %lld ms",
             batch->n_pairs, (long long)w->position.revision, STR_ARG(etcd_client_endpoint(&w->client)),
             (long long)((w->listed_ns - start) / ETCD_MS));
    deliver(w, batch);
    return fault;
}

/* The watch stands: all is well. */
static void announce(struct etcd_watch *w)
{
    w->token_is_fresh = false;
    if (w->verify_ns == WHEN_WATCHING)
        w->verify_ns = clock_monotonic_ns() + ETCD_VERIFY_MS * ETCD_MS / 2 +
                       etcd_random_ns(ETCD_VERIFY_MS * ETCD_MS / 2);
    etcd_report_count(&w->report, 0, 1, 0);
    etcd_report_success(&w->report);
    etcd_report_state(&w->report, ETCD_WATCHING);
    log_line(w->report.log, LOG_LINE_DEBUG, "etcd", "watching %.*s at %.*s from revision %lld",
             STR_ARG(w->config.prefix), STR_ARG(etcd_client_endpoint(&w->client)),
             (long long)w->position.revision + 1);
}

/* One watch, from its request to its end. */
struct session {
    struct etcd_stream stream;
    struct etcd_probe probe;
    int64_t opened_ns;
    bool announced;
};

static struct etcd_fault check_probe(struct etcd_watch *w, struct session *s)
{
    struct etcd_fault fault = etcd_probe_turn(&s->probe, s->stream.heard_ns);
    if (s->probe.answered && s->probe.complaint.kind)
        etcd_report_fault(&w->report, &s->probe.complaint, etcd_client_endpoint(&w->client));
    else if (s->probe.answered)
        etcd_report_success(&w->report);
    s->probe.answered = false;
    return fault;
}

/* After each turn. What the stream has gathered is handed over first, whatever else is to be said. */
static struct etcd_fault step(struct etcd_watch *w, struct session *s)
{
    struct etcd_batch *batch = etcd_stream_take(&s->stream);
    if (batch)
        w->doubts.stuck_after_ns = w->doubts.stuck_pause_ns = 0;
    deliver(w, batch);
    const struct etcd_fault *fault = etcd_stream_check(&s->stream);
    if (atomic_load(&w->stop))
        return etcd_fault_make(ETCD_STOPPED, STR(""));
    if (fault->kind)
        return *fault;
    if (!s->stream.created)
        return clock_monotonic_ns() - s->opened_ns < ETCD_CREATED_MS * ETCD_MS
                   ? *fault
                   : etcd_fault_make(ETCD_FAULT_SILENT, STR("no word on the watch we asked for"));
    if (!s->announced)
        announce(w);
    s->announced = true;
    if (w->verify_ns && clock_monotonic_ns() >= w->verify_ns)
        return etcd_fault_make(ETCD_FAULT_UNSURE, STR("reading everything anew, to be sure after an outage"));
    return check_probe(w, s);
}

static int64_t time_to_wait(const struct etcd_watch *w, const struct session *s)
{
    int64_t now = clock_monotonic_ns(), due = now + ETCD_PROBE_MS * ETCD_MS;
    if (!s->stream.created)
        due = s->opened_ns + ETCD_CREATED_MS * ETCD_MS;
    else if (s->probe.phase == ETCD_PROBE_IDLE) /* libcurl itself keeps the time of calls on their way */
        due = s->probe.next_ns;
    if (s->stream.created && w->verify_ns && w->verify_ns < due)
        due = w->verify_ns;
    return due - now;
}

static struct etcd_fault watch_changes(struct etcd_watch *w)
{
    struct session s = { .opened_ns = clock_monotonic_ns() };
    struct etcd_fault fault = { 0 };
    etcd_stream_open(&s.stream, &w->client, &w->position);
    etcd_probe_open(&s.probe, &w->client, &w->position, &w->doubts);
    while (fault.kind == ETCD_OK) {
        etcd_http_turn(w->client.http, time_to_wait(w, &s));
        fault = step(w, &s);
    }
    if (s.announced && clock_monotonic_ns() - s.opened_ns > ETCD_HEALTHY_MS * ETCD_MS)
        w->backoff.attempts = 0;
    etcd_probe_close(&s.probe);
    etcd_stream_close(&s.stream, &w->client);
    return fault;
}

static void pause_for(struct etcd_watch *w, int64_t wait_ns, enum etcd_state state)
{
    int64_t now, end = clock_monotonic_ns() + wait_ns;
    etcd_report_state(&w->report, state);
    while ((now = clock_monotonic_ns()) < end && !atomic_load(&w->stop))
        etcd_http_turn(w->client.http, end - now);
}

/* A store that was wiped and filled again during an outage has the old cluster id, and any revision. So a
 * tree of one page is listed again, which costs no more than to ask; a larger one goes on where it was, and
 * is listed again a little later. */
static void mistrust(struct etcd_watch *w)
{
    if (w->position.pairs <= ETCD_PAGE_KEYS)
        w->position = (struct etcd_position){ 0 };
    else if (w->verify_ns == 0)
        w->verify_ns = WHEN_WATCHING;
}

static void reconnect(struct etcd_watch *w, const struct etcd_fault *fault)
{
    mistrust(w);
    etcd_report_fault(&w->report, fault, etcd_client_endpoint(&w->client));
    etcd_report_count(&w->report, 0, 0, 1);
    etcd_client_rotate(&w->client);
    if (etcd_fault_remedy(fault->kind) == ETCD_ASK_OPERATOR) {
        pause_for(w, ETCD_REFUSED_MS * ETCD_MS, ETCD_FAILED_AUTH);
        return;
    }
    pause_for(w, etcd_backoff_next(&w->backoff), ETCD_WAITING);
    etcd_report_state(&w->report, ETCD_CONNECTING);
}

/* What we hold is no base for a watch any more. A list that follows another one closely may be a loop, which
 * must not run at full speed. */
static void relist(struct etcd_watch *w, const struct etcd_fault *fault)
{
    if (w->listed_ns && clock_monotonic_ns() - w->listed_ns < ETCD_HEALTHY_MS * ETCD_MS)
        pause_for(w, etcd_backoff_next(&w->backoff), ETCD_WAITING);
    if (fault->kind != ETCD_FAULT_UNSURE)
        etcd_report_fault(&w->report, fault, etcd_client_endpoint(&w->client));
    etcd_report_state(&w->report, ETCD_LISTING);
    w->position = (struct etcd_position){ 0 };
}

/* Does what the end of an attempt asks for; the next attempt follows. */
static void recover(struct etcd_watch *w, const struct etcd_fault *fault)
{
    enum etcd_remedy remedy = etcd_fault_remedy(fault->kind);
    if (remedy == ETCD_AUTHENTICATE && !w->token_is_fresh) {
        struct etcd_fault refused = etcd_client_authenticate(&w->client);
        w->token_is_fresh = refused.kind == ETCD_OK;
        if (refused.kind != ETCD_OK && refused.kind != ETCD_STOPPED)
            reconnect(w, &refused);
    } else if (remedy == ETCD_RELIST && w->position.revision) {
        relist(w, fault);
    } else if (remedy == ETCD_REOPEN) {
        log_line(w->report.log, LOG_LINE_DEBUG, "etcd", "%s", fault->text);
    } else if (remedy != ETCD_END) {
        reconnect(w, fault);
    }
}

static void *run(void *context)
{
    struct etcd_watch *w = context;
    sigset_t all;
    sigfillset(&all); /* signals are for the program's own loop */
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (!atomic_load(&w->stop)) {
        struct etcd_fault fault = { 0 };
        etcd_report_endpoint(&w->report, etcd_client_endpoint(&w->client));
        if (w->position.revision == 0)
            fault = list_all(w);
        if (fault.kind == ETCD_OK)
            fault = watch_changes(w);
        recover(w, &fault);
    }
    return NULL;
}

static void release(struct etcd_watch *w)
{
    etcd_client_fini(&w->client);
    etcd_http_destroy(w->client.http);
    etcd_report_fini(&w->report);
    explicit_bzero((void *)(uintptr_t)w->config.password.p, w->config.password.n);
    arena_destroy(w->arena);
    free(w);
    curl_global_cleanup();
}

struct etcd_watch *etcd_watch_start(const struct etcd_settings *settings,
                                    const struct etcd_callbacks *callbacks, struct log *log,
                                    char error[static 256])
{
    struct arena *arena = arena_create();
    struct etcd_config config;
    error[0] = '\0';
    if (!etcd_config_read(arena, settings, &config, error)) {
        arena_destroy(arena);
        return NULL;
    }
    struct etcd_watch *w = xmalloc(sizeof *w);
    *w = (struct etcd_watch){ .arena = arena, .config = config };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    etcd_report_init(&w->report, callbacks, log, w->config.username, w->config.prefix);
    w->client =
        (struct etcd_client){ .http = etcd_http_create(&w->config), .config = &w->config, .stop = &w->stop };
    if (w->client.http && pthread_create(&w->thread, NULL, run, w) == 0)
        return w;
    snprintf(error, 256, "the etcd client cannot start: no %s", w->client.http ? "thread" : "libcurl handle");
    release(w);
    return NULL;
}

void etcd_watch_stop(struct etcd_watch *watch)
{
    if (!watch)
        return;
    atomic_store(&watch->stop, true);
    etcd_http_wake(watch->client.http);
    pthread_join(watch->thread, NULL);
    release(watch);
}

void etcd_watch_status(struct etcd_watch *watch, struct etcd_status *out)
{
    pthread_mutex_lock(&watch->report.lock);
    *out = watch->report.status;
    pthread_mutex_unlock(&watch->report.lock);
}

void etcd_batch_destroy(struct etcd_batch *batch)
{
    if (batch)
        arena_destroy(batch->arena);
}
