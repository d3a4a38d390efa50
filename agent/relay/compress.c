/* compress: answers in the coding that the client likes best. */
#include <stdlib.h>

#include "relay/codec.h"
#include "relay/worker.h"

struct compress {
    struct stage stage; /* first */
    enum coding coding;
    bool idle;
    bool waiting; /* the head waits for the first bytes */
    bool streams; /* the length is unknown: what comes goes on at once */
    bool failed;
    struct answer answer;
    struct codec *codec; /* NULL: bytes go on as they are */
    struct buf out;
};

static void start(struct stage *stage)
{
    struct compress *c = (struct compress *)stage;
    const struct request *request = stage->exchange->request;
    c->coding = coding_choose(stage->directive, request->method, &request->heading, &c->idle);
    stage_open_inner(stage);
}

/* In front of the server's: who adds to the first line only (addVaryHeader) adds to this one. */
static void put_vary(struct heading *heading)
{
    struct heading rest = *heading;
    *heading = (struct heading){ 0 };
    heading_add(heading, STR("vary"), STR("Accept-Encoding"));
    for (size_t i = 0; i < rest.n; i++)
        heading_add(heading, heading_name(&rest, i), heading_value(&rest, i));
    heading_fini(&rest);
}

static void head(struct stage *stage, struct answer *answer)
{
    struct compress *c = (struct compress *)stage;
    if (c->coding == CODING_NONE) {
        stage_pass_head(stage, answer);
        return;
    }
    put_vary(&answer->heading);
    if (c->idle) {
        heading_drop(&answer->heading, STR("no-gzip-compression"));
        stage_pass_head(stage, answer);
        return;
    }
    struct heading kept = c->answer.heading;
    heading_copy(&kept, &answer->heading);
    c->answer = *answer;
    c->answer.heading = kept;
    c->waiting = true;
}

static void decide(struct compress *c, struct str first)
{
    struct heading *heading = &c->answer.heading;
    c->waiting = false;
    c->streams = c->answer.length < 0;
    if (first.n && coding_applies(c->stage.directive, c->coding, heading, c->answer.length, first))
        c->codec = codec_create(c->coding);
    if (c->coding == CODING_GZIP)
        heading_drop(heading, STR("no-gzip-compression"));
    if (c->codec) {
        heading_drop(heading, STR("content-encoding"));
        heading_add(heading, STR("content-encoding"), coding_name(c->coding));
        if (c->coding == CODING_GZIP)
            heading_drop(heading, STR("accept-ranges"));
        c->answer.length = -1;
        counter_add(&c->stage.exchange->worker->counters.compressed, 1);
    }
    stage_pass_head(&c->stage, &c->answer);
}

static void put(struct compress *c, struct str bytes, enum codec_step step)
{
    buf_reset(&c->out);
    c->failed = c->failed || !codec_put(c->codec, bytes, step, &c->out);
    if (c->out.n && !c->failed)
        stage_pass_data(&c->stage, buf_str(&c->out));
}

static void data(struct stage *stage, struct str bytes)
{
    struct compress *c = (struct compress *)stage;
    if (bytes.n && c->waiting)
        decide(c, bytes);
    if (c->codec)
        put(c, bytes, c->streams ? CODEC_FLUSH : CODEC_GO_ON);
    else if (!c->waiting)
        stage_pass_data(stage, bytes);
}

static void end(struct stage *stage, bool whole, const struct heading *trailers)
{
    struct compress *c = (struct compress *)stage;
    if (c->waiting && whole)
        decide(c, (struct str){ 0 });
    if (c->codec && whole)
        put(c, (struct str){ 0 }, CODEC_END);
    stage_pass_end(stage, whole && !c->failed, trailers);
}

static void fini(struct stage *stage)
{
    struct compress *c = (struct compress *)stage;
    codec_destroy(c->codec);
    buf_fini(&c->out);
    heading_fini(&c->answer.heading);
}

const struct stage_type compress_stage = { .size = sizeof(struct compress),
                                           .start = start,
                                           .interim = stage_pass_interim,
                                           .head = head,
                                           .data = data,
                                           .end = end,
                                           .fini = fini };
