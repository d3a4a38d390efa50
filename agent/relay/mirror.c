/* mirroring: the main service answers; the others get copies afterwards. */
#include "relay/copies.h"

struct mirror {
    struct stage stage; /* first */
    struct collector collector;
    bool too_long;
};

static void on_collected(struct collector *collector, bool over)
{
    struct mirror *m = (struct mirror *)((char *)collector - offsetof(struct mirror, collector));
    m->too_long = over;
    if (over)
        m->stage.exchange->request->body.keepers--; /* nobody reads it twice */
    stage_open_inner(&m->stage);
}

static void start(struct stage *stage)
{
    struct mirror *m = (struct mirror *)stage;
    if (stage->directive->mirror.with_body)
        collector_start(&m->collector, &stage->exchange->request->body, stage->directive->max_body,
                        on_collected);
    else
        stage_open_inner(stage);
}

/* An answer that broke off has no copies, as in Traefik; one that is no success has. */
static void end(struct stage *stage, bool whole, const struct heading *trailers)
{
    if (whole && !((struct mirror *)stage)->too_long)
        copies_start(stage->exchange->worker, stage->exchange->request, stage->directive);
    stage_pass_end(stage, whole, trailers);
}

static void fini(struct stage *stage)
{
    collector_close(&((struct mirror *)stage)->collector);
}

const struct stage_type mirror_stage = { .size = sizeof(struct mirror),
                                         .start = start,
                                         .interim = stage_pass_interim,
                                         .head = stage_pass_head,
                                         .data = stage_pass_data,
                                         .end = end,
                                         .fini = fini };
