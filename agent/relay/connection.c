#include "relay/connection.h"

#include <assert.h>
#include <http_parser.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "relay/heading_reader.h"
#include "relay/worker.h"

enum {
    READ_SIZE = 64 << 10,
    OUT_AHEAD = 256 << 10, /* bytes that wait to be sent before the sender of the answer has to wait */
    OUT_LOW = 64 << 10,
    MOST_TARGET = 512 << 10, /* HAProxy's limit is far below */
};

struct relay_connection {
    struct stage stage; /* the outermost, first */
    struct relay_worker *worker;
    LIST_ENTRY(relay_connection) entry; /* in the worker's */
    struct relay_connection *next_unsent;
    uv_pipe_t pipe;
    http_parser parser;
    struct exchange exchange;
    /* The head that is being read. */
    struct buf target;
    struct heading heading;
    struct heading_reader reader;
    /* The answer. */
    struct buf out;
    size_t n_writes;
    bool busy;     /* a request is on its way */
    bool read_all; /* … and all of it has been read */
    bool head_sent, chunked, bodyless, answered;
    bool last;   /* the connection ends behind this answer */
    bool broken; /* … at once: the answer is not whole */
    bool listed; /* in worker->unsent */
    bool reading, closing;
};

struct written {
    uv_write_t request;
    char *bytes;
};

static void on_readable(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes);
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out);

static void set_reading(struct relay_connection *c, bool on)
{
    if (c->closing || c->reading == on)
        return;
    c->reading = on;
    if (on)
        uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_readable);
    else
        uv_read_stop((uv_stream_t *)&c->pipe);
}

/* Something is to be done for it at the end of this turn. */
static void list(struct relay_connection *c)
{
    if (c->listed)
        return;
    c->listed = true;
    c->next_unsent = c->worker->unsent;
    c->worker->unsent = c;
}

/* --- its end --- */

static void end_exchange(struct relay_connection *c)
{
    if (!c->busy)
        return;
    c->busy = false;
    c->exchange.request->body.drained = NULL; /* copies may keep the request */
    stage_close(&c->stage.inner);
    request_release(c->exchange.request);
    c->exchange = (struct exchange){ .worker = c->worker };
    counter_add(&c->worker->counters.open_requests, (uint64_t)-1);
}

static void on_closed(uv_handle_t *handle)
{
    struct relay_connection *c = handle->data;
    buf_fini(&c->target);
    heading_reader_fini(&c->reader);
    buf_fini(&c->out);
    heading_fini(&c->heading);
    free(c);
}

static void close_connection(struct relay_connection *c)
{
    if (c->closing)
        return;
    set_reading(c, false);
    c->closing = true;
    if (c->busy && !c->answered)
        counter_add(&c->worker->counters.aborted, 1);
    end_exchange(c);
    LIST_REMOVE(c, entry);
    for (struct relay_connection **at = &c->worker->unsent; c->listed && *at; at = &(*at)->next_unsent)
        if (*at == c) {
            *at = c->next_unsent;
            break;
        }
    uv_close((uv_handle_t *)&c->pipe, on_closed);
}

/* --- the answer --- */

/* The receiver has caught up. */
static void relieve(struct relay_connection *c)
{
    if (!c->exchange.paused || c->out.n + uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) > OUT_LOW)
        return;
    c->exchange.paused = false;
    if (c->exchange.source)
        c->exchange.source->resume(c->exchange.source);
}

static void on_written(uv_write_t *request, int status)
{
    struct written *written = (struct written *)request;
    struct relay_connection *c = request->handle->data;
    free(written->bytes);
    free(written);
    if (c->closing)
        return;
    c->n_writes--;
    if (status < 0) {
        close_connection(c);
        return;
    }
    relieve(c);
    list(c);
}

static void send_out(struct relay_connection *c)
{
    if (c->out.n == 0 || c->closing)
        return;
    uv_buf_t all = uv_buf_init(c->out.p, (unsigned)c->out.n);
    int n = c->n_writes ? UV_EAGAIN : uv_try_write((uv_stream_t *)&c->pipe, &all, 1);
    if (n == (int)c->out.n) {
        buf_reset(&c->out);
        return;
    }
    if (n < 0 && n != UV_EAGAIN) {
        close_connection(c);
        return;
    }
    struct written *written = xmalloc(sizeof *written);
    written->bytes = c->out.p;
    size_t sent = n > 0 ? (size_t)n : 0;
    all = uv_buf_init(c->out.p + sent, (unsigned)(c->out.n - sent));
    c->out = (struct buf){ 0 };
    c->n_writes++;
    if (uv_write(&written->request, (uv_stream_t *)&c->pipe, &all, 1, on_written) < 0) {
        free(written->bytes);
        free(written);
        c->n_writes--;
        close_connection(c);
    }
}

