#include "relay/body.h"

#include <assert.h>

enum {
    IN_MEMORY = 1 << 20, /* what is longer goes to a file */
    ON_ITS_WAY =
        512 << 10, /* more than sockets and HAProxy's buffers hold: what is behind it has reached a server */
};

void body_init(struct body *body, const char *folder, int64_t length)
{
    *body = (struct body){ .length = length, .complete = length == 0 };
    spool_init(&body->spool, folder, IN_MEMORY);
}

void body_fini(struct body *body)
{
    assert(!body->readers);
    spool_fini(&body->spool);
}

/* Each of those that read now is told once. */
static void tell(struct body *body)
{
    unsigned round = ++body->round;
    struct body_reader *reader;
    do {
        for (reader = body->readers; reader && reader->told == round;)
            reader = reader->next;
        if (reader) {
            reader->told = round;
            reader->more(reader);
        }
    } while (reader && body->round == round);
}

void body_append(struct body *body, struct str bytes)
{
    if (body->broken)
        return;
    if (!spool_append(&body->spool, bytes))
        body->broken = true;
    tell(body);
}

void body_end(struct body *body, bool whole)
{
    if (whole && !body->broken)
        body->complete = true;
    else
        body->broken = true;
    tell(body);
}

static uint64_t slowest(const struct body *body)
{
    uint64_t at = UINT64_MAX;
    for (const struct body_reader *r = body->readers; r; r = r->next)
        at = r->at < at ? r->at : at;
    return at == UINT64_MAX ? body->spool.start : at;
}

bool body_is_full(const struct body *body)
{
    return body->spool.end - slowest(body) > BODY_AHEAD;
}

void body_open_reader(struct body *body, struct body_reader *reader)
{
    assert(body->spool.start == 0);
    reader->at = 0;
    reader->told = body->round;
    reader->next = body->readers;
    body->readers = reader;
}

void body_close_reader(struct body *body, struct body_reader *reader)
{
    for (struct body_reader **at = &body->readers; *at; at = &(*at)->next)
        if (*at == reader) {
            *at = reader->next;
            return;
        }
}

size_t body_read(struct body *body, struct body_reader *reader, char *to, size_t n)
{
    size_t got = spool_read(&body->spool, reader->at, to, n);
    body->broken = body->broken || body->spool.failed;
    reader->at += got;
    if (body->keepers == 0 && (!body->replays || slowest(body) > ON_ITS_WAY))
        spool_forget(&body->spool, slowest(body));
    if (got && body->drained && !body_is_full(body))
        body->drained(body->context);
    return got;
}

bool body_can_be_read_again(const struct body *body)
{
    return body->spool.start == 0;
}
