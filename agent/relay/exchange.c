#include "relay/exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "relay/fetch.h"
#include "route/model_op.h"

struct stage *stage_create(const struct stage_type *type, struct stage *outer,
                           const struct directive *directive)
{
    struct stage *stage = xmalloc(type->size);
    memset(stage, 0, type->size);
    *stage =
        (struct stage){ .type = type, .exchange = outer->exchange, .outer = outer, .directive = directive };
    assert(!outer->inner);
    outer->inner = stage;
    return stage;
}

void stage_open_inner(struct stage *stage)
{
    static const struct stage_type *const types[] = {
        [DIRECTIVE_MIRROR] = &mirror_stage,    [DIRECTIVE_FAILOVER] = &failover_stage,
        [DIRECTIVE_ERRORS] = &errors_stage,    [DIRECTIVE_RETRY] = &retry_stage,
        [DIRECTIVE_BUFFER] = &buffering_stage, [DIRECTIVE_COMPRESS] = &compress_stage
    };
    const struct request *request = stage->exchange->request;
    const struct directive *next = stage->directive ? stage->directive + 1 : request->directives.p;
    if (next == request->directives.p + request->directives.n) {
        fetch_open(stage, &(struct fetch_what){ .next = request->next,
                                                .method = request->method,
                                                .target = request->target,
                                                .heading = &request->heading,
                                                .body = true });
        return;
    }
    struct stage *inner = stage_create(types[next->kind], stage, next);
    inner->type->start(inner);
}

void stage_close(struct stage **stage)
{
    struct stage *s = *stage;
    if (!s)
        return;
    *stage = NULL;
    stage_close(&s->inner);
    if (s->type->fini)
        s->type->fini(s);
    free(s);
}

void stage_pass_interim(struct stage *stage, const struct answer *answer)
{
    if (stage->outer->type->interim)
        stage->outer->type->interim(stage->outer, answer);
}

void stage_pass_head(struct stage *stage, struct answer *answer)
{
    stage->outer->type->head(stage->outer, answer);
}

void stage_pass_data(struct stage *stage, struct str bytes)
{
    stage->outer->type->data(stage->outer, bytes);
}

void stage_pass_end(struct stage *stage, bool whole, const struct heading *trailers)
{
    stage->outer->type->end(stage->outer, whole, trailers);
}

void stage_give_up(struct stage *stage)
{
    if (stage->exchange->live)
        fetch_give_up(stage->exchange->live);
}

static void reply(struct stage *stage, int status, bool typed, struct str text)
{
    const char *reason = model_status_text(status);
    struct answer answer = { .status = status };
    snprintf(answer.reason, sizeof answer.reason, "%s", reason ? reason : "");
    if (typed) {
        heading_add(&answer.heading, STR("content-type"), STR("text/plain; charset=utf-8"));
        heading_add(&answer.heading, STR("x-content-type-options"), STR("nosniff"));
    }
    text = text.p ? text : str_c(answer.reason);
    answer.length = (int64_t)text.n;
    stage_pass_head(stage, &answer);
    stage_pass_data(stage, text);
    heading_fini(&answer.heading);
    stage_pass_end(stage, true, NULL);
}

void stage_reply(struct stage *stage, int status)
{
    reply(stage, status, false, (struct str){ 0 });
}

void stage_reply_error(struct stage *stage, int status, struct str text)
{
    reply(stage, status, true, text);
}

void collector_close(struct collector *c)
{
    if (c->open)
        body_close_reader(c->body, &c->reader);
    c->open = false;
}

static bool is_over(const struct collector *c)
{
    const struct body *body = c->body;
    if (c->most < 0)
        return false;
    return body->length > c->most || body->spool.end > (uint64_t)c->most;
}

static void collect(struct body_reader *reader)
{
    struct collector *c = (struct collector *)reader; /* its first member */
    bool over = is_over(c);
    reader->at = c->body->spool.end; /* so the sender goes on */
    if (!over && !c->body->complete)
        return;
    collector_close(c);
    c->done(c, over);
}

void collector_start(struct collector *c, struct body *body, int64_t most,
                     void (*done)(struct collector *collector, bool over))
{
    *c = (struct collector){ .reader.more = collect, .body = body, .most = most, .done = done, .open = true };
    body->keepers++;
    body_open_reader(body, &c->reader);
    collect(&c->reader);
}
