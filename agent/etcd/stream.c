#include "etcd/stream.h"

#include "etcd/limits.h"
#include "sys/clock.h"

static void fail(struct etcd_stream *s, enum etcd_fault_kind kind, const char *text)
{
    s->fault = etcd_fault_make(kind, str_c(text));
}

static void take_change(struct etcd_stream *s, const struct etcd_change *change)
{
    s->position->revision = change->revision;
    if (!str_starts(change->event.key, s->prefix))
        return;
    s->position->pairs += change->event.deleted ? -1 : change->created ? 1 : 0;
    vec_push(&s->events, change->event);
}

/* A message holds whole revisions; after a reconnect it may repeat some that we have. */
static void take_changes(struct etcd_stream *s)
{
    int64_t known = s->position->revision;
    for (size_t i = 0; i < s->message.changes.n && !s->fault.kind; i++) {
        const struct etcd_change *change = &s->message.changes.p[i];
        if (change->revision <= known)
            continue;
        if (change->revision < s->position->revision)
            fail(s, ETCD_FAULT_DRIFT, "events out of order");
        else
            take_change(s, change);
    }
}

/* Another cluster, or one that has lost revisions that we have, makes what we hold worthless. */
static bool is_our_store(const struct etcd_stream *s, const struct etcd_header *header)
{
    bool other = header->cluster_id && header->cluster_id != s->position->cluster_id;
    return !other && !(s->message.created && header->revision && header->revision < s->position->revision);
}

static void take_line(struct etcd_stream *s, struct str line)
{
    const struct etcd_message *m = &s->message;
    if (str_trim(line).n == 0)
        return;
    if (!s->arena)
        s->arena = arena_create();
    s->heard_ns = clock_monotonic_ns();
    if (!etcd_read_message(s->arena, line, &s->message))
        s->fault = etcd_fault_make(ETCD_FAULT_ANSWER, str_head(line, 80));
    else if (m->fault.kind)
        s->fault = m->fault;
    else if (!is_our_store(s, &m->header))
        fail(s, ETCD_FAULT_STORE, "another store, or an older state of it; reading everything anew");
    else if (m->created)
        s->created = true;
    else if (m->changes.n)
        take_changes(s);
    else if (m->watch_id >= 0 && m->header.revision > s->position->revision)
        s->position->revision = m->header.revision; /* a progress notice: nothing of ours up to there */
}

/* Cuts the bytes into lines. A line that stands whole in them is not copied. */
static void receive(void *context, struct str bytes)
{
    struct etcd_stream *s = context;
    if (s->call.status != 200) { /* a refusal, to be read when it is whole */
        buf_put(&s->line, str_head(bytes, s->line.n < ETCD_MAX_ERROR_BODY ? ETCD_MAX_ERROR_BODY : 0));
        return;
    }
    while (bytes.n && !s->fault.kind) {
        size_t end = str_find(bytes, '\n');
        struct str head = str_head(bytes, end);
        bool whole = end < bytes.n;
        if (s->line.n || !whole)
            buf_put(&s->line, head);
        if (s->line.failed) {
            fail(s, ETCD_FAULT_TOO_LARGE, "a message larger than 64 MiB; reading everything anew");
        } else if (whole) {
            take_line(s, s->line.n ? buf_str(&s->line) : head);
            if (s->line.cap > ETCD_KEEP_LINE)
                buf_fini(&s->line);
            buf_reset(&s->line);
        }
        bytes = str_from(bytes, end + 1);
    }
}

void etcd_stream_open(struct etcd_stream *stream, struct etcd_client *client, struct etcd_position *position)
{
    const struct etcd_config *config = client->config;
    *stream = (struct etcd_stream){
        .prefix = config->prefix,
        .position = position,
        .line = buf_make(ETCD_MAX_LINE),
        .heard_ns = clock_monotonic_ns(),
    };
    struct buf body = { 0 };
    etcd_put_watch_request(&body, config->prefix, config->prefix_end, position->revision + 1);
    etcd_client_start(client, &stream->call, ETCD_PATH_WATCH,
                      (struct etcd_http_request){
                          .body = buf_str(&body), .endless = true, .receive = receive, .context = stream });
    buf_fini(&body);
}

void etcd_stream_close(struct etcd_stream *stream, struct etcd_client *client)
{
    etcd_http_close(client->http, &stream->call);
    buf_fini(&stream->line);
    etcd_message_fini(&stream->message);
    arena_destroy(stream->arena);
    vec_fini(&stream->events);
    *stream = (struct etcd_stream){ 0 };
}

const struct etcd_fault *etcd_stream_check(struct etcd_stream *stream)
{
    const struct etcd_http_call *call = &stream->call;
    if (stream->fault.kind || !call->done)
        return &stream->fault;
    if (call->status && call->status != 200)
        stream->fault = etcd_read_error(call->status, buf_str(&stream->line));
    else if (call->fault.kind)
        stream->fault = call->fault;
    else
        take_line(stream,
                  buf_str(&stream->line)); /* 3.4 ends the last line, an error, with the stream alone */
    if (stream->fault.kind == ETCD_OK)
        fail(stream, ETCD_FAULT_CONNECT, "the watch has ended");
    return &stream->fault;
}

struct etcd_batch *etcd_stream_take(struct etcd_stream *stream)
{
    size_t n = stream->events.n;
    if (n == 0)
        return NULL;
    struct arena *arena = stream->arena;
    struct etcd_event *events = ARENA_ARRAY(arena, struct etcd_event, n);
    memcpy(events, stream->events.p, n * sizeof *events);
    struct etcd_batch *batch = ARENA_NEW(arena, struct etcd_batch);
    *batch = (struct etcd_batch){
        .arena = arena, .revision = stream->position->revision, .events = events, .n_events = n
    };
    stream->arena = NULL;
    stream->events.n = 0;
    return batch;
}