static void mind_pressure(struct relay_connection *c)
{
    if (c->out.n + uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) > OUT_AHEAD)
        c->exchange.paused = true;
    list(c);
}

static void on_interim(struct stage *stage, const struct answer *answer)
{
    struct relay_connection *c = (struct relay_connection *)stage;
    if (c->head_sent || answer->status == 100)
        return; /* that one was sent when the body was waited for */
    buf_printf(&c->out, "HTTP/1.1 %d %s\r\n", answer->status, answer->reason);
    heading_put(&c->out, &answer->heading);
    buf_puts(&c->out, "\r\n");
    list(c);
}

static void on_head(struct stage *stage, struct answer *answer)
{
    struct relay_connection *c = (struct relay_connection *)stage;
    bool head = str_eq(c->exchange.request->method, STR("HEAD"));
    c->head_sent = true;
    c->bodyless = head || answer->status == 204 || answer->status == 304;
    c->chunked = !c->bodyless && answer->length < 0;
    c->last = !c->read_all; /* what is left of the request may stay unread */
    buf_printf(&c->out, "HTTP/1.1 %03d %s\r\n", answer->status, answer->reason);
    heading_put(&c->out, &answer->heading);
    if (answer->unsent)
        buf_puts(&c->out, HEADER_UNSENT ": 1\r\n");
    if (answer->length >= 0 && answer->status != 204)
        buf_printf(&c->out, "content-length: %" PRId64 "\r\n", answer->length);
    else if (c->chunked)
        buf_puts(&c->out, "transfer-encoding: chunked\r\n");
    if (c->last)
        buf_puts(&c->out, "connection: close\r\n");
    buf_puts(&c->out, "\r\n");
    list(c);
}

static void on_data(struct stage *stage, struct str bytes)
{
    struct relay_connection *c = (struct relay_connection *)stage;
    if (c->bodyless || bytes.n == 0)
        return;
    if (c->chunked)
        buf_printf(&c->out, "%zx\r\n", bytes.n);
    buf_put(&c->out, bytes);
    if (c->chunked)
        buf_puts(&c->out, "\r\n");
    mind_pressure(c);
}

/* What broke off must not look whole: the connection ends without what would end the answer. */
static void on_end(struct stage *stage, bool whole, const struct heading *trailers)
{
    struct relay_connection *c = (struct relay_connection *)stage;
    c->answered = true;
    if (!whole) {
        counter_add(&c->worker->counters.broken, 1);
        c->broken = true;
    } else if (c->chunked) {
        buf_puts(&c->out, "0\r\n");
        if (trailers)
            heading_put(&c->out, trailers);
        buf_puts(&c->out, "\r\n");
    }
    list(c);
}

static const struct stage_type connection_stage = { .size = sizeof(struct relay_connection),
                                                    .interim = on_interim,
                                                    .head = on_head,
                                                    .data = on_data,
                                                    .end = on_end };

/* --- the request --- */

static int on_begin(http_parser *parser)
{
    struct relay_connection *c = parser->data;
    buf_reset(&c->target);
    heading_reset(&c->heading);
    heading_reader_start(&c->reader, &c->heading); /* whatever a trailer of the last request has left there */
    return 0;
}

static int on_target(http_parser *parser, const char *p, size_t n)
{
    struct relay_connection *c = parser->data;
    buf_put(&c->target, str_of(p, n));
    return c->target.n > MOST_TARGET;
}

static int on_name(http_parser *parser, const char *p, size_t n)
{
    struct relay_connection *c = parser->data;
    return !heading_reader_name(&c->reader, str_of(p, n));
}

static int on_value(http_parser *parser, const char *p, size_t n)
{
    struct relay_connection *c = parser->data;
    return !heading_reader_value(&c->reader, str_of(p, n));
}

static void on_drained(void *context)
{
    struct relay_connection *c = context;
    if (!c->read_all)
        set_reading(c, true);
}

