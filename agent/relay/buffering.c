/* buffering: requests and answers are read whole before they go on; perhaps the request is sent again. */
#include <stdlib.h>

#include "relay/expression.h"
#include "relay/worker.h"

/* Tries behind the first (oxy/buffer DefaultMaxRetryAttempts); bytes that are kept in memory at most; bytes
 * that go on at once. */
enum { MOST_RETRIES = 10, MOST_MEMORY = 16 << 20, PIECE = 64 << 10 };

struct buffering {
    struct stage stage; /* first */
    struct source source;
    struct collector collector;
    struct answer answer;
    struct spool spool;
    uint64_t sent;
    int64_t attempts;
    bool over, sending;
};

static size_t memory_of(int64_t wanted)
{
    return wanted < MOST_MEMORY ? (size_t)wanted : MOST_MEMORY;
}

static void try_once(struct buffering *b)
{
    const struct directive *d = b->stage.directive;
    b->attempts++;
    b->over = false;
    spool_fini(&b->spool);
    spool_init(&b->spool, b->stage.exchange->worker->folder, memory_of(d->buffer.answer_memory));
    stage_open_inner(&b->stage);
}

/* What came in chunks goes on with its length. */
static void on_collected(struct collector *collector, bool over)
{
    struct buffering *b = (struct buffering *)((char *)collector - offsetof(struct buffering, collector));
    struct request *request = b->stage.exchange->request;
    if (over) {
        stage_reply(&b->stage, 413);
        return;
    }
    request->empty_body = request->empty_body || (request->body.length < 0 && request->body.spool.end == 0);
    request->body.length = (int64_t)request->body.spool.end;
    try_once(b);
}

static void start(struct stage *stage)
{
    struct buffering *b = (struct buffering *)stage;
    struct body *body = &stage->exchange->request->body;
    spool_init(&b->spool, stage->exchange->worker->folder, 0);
    if (body->spool.end == 0)
        body->spool.memory_max = memory_of(stage->directive->buffer.memory);
    collector_start(&b->collector, body, stage->directive->max_body, on_collected);
}

static void head(struct stage *stage, struct answer *answer)
{
    struct buffering *b = (struct buffering *)stage;
    heading_drop(&answer->heading, STR(HEADER_ASKED)); /* that of a copy */
    heading_copy(&b->answer.heading, &answer->heading);
    struct heading kept = b->answer.heading;
    b->answer = *answer;
    b->answer.heading = kept;
}

static void data(struct stage *stage, struct str bytes)
{
    struct buffering *b = (struct buffering *)stage;
    int64_t most = stage->directive->buffer.max_answer;
    if (b->over)
        return;
    b->over = most >= 0 && b->spool.end + bytes.n > (uint64_t)most;
    if (b->over)
        stage_give_up(stage);
    else if (!spool_append(&b->spool, bytes))
        stage_give_up(stage);
}

/* Sends what is there, as long as it is taken. */
static void send_pieces(struct buffering *b)
{
    char piece[PIECE];
    while (!b->stage.exchange->paused && b->sent < b->spool.end) {
        size_t n = spool_read(&b->spool, b->sent, piece, sizeof piece);
        if (n == 0)
            break;
        b->sent += n;
        stage_pass_data(&b->stage, str_of(piece, n));
    }
    if (b->sent < b->spool.end && !b->spool.failed)
        return;
    b->sending = false;
    b->stage.exchange->source = NULL;
    stage_pass_end(&b->stage, !b->spool.failed, NULL);
}

static void on_room(struct source *source)
{
    struct buffering *b = (struct buffering *)((char *)source - offsetof(struct buffering, source));
    if (b->sending)
        send_pieces(b);
}

static void send_answer(struct buffering *b)
{
    if (b->answer.length < 0)
        b->answer.length = (int64_t)b->spool.end;
    stage_close(&b->stage.inner);
    b->source.resume = on_room;
    b->stage.exchange->source = &b->source;
    b->sending = true;
    stage_pass_head(&b->stage, &b->answer);
    send_pieces(b);
}

static bool is_tried_again(const struct buffering *b)
{
    struct expression_facts facts = { b->attempts, b->answer.status, b->stage.exchange->request->method };
    struct str again = b->stage.directive->buffer.again;
    return again.n && b->attempts <= MOST_RETRIES && expression_holds(again, &facts);
}

static void end(struct stage *stage, bool whole, const struct heading *trailers)
{
    struct buffering *b = (struct buffering *)stage;
    (void)trailers;
    if (b->over || b->spool.failed) {
        stage_reply(stage, 500);
    } else if (!whole) {
        stage_pass_end(stage, false, NULL);
    } else if (is_tried_again(b)) {
        stage_close(&stage->inner);
        counter_add(&stage->exchange->worker->counters.retries, 1);
        try_once(b);
    } else {
        send_answer(b);
    }
}

static void fini(struct stage *stage)
{
    struct buffering *b = (struct buffering *)stage;
    collector_close(&b->collector);
    if (stage->exchange->source == &b->source)
        stage->exchange->source = NULL;
    spool_fini(&b->spool);
    heading_fini(&b->answer.heading);
}

const struct stage_type buffering_stage = {
    .size = sizeof(struct buffering), .start = start, .head = head, .data = data, .end = end, .fini = fini
};
