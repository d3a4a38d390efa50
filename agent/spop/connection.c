#include "spop/connection.h"

#include <stdlib.h>

#include "base/arena.h"
#include "ops/op.h"
#include "ops/verdict.h"
#include "spop/held.h"
#include "spop/session.h"
#include "sys/clock.h"

enum {
    READ_SIZE = 1 << 16,
    OUT_LIMIT = 1 << 20, /* answers that the peer does not read; ten times what one read can cause */
    OUT_KEEP = 1 << 16,  /* buffers that grew beyond this are not kept */
};

#define WARN_EVERY_NS INT64_C(1000000000)

struct connection {
    uv_pipe_t pipe;
    struct worker *worker;
    LIST_ENTRY(connection) entry; /* in the worker's */
    struct session session;
    struct buf out;     /* to be sent */
    struct buf sending; /* being sent by `write`: what did not go at once */
    uv_write_t write;
    size_t waiting; /* delayed answers that know this connection */
    bool closing, closed;
};

static void release(struct connection *c)
{
    if (!c->closed || c->waiting > 0)
        return;
    session_fini(&c->session);
    buf_fini(&c->out);
    buf_fini(&c->sending);
    free(c);
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;
    c->closed = true;
    release(c);
}

static void connection_close(struct connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    LIST_REMOVE(c, entry);
    counter_add(&c->worker->counters.open_connections, UINT64_MAX);
    uv_close((uv_handle_t *)&c->pipe, on_closed);
}

static void buf_trim(struct buf *b)
{
    buf_reset(b);
    if (b->cap > OUT_KEEP)
        buf_fini(b);
}

static void flush(struct connection *c);

static void on_written(uv_write_t *request, int status)
{
    struct connection *c = request->data;
    buf_trim(&c->sending);
    if (status < 0)
        connection_close(c);
    else
        flush(c);
}

/* Sends what there is, in one write as long as the peer keeps up; else the rest goes when the socket has
 * room. */
static void flush(struct connection *c)
{
    if (c->closing || c->out.n == 0 || c->sending.n > 0)
        return;
    uv_buf_t bytes = uv_buf_init(c->out.p, (unsigned)c->out.n);
    int n = uv_try_write((uv_stream_t *)&c->pipe, &bytes, 1);
    if (n < 0 && n != UV_EAGAIN) {
        connection_close(c);
        return;
    }
    size_t sent = n > 0 ? (size_t)n : 0;
    if (sent == c->out.n) {
        buf_trim(&c->out);
        return;
    }
    struct buf rest = c->out;
    c->out = c->sending;
    c->sending = rest;
    bytes = uv_buf_init(rest.p + sent, (unsigned)(rest.n - sent));
    if (uv_write(&c->write, (uv_stream_t *)&c->pipe, &bytes, 1, on_written) < 0)
        connection_close(c);
}

static bool delay(void *context, struct str answer, int64_t delay_ns);
static enum decided decide(void *context, const struct question *question, struct ack_of of,
                           struct str payload, int64_t now_ns, struct verdict **out);

static const struct session_calls calls = { .decide = decide, .delay = delay };

/* The ops before the one at hand have let it pass. */
static void count_verdict(struct worker *worker, const struct decision *d)
{
    struct counters *counters = &worker->counters;
    bool pass = d->verdict->pass;
    if (!pass)
        refusal_tell(&worker->refusals, worker->log, d);
    counter_add(pass ? &counters->passed : &counters->refused, 1);
    for (size_t i = 0; i < d->at; i++)
        counter_add(&counters->ops[d->program->ops[i].type->number].passed, 1);
    if (!pass && d->at < d->program->n_ops) {
        enum op_number number = d->program->ops[d->at].type->number;
        counter_add(&counters->ops[number].refused, 1);
        if (number == NUMBER_RATE_LIMIT)
            counter_add(&counters->rate_limited, 1);
    }
}

/* A decision that took time is made. The connection may be gone by now. */
void connection_decided(struct connection *c, struct ack_of of, const struct decision *decision)
{
    count_verdict(c->worker, decision);
    counter_latency(&c->worker->counters, clock_monotonic_ns() - decision->now_ns, 1);
    if (!c->closing) {
        session_answer(&c->session, &calls, c, of, decision->program->id, decision->verdict, &c->out);
        if (c->out.failed)
            connection_close(c);
        else
            flush(c);
    }
    c->waiting--;
    release(c);
}

