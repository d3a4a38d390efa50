#include "spop/held.h"

#include <stdlib.h>

#include "base/arena.h"
#include "ops/inbox.h"
#include "ops/op.h"
#include "ops/verdict.h"
#include "spop/notify.h"

enum { MOST = 8192 };

struct held {
    struct waiting waiting; /* first: waiting_end gives it back */
    struct inbox_item item;
    struct worker *worker;
    struct connection *connection;
    struct ack_of of;
    struct program *program; /* a reference: the set may be replaced meanwhile */
    struct verdict verdict;
    bool starting, decided; /* decided at once: the answer waits until held_begin has returned */
    char payload[];
};

static void answer(struct held *h)
{
    connection_decided(h->connection, h->of, &h->waiting.decision);
    counter_add(&h->worker->counters.held, UINT64_MAX);
    decision_end(&h->waiting.decision);
    verdict_fini(&h->verdict);
    program_release(h->program);
    free(h);
}

static void answer_item(struct inbox_item *item)
{
    answer((struct held *)(void *)((char *)item - offsetof(struct held, item)));
}

static void done(struct waiting *waiting, bool passed)
{
    struct held *h = (struct held *)(void *)waiting;
    if (passed && !decision_run(&waiting->decision)) {
        decision_wait(waiting); /* the next op takes time, too */
        return;
    }
    h->decided = true;
    if (!h->starting)
        answer(h);
}

/* A view into the frame becomes one into the copy. */
static void rebase(struct str *s, struct str from, const char *to)
{
    if (s->p && s->p >= from.p && s->p <= from.p + from.n)
        s->p = to + (s->p - from.p);
}

bool held_begin(struct worker *worker, struct connection *connection, struct ack_of of, struct str payload,
                struct decision *decision)
{
    if (counter_get(&worker->counters.held) >= MOST)
        return false;
    struct held *h = xmalloc(sizeof *h + payload.n);
    *h = (struct held){ .waiting = { *decision, done },
                        .item.finish = answer_item,
                        .worker = worker,
                        .connection = connection,
                        .of = of,
                        .program = program_hold((struct program *)decision->program),
                        .starting = true };
    memcpy(h->payload, payload.p, payload.n);
    h->verdict = worker->verdict;
    verdict_init(&worker->verdict);
    h->waiting.decision.verdict = &h->verdict;
    struct request *request = &h->waiting.decision.request;
    struct str *const views[] = { &request->method,  &request->host,          &request->url,
                                  &request->headers, &request->authorization, &request->proxy_authorization,
                                  &request->body };
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        rebase(views[i], payload, h->payload);
    counter_add(&worker->counters.held, 1);
    decision_wait(&h->waiting);
    h->starting = false;
    if (h->decided)
        inbox_put(&worker->inbox, &h->item);
    return true;
}
