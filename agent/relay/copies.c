#include "relay/copies.h"

#include <stdlib.h>

#include "relay/fetch.h"
#include "relay/worker.h"

enum { MOST_OPEN = 4096 }; /* of one worker. A slow mirror must not take the memory of the gateway */

struct copies {
    struct stage stage; /* first */
    struct exchange exchange;
    LIST_ENTRY(copies) entry; /* in the worker's */
    size_t at;                /* the target that is asked */
};

static void finish(struct copies *c)
{
    struct relay_worker *worker = c->exchange.worker;
    LIST_REMOVE(c, entry);
    stage_close(&c->stage.inner);
    request_release(c->exchange.request);
    free(c);
    counter_add(&worker->counters.open_copies, (uint64_t)-1);
}

static void ask(struct copies *c)
{
    const struct directive *d = c->stage.directive;
    counter_add(&c->exchange.worker->counters.copies, 1);
    fetch_open_target(&c->stage, d->mirror.targets[c->at++], &c->exchange.request->heading,
                      d->mirror.with_body);
}

static void head(struct stage *stage, struct answer *answer)
{
    (void)stage;
    (void)answer;
}

static void data(struct stage *stage, struct str bytes)
{
    (void)stage;
    (void)bytes;
}

static void end(struct stage *stage, bool whole, const struct heading *trailers)
{
    struct copies *c = (struct copies *)stage;
    (void)whole;
    (void)trailers;
    stage_close(&stage->inner);
    if (c->at < stage->directive->mirror.n_targets)
        ask(c);
    else
        finish(c);
}

static const struct stage_type copies_stage = {
    .size = sizeof(struct copies), .head = head, .data = data, .end = end
};

void copies_start(struct relay_worker *worker, struct request *request, const struct directive *mirror)
{
    if (counter_get(&worker->counters.open_copies) >= MOST_OPEN) {
        counter_add(&worker->counters.copies_dropped, mirror->mirror.n_targets);
        return;
    }
    struct copies *c = xmalloc(sizeof *c);
    *c = (struct copies){ .stage = { .type = &copies_stage, .directive = mirror },
                          .exchange = { .worker = worker, .request = request_hold(request) } };
    c->stage.exchange = &c->exchange;
    LIST_INSERT_HEAD(&worker->copies, c, entry);
    counter_add(&worker->counters.open_copies, 1);
    ask(c);
}

void copies_close(struct relay_worker *worker)
{
    while (!LIST_EMPTY(&worker->copies))
        finish(LIST_FIRST(&worker->copies));
}