static enum decided decide(void *context, const struct question *question, struct ack_of of,
                           struct str payload, int64_t now_ns, struct verdict **out)
{
    struct connection *c = context;
    struct worker *worker = c->worker;
    const struct program *program =
        worker->programs ? program_set_find(worker->programs, question->program) : NULL;
    if (!program) {
        counter_add(&worker->counters.unknown_program, 1);
        return DECIDED_UNKNOWN;
    }
    *out = &worker->verdict;
    struct decision decision =
        decision_begin(program, &question->request, &worker->tools, now_ns, &worker->verdict);
    if (!decision_run(&decision)) {
        if (held_begin(worker, c, of, payload, &decision)) {
            c->waiting++;
            return DECIDED_LATER;
        }
        verdict_refuse(&worker->verdict, "agent", 503,
                       "Service Unavailable"); /* as many as may wait do so already */
    }
    count_verdict(worker, &decision);
    decision_end(&decision);
    worker->answered++;
    return DECIDED;
}

static bool delay(void *context, struct str answer, int64_t delay_ns)
{
    struct connection *c = context;
    if (!worker_delay(c->worker, c, answer, clock_monotonic_ns() + delay_ns))
        return false;
    c->waiting++;
    counter_add(&c->worker->counters.delayed, 1);
    return true;
}

void connection_send_delayed(struct connection *c, struct str answer)
{
    c->waiting--;
    if (!c->closing) {
        buf_put(&c->out, answer);
        if (c->out.failed)
            connection_close(c);
        else
            flush(c);
    }
    release(c);
}

static void warn(struct connection *c, const char *what, int64_t now_ns)
{
    if (now_ns - c->worker->warned_ns < WARN_EVERY_NS)
        return;
    c->worker->warned_ns = now_ns;
    log_line(c->worker->log, LOG_LINE_WARN, "agent", "connection closed: %s (at most one such line a second)",
             what);
}

static void receive(struct connection *c, struct str in)
{
    int64_t now_ns = clock_monotonic_ns();
    uint64_t frames = c->session.frames;
    c->worker->answered = 0;
    bool open = session_feed(&c->session, &calls, c, in, now_ns, &c->out);
    counter_add(&c->worker->counters.frames, c->session.frames - frames);
    if (c->session.problem) {
        counter_add(&c->worker->counters.broken_frames, 1);
        warn(c, c->session.problem, now_ns);
    } else if (c->out.failed) {
        warn(c, "HAProxy does not read the answers", now_ns);
    }
    flush(c);
    if (c->worker->answered)
        counter_latency(&c->worker->counters, clock_monotonic_ns() - now_ns, c->worker->answered);
    if (!open)
        connection_close(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct connection *c = handle->data;
    (void)suggested;
    *out = uv_buf_init(c->worker->scratch, READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct connection *c = stream->data;
    if (n > 0)
        receive(c, str_of(bytes->base, (size_t)n));
    else if (n < 0)
        connection_close(c);
}

void connection_accept(struct worker *worker)
{
    struct connection *c = xmalloc(sizeof *c);
    *c = (struct connection){ .worker = worker, .out = buf_make(OUT_LIMIT), .sending = buf_make(OUT_LIMIT) };
    session_init(&c->session);
    uv_pipe_init(&worker->loop.uv, &c->pipe, 0);
    c->pipe.data = c;
    c->write.data = c;
    LIST_INSERT_HEAD(&worker->connections, c, entry);
    counter_add(&worker->counters.connections, 1);
    counter_add(&worker->counters.open_connections, 1);
    if (uv_accept((uv_stream_t *)&worker->loop.listener, (uv_stream_t *)&c->pipe) < 0 ||
        uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) < 0)
        connection_close(c);
}

void connections_close(struct worker *worker)
{
    while (!LIST_EMPTY(&worker->connections)) {
        struct connection *c = LIST_FIRST(&worker->connections);
        session_disconnect(&c->session, "the agent stops", &c->out);
        flush(c);
        connection_close(c);
    }
}
