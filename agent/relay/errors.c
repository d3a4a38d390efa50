/* errors: an answer of some status is dropped, and a page takes its place. */
#include <inttypes.h>
#include <stdio.h>

#include "relay/fetch.h"
#include "relay/page.h"
#include "relay/worker.h"
#include "route/model_op.h"

struct errors {
    struct stage stage; /* first */
    bool caught, paging;
    int status; /* to answer */
    int original;
    struct buf asked; /* what the chain behind has made of the request */
};

static void start(struct stage *stage)
{
    stage_open_inner(stage);
}

static int rewritten(const struct directive *d, int status)
{
    for (size_t i = 0; i < d->errors.n_rewrites; i++)
        if (status >= d->errors.rewrites[i].range.from && status <= d->errors.rewrites[i].range.to)
            return d->errors.rewrites[i].to;
    return status;
}

static void set_status(struct answer *answer, int status)
{
    const char *reason = model_status_text(status);
    answer->status = status;
    snprintf(answer->reason, sizeof answer->reason, "%s", reason ? reason : "");
}

static void head(struct stage *stage, struct answer *answer)
{
    struct errors *e = (struct errors *)stage;
    if (e->paging) {
        set_status(answer, e->status);
        answer->unsent = false;
        stage_pass_head(stage, answer);
        return;
    }
    e->caught = status_list_has(&stage->directive->statuses, answer->status);
    if (e->caught)
        buf_put(&e->asked, heading_get(&answer->heading, STR(HEADER_ASKED)));
    heading_drop(&answer->heading, STR(HEADER_ASKED));
    if (!e->caught) {
        stage_pass_head(stage, answer);
        return;
    }
    e->original = answer->status;
    e->status = rewritten(stage->directive, answer->status);
}

static void data(struct stage *stage, struct str bytes)
{
    const struct errors *e = (struct errors *)stage;
    if (!e->caught || e->paging)
        stage_pass_data(stage, bytes);
}

static void fetch_page(struct errors *e)
{
    struct stage *stage = &e->stage;
    const struct directive *d = stage->directive;
    struct request request = *stage->exchange->request;
    struct heading heading = { 0 }, headers = { 0 };
    struct arena *arena = arena_create();
    struct buf target = { 0 }, next = { 0 };
    e->paging = true;
    stage_close(&stage->inner);
    counter_add(&stage->exchange->worker->counters.pages, 1);
    if (e->asked.n) {
        page_request_read(arena, buf_str(&e->asked), &request.target, &headers);
        request.heading = headers;
    }
    if (page_target(&target, &request, d->errors.query, e->status, e->original)) {
        page_headers(&heading, &request, d);
        buf_printf(&next, "b;%.*s", STR_ARG(d->errors.target));
        fetch_open(stage, &(struct fetch_what){ .next = buf_str(&next),
                                                .method = STR("GET"),
                                                .target = buf_str(&target),
                                                .heading = &heading });
    } else {
        const char *text = model_status_text(e->status);
        buf_printf(&next, "%s\n", text ? text : "");
        stage_reply_error(stage, e->status, buf_str(&next));
    }
    arena_destroy(arena);
    heading_fini(&headers);
    heading_fini(&heading);
    buf_fini(&target);
    buf_fini(&next);
}

static void end(struct stage *stage, bool whole, const struct heading *trailers)
{
    struct errors *e = (struct errors *)stage;
    if (e->caught && !e->paging && whole)
        fetch_page(e);
    else
        stage_pass_end(stage, whole && (!e->caught || e->paging), trailers);
}

static void fini(struct stage *stage)
{
    buf_fini(&((struct errors *)stage)->asked);
}

const struct stage_type errors_stage = { .size = sizeof(struct errors),
                                         .start = start,
                                         .interim = stage_pass_interim,
                                         .head = head,
                                         .data = data,
                                         .end = end,
                                         .fini = fini };
