/* retry: a request that has reached no server, or whose answer is not good enough, is sent again. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "relay/worker.h"
#include "sys/clock.h"

/* A timer that outlives its stage until the loop has closed it. */
struct pause {
    uv_timer_t timer; /* first */
    struct retry *retry;
};

struct retry {
    struct stage stage; /* first */
    struct collector collector;
    struct pause *pause;
    int64_t attempts; /* that were begun */
    int64_t start_ns;
    double interval_ns;
    bool by_status, dropping;
};

/* cenkalti/backoff's: the longest pause, and the longest time for all. */
static const double LONGEST_NS = 60e9, ALL_NS = 900e9;

static void try_once(struct retry *r)
{
    r->attempts++;
    r->dropping = false;
    stage_open_inner(&r->stage);
}

static void on_collected(struct collector *collector, bool over)
{
    struct retry *r = (struct retry *)((char *)collector - offsetof(struct retry, collector));
    r->by_status = !over;
    if (over)
        r->stage.exchange->request->body.keepers--;
    try_once(r);
}

static bool is_idempotent(struct str method)
{
    return !str_eq(method, STR("POST")) && !str_eq(method, STR("PATCH")) && !str_eq(method, STR("LOCK"));
}

static void start(struct stage *stage)
{
    struct retry *r = (struct retry *)stage;
    const struct directive *d = stage->directive;
    struct request *request = stage->exchange->request;
    r->start_ns = clock_monotonic_ns();
    r->interval_ns = (double)d->retry.interval_ns;
    request->body.replays = true;
    if (d->statuses.n && (d->retry.non_idempotent || is_idempotent(request->method)))
        collector_start(&r->collector, &request->body, d->max_body, on_collected);
    else
        try_once(r);
}

static bool is_dropped(const struct retry *r, const struct answer *answer)
{
    const struct directive *d = r->stage.directive;
    bool late = d->retry.timeout_ns > 0 && clock_monotonic_ns() - r->start_ns >= d->retry.timeout_ns;
    if (r->attempts >= d->retry.attempts || late)
        return false;
    if (d->retry.on_network_error && answer->unsent &&
        body_can_be_read_again(&r->stage.exchange->request->body))
        return true;
    return r->by_status && status_list_has(&d->statuses, answer->status);
}

static void head(struct stage *stage, struct answer *answer)
{
    struct retry *r = (struct retry *)stage;
    r->dropping = is_dropped(r, answer);
    /* Each try is a copy: who is further out does not see what became of it. */
    heading_drop(&answer->heading, STR(HEADER_ASKED));
    if (!r->dropping)
        stage_pass_head(stage, answer);
}

static void data(struct stage *stage, struct str bytes)
{
    if (!((struct retry *)stage)->dropping)
        stage_pass_data(stage, bytes);
}

static void free_pause(uv_handle_t *handle)
{
    free(handle);
}

static void drop_pause(struct retry *r)
{
    if (r->pause)
        uv_close((uv_handle_t *)&r->pause->timer, free_pause);
    r->pause = NULL;
}

static void on_timer(uv_timer_t *timer)
{
    struct retry *r = ((struct pause *)timer)->retry;
    drop_pause(r);
    counter_add(&r->stage.exchange->worker->counters.retries, 1);
    try_once(r);
}

/* Half to one and a half times the interval, which grows to its double with the last try. */
static double next_pause(struct retry *r)
{
    const struct directive *d = r->stage.directive;
    if (r->interval_ns <= 0)
        return 0;
    double pause = r->interval_ns * (0.5 + (double)random() / RAND_MAX);
    double factor = pow(2, 1 / (double)(d->retry.attempts - 1));
    r->interval_ns = r->interval_ns * factor < LONGEST_NS ? r->interval_ns * factor : LONGEST_NS;
    return pause;
}

static void try_later(struct retry *r)
{
    uv_loop_t *loop = &r->stage.exchange->worker->loop.uv;
    double pause = next_pause(r);
    stage_close(&r->stage.inner);
    if ((double)(clock_monotonic_ns() - r->start_ns) + pause > ALL_NS) {
        stage_reply(&r->stage, 502);
        return;
    }
    r->pause = xmalloc(sizeof *r->pause);
    r->pause->retry = r;
    uv_timer_init(loop, &r->pause->timer);
    uv_update_time(loop);
    uv_timer_start(&r->pause->timer, on_timer, (uint64_t)(pause / 1e6), 0);
}

static void end(struct stage *stage, bool whole, const struct heading *trailers)
{
    struct retry *r = (struct retry *)stage;
    if (r->dropping && whole)
        try_later(r);
    else
        stage_pass_end(stage, whole && !r->dropping, trailers);
}

static void fini(struct stage *stage)
{
    struct retry *r = (struct retry *)stage;
    collector_close(&r->collector);
    drop_pause(r);
}

const struct stage_type retry_stage = {
    .size = sizeof(struct retry), .start = start, .head = head, .data = data, .end = end, .fini = fini
};