static int on_headers(http_parser *parser)
{
    struct relay_connection *c = parser->data;
    if (!heading_reader_end(&c->reader) || c->busy)
        return -1;
    struct request_head head = { .method = str_c(http_method_str((enum http_method)parser->method)),
                                 .target = buf_str(&c->target),
                                 .heading = &c->heading,
                                 .chunked = parser->flags & F_CHUNKED,
                                 .length = (int64_t)parser->content_length };
    bool understood;
    struct request *request = request_take(c->worker->folder, &head, &understood);
    request->body.drained = on_drained;
    request->body.context = c;
    c->exchange = (struct exchange){ .worker = c->worker, .request = request };
    c->busy = true;
    c->read_all = c->head_sent = c->answered = c->last = c->broken = false;
    counter_add(&c->worker->counters.requests, 1);
    counter_add(&c->worker->counters.open_requests, 1);
    if (!understood) {
        struct answer answer = { .status = 502, .reason = "Bad Gateway", .length = 0 };
        log_line(c->worker->log, LOG_LINE_ERROR, "relay",
                 "HAProxy asks for what this relay does not know: is it of another version?");
        on_head(&c->stage, &answer);
        on_end(&c->stage, true, NULL);
        return 0;
    }
    if (!request->body.complete &&
        str_eq_nocase(heading_get(&request->heading, STR("expect")), STR("100-continue"))) {
        buf_puts(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
        list(c);
    }
    stage_open_inner(&c->stage);
    return 0;
}

static int on_body(http_parser *parser, const char *p, size_t n)
{
    struct relay_connection *c = parser->data;
    if (!c->busy || c->answered)
        return 0;
    body_append(&c->exchange.request->body, str_of(p, n));
    if (body_is_full(&c->exchange.request->body))
        set_reading(c, false);
    return 0;
}

/* No request comes before the last one is answered. */
static int on_complete(http_parser *parser)
{
    struct relay_connection *c = parser->data;
    c->read_all = true;
    if (c->busy && !c->exchange.request->body.complete)
        body_end(&c->exchange.request->body, true);
    http_parser_pause(parser, 1);
    list(c);
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_begin,
    .on_url = on_target,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_headers,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)handle;
    (void)suggested;
    *out = uv_buf_init(xmalloc(READ_SIZE), READ_SIZE);
}

static void on_readable(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct relay_connection *c = stream->data;
    bool ended = n < 0;
    if (n > 0) {
        size_t used = http_parser_execute(&c->parser, &settings, bytes->base, (size_t)n);
        enum http_errno code = HTTP_PARSER_ERRNO(&c->parser);
        if (code == HPE_PAUSED)
            http_parser_pause(&c->parser, 0);
        ended = (code != HPE_OK && code != HPE_PAUSED) || used < (size_t)n;
    }
    free(bytes->base);
    if (ended)
        close_connection(c); /* HAProxy went away: nobody waits for the answer */
}

/* --- the turns of the loop --- */

static void next_request(struct relay_connection *c)
{
    end_exchange(c);
    c->answered = c->head_sent = false;
    http_parser_init(&c->parser, HTTP_REQUEST);
    set_reading(c, true);
}

static void flush(struct relay_connection *c)
{
    if (c->busy && c->answered) /* nobody asks for more of it */
        stage_close(&c->stage.inner);
    send_out(c);
    if (!c->closing)
        relieve(c);
    if (c->closing || !c->busy || !c->answered || c->n_writes)
        return;
    if (c->broken || (c->read_all && c->last))
        close_connection(c);
    else if (c->read_all)
        next_request(c);
    else
        set_reading(c, true); /* HAProxy reads the answer and goes; with bytes unread it might miss it */
}

void relay_connections_flush(struct relay_worker *worker)
{
    while (worker->unsent) {
        struct relay_connection *c = worker->unsent;
        worker->unsent = c->next_unsent;
        c->listed = false;
        flush(c);
    }
}

void relay_connections_close(struct relay_worker *worker)
{
    while (!LIST_EMPTY(&worker->connections))
        close_connection(LIST_FIRST(&worker->connections));
}

void relay_connection_accept(struct relay_worker *worker)
{
    struct relay_connection *c = xmalloc(sizeof *c);
    *c = (struct relay_connection){ .stage = { .type = &connection_stage }, .worker = worker };
    c->stage.exchange = &c->exchange;
    c->exchange.worker = worker;
    uv_pipe_init(&worker->loop.uv, &c->pipe, 0);
    c->pipe.data = c;
    http_parser_init(&c->parser, HTTP_REQUEST);
    c->parser.data = c;
    LIST_INSERT_HEAD(&worker->connections, c, entry);
    if (uv_accept((uv_stream_t *)&worker->loop.listener, (uv_stream_t *)&c->pipe) < 0) {
        close_connection(c);
        return;
    }
    set_reading(c, true);
}
