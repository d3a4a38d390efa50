/* failover on a status: an answer that is not good enough is dropped, and the request goes to the fallback.
 */
#include "relay/fetch.h"
#include "relay/worker.h"

struct failover {
    struct stage stage; /* first */
    struct collector collector;
    bool dropping, fallen;
};

static void on_collected(struct collector *collector, bool over)
{
    struct failover *f = (struct failover *)((char *)collector - offsetof(struct failover, collector));
    if (over)
        stage_reply_error(&f->stage, 413, STR("Request body too large\n"));
    else
        stage_open_inner(&f->stage);
}

static void start(struct stage *stage)
{
    struct failover *f = (struct failover *)stage;
    collector_start(&f->collector, &stage->exchange->request->body, stage->directive->max_body, on_collected);
}

static void head(struct stage *stage, struct answer *answer)
{
    struct failover *f = (struct failover *)stage;
    f->dropping = !f->fallen && status_list_has(&stage->directive->statuses, answer->status);
    if (!f->dropping)
        stage_pass_head(stage, answer);
}

static void data(struct stage *stage, struct str bytes)
{
    if (!((struct failover *)stage)->dropping)
        stage_pass_data(stage, bytes);
}

static void ask_fallback(struct failover *f)
{
    struct stage *stage = &f->stage;
    const struct request *request = stage->exchange->request;
    f->fallen = true;
    f->dropping = false;
    stage_close(&stage->inner);
    counter_add(&stage->exchange->worker->counters.failovers, 1);
    fetch_open_target(stage, stage->directive->failover.target, &request->heading, true);
}

static void end(struct stage *stage, bool whole, const struct heading *trailers)
{
    struct failover *f = (struct failover *)stage;
    if (f->dropping && whole)
        ask_fallback(f);
    else
        stage_pass_end(stage, whole && !f->dropping, trailers);
}

static void fini(struct stage *stage)
{
    collector_close(&((struct failover *)stage)->collector);
}

const struct stage_type failover_stage = {
    .size = sizeof(struct failover), .start = start, .head = head, .data = data, .end = end, .fini = fini
};
