#include "spop/worker.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/events.h"
#include "ops/forward_cache.h"
#include "ops/forwarder.h"
#include "ops/hasher.h"
#include "ops/redis.h"
#include "ops/verdict.h"
#include "spop/connection.h"
#include "sys/clock.h"

enum {
    SCRATCH_SIZE = 1 << 16,
    LOOK_MS = 10,          /* how often questions are counted */
    DENSE = 4,             /* in a millisecond: they come one upon the other */
    MAX_DELAYED = 1 << 16, /* some 20 MB at most; one more is refused instead */
};

/* Arms the timer for the first delayed answer. The loop counts in milliseconds: later is right, earlier is
 * not. */
static void on_timer(uv_timer_t *timer);

static void arm(struct worker *w, int64_t now_ns)
{
    int64_t next = delays_next(&w->delays);
    if (next == w->armed_ns)
        return;
    w->armed_ns = next;
    if (next == INT64_MAX) {
        uv_timer_stop(&w->timer);
        return;
    }
    int64_t ms = next > now_ns ? (next - now_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
    uv_update_time(&w->loop.uv);
    uv_timer_start(&w->timer, on_timer, (uint64_t)ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct worker *w = timer->data;
    int64_t now_ns = clock_monotonic_ns();
    void *owner;
    char *answer;
    size_t n;
    while (delays_pop(&w->delays, now_ns, &owner, &answer, &n)) {
        connection_send_delayed(owner, str_of(answer, n));
        free(answer);
    }
    w->armed_ns = INT64_MAX;
    arm(w, now_ns);
}

bool worker_delay(struct worker *w, struct connection *connection, struct str answer, int64_t due_ns)
{
    if (!delays_push(&w->delays, due_ns, connection, answer))
        return false;
    arm(w, clock_monotonic_ns());
    return true;
}

/* Nobody asks: what has come is taken all the same, before it is too much for the socket. */
static void on_events(uv_poll_t *events, int status, int happened)
{
    struct worker *w = events->data;
    (void)happened;
    if (status == 0)
        events_drain(w->tools.events, w->programs);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct worker *w = listener->data;
    if (status < 0)
        log_line(w->log, LOG_LINE_ERROR, "agent", "cannot accept on %s: %s", w->loop.path,
                 uv_strerror(status));
    else
        connection_accept(w);
}

/* Drops what still waits; connections that are closed already go with it. */
static void drop_delayed(struct worker *w)
{
    void *owner;
    char *answer;
    size_t n;
    while (delays_pop(&w->delays, INT64_MAX, &owner, &answer, &n)) {
        connection_send_delayed(owner, (struct str){ 0 });
        free(answer);
    }
    delays_fini(&w->delays);
}

static void end_loop(struct worker *w)
{
    uv_close((uv_handle_t *)&w->loop.listener, NULL);
    connections_close(w);
    forwarder_stop(w->tools.forwarder);
    redis_links_stop(w->tools.redis);
    inbox_drain(&w->inbox);
    drop_delayed(w);
    uv_close((uv_handle_t *)&w->timer, NULL);
    uv_close((uv_handle_t *)&w->check, NULL);
    if (w->has_events)
        uv_close((uv_handle_t *)&w->events, NULL);
    uv_close((uv_handle_t *)&w->wake, NULL);
}

static void on_wake(uv_async_t *wake)
{
    struct worker *w = wake->data;
    inbox_drain(&w->inbox);
    pthread_mutex_lock(&w->lock);
    if (w->has_next) {
        program_set_release(w->programs); /* not the last one: the agent holds one until all have the next */
        w->programs = w->next;
        w->has_next = false;
        pthread_cond_broadcast(&w->taken);
    }
    bool stop = w->stop;
    pthread_mutex_unlock(&w->lock);
    if (stop)
        end_loop(w);
}

/* From any thread. */
static void wake_up(void *context)
{
    struct worker *w = context;
    uv_async_send(&w->wake);
}

/* Where questions come one upon the other, a worker that is woken does not drive its waker off the processor:
 * HAProxy goes on asking until it has nothing left to do, and the worker finds several questions at once.
 * That spares both sides a system call and two switches for most of them. On a processor of its own it runs
 * at once, as ever; nor does it wait for those who compute passwords. */
static void choose_policy(struct worker *w)
{
    struct sched_param none = { 0 };
    uint64_t now_ms = uv_now(&w->loop.uv), frames = counter_get(&w->counters.frames);
    if (now_ms - w->looked_ms >= LOOK_MS) {
        w->dense = frames - w->frames_then >= DENSE * (now_ms - w->looked_ms);
        w->looked_ms = now_ms;
        w->frames_then = frames;
    }
    bool patient = w->dense && !hasher_is_busy(w->tools.hasher);
    if (patient != w->patient) /* where it is refused, it is only dearer */
        pthread_setschedparam(pthread_self(), patient ? SCHED_BATCH : SCHED_OTHER, &none);
    w->patient = patient;
}

static void on_check(uv_check_t *check)
{
    choose_policy(check->data);
}

static bool add_handles(struct worker *w, char error[static 256])
{
    uv_timer_init(&w->loop.uv, &w->timer);
    uv_check_init(&w->loop.uv, &w->check);
    uv_check_start(&w->check, on_check);
    w->timer.data = w->wake.data = w->check.data = w;
    int status = uv_async_init(&w->loop.uv, &w->wake, on_wake);
    if (status == 0 && w->has_events &&
        (status = uv_poll_init(&w->loop.uv, &w->events, events_fd(w->tools.events))) == 0) {
        w->events.data = w;
        status = uv_poll_start(&w->events, UV_READABLE, on_events);
    }
    if (status < 0)
        snprintf(error, 256, "%s: %s", w->loop.path, uv_strerror(status));
    return status == 0;
}

/* What is left when loop and thread are gone. */
static void fini(struct worker *w)
{
    program_set_release(w->programs);
    inbox_fini(&w->inbox);
    verdict_fini(&w->verdict);
    pthread_cond_destroy(&w->taken);
    pthread_mutex_destroy(&w->lock);
    free(w->scratch);
}

bool worker_start(struct worker *w, const char *folder, int index, const struct tools *tools, struct log *log,
                  char error[static 256])
{
    *w = (struct worker){ .tools = *tools, .log = log, .armed_ns = INT64_MAX };
    w->has_events = index == 0 && tools->events;
    w->tools.programs = &w->programs;
    if (!loop_open(&w->loop, folder, "agent", index, on_connection, w, error))
        return false;
    if (!add_handles(w, error)) {
        loop_drop(&w->loop);
        return false;
    }
    delays_init(&w->delays, MAX_DELAYED);
    verdict_init(&w->verdict);
    inbox_init(&w->inbox, wake_up, w);
    w->tools.inbox = &w->inbox;
    w->tools.forwarder = forwarder_create(&w->loop.uv);
    w->tools.answers = forward_cache_create();
    w->tools.redis = redis_links_create(&w->loop.uv);
    w->tools.log = log;
    w->tools.warned_ns = &w->warned_ns;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->taken, NULL);
    w->scratch = xmalloc(SCRATCH_SIZE);
    if (loop_start(&w->loop, error))
        return true;
    forwarder_stop(w->tools.forwarder);
    redis_links_stop(w->tools.redis);
    loop_drop(&w->loop);
    forwarder_destroy(w->tools.forwarder);
    forward_cache_destroy(w->tools.answers);
    redis_links_destroy(w->tools.redis);
    fini(w);
    return false;
}

void worker_publish(struct worker *w, struct program_set *set)
{
    pthread_mutex_lock(&w->lock);
    w->next = set;
    w->has_next = true;
    pthread_mutex_unlock(&w->lock);
    uv_async_send(&w->wake);
}

void worker_settle(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    while (w->has_next)
        pthread_cond_wait(&w->taken, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

void worker_stop(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_mutex_unlock(&w->lock);
    uv_async_send(&w->wake);
    loop_join(&w->loop);
    forwarder_destroy(w->tools.forwarder);
    forward_cache_destroy(w->tools.answers);
    redis_links_destroy(w->tools.redis);
    fini(w);
}
