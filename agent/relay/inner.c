#include "relay/inner.h"

#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "relay/heading_reader.h"
#include "relay/worker.h"

enum {
    READ_SIZE = 64 << 10,
    OUT_AHEAD = 256 << 10,
    MOST_KEPT = 256, /* connections of one worker */
};

struct inner {
    struct relay_worker *worker;
    struct inner_list *list; /* that it is in, one of its worker's */
    LIST_ENTRY(inner) entry;
    uv_pipe_t pipe;
    uv_connect_t connect;
    http_parser parser;
    struct inner_user *user; /* NULL: it is kept, or closing */
    struct answer answer;
    struct heading trailers;
    struct heading_reader reader;
    size_t waiting; /* bytes */
    bool used;      /* a request was answered on it before */
    bool is_head, head_done, answered, finished;
    bool heard, reading, closing, failed;
};

struct piece {
    uv_write_t request;
    struct inner *inner;
    char *bytes;
    size_t n;
};

static void on_readable(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes);

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)handle;
    (void)suggested;
    *out = uv_buf_init(xmalloc(READ_SIZE), READ_SIZE);
}

static void set_reading(struct inner *inner, bool on)
{
    if (inner->closing || inner->reading == on)
        return;
    inner->reading = on;
    if (on)
        uv_read_start((uv_stream_t *)&inner->pipe, on_alloc, on_readable);
    else
        uv_read_stop((uv_stream_t *)&inner->pipe);
}

static void on_closed(uv_handle_t *handle)
{
    struct inner *inner = handle->data;
    heading_fini(&inner->answer.heading);
    heading_fini(&inner->trailers);
    heading_reader_fini(&inner->reader);
    free(inner);
}

static void enter(struct inner *inner, struct inner_list *list)
{
    inner->list = list;
    LIST_INSERT_HEAD(list, inner, entry);
}

static void leave(struct inner *inner)
{
    LIST_REMOVE(inner, entry);
    inner->worker->n_kept -= inner->list == &inner->worker->kept;
}

static void close_inner(struct inner *inner)
{
    if (inner->closing)
        return;
    leave(inner);
    inner->user = NULL;
    inner->closing = true;
    uv_close((uv_handle_t *)&inner->pipe, on_closed);
}

/* It broke off. Nothing is sent again but what HAProxy has not looked at: it is gone before the request is
 * sent, or a unix socket says "reset", not just the end. */
static void end_broken(struct inner *inner, int code)
{
    struct inner_user *user = inner->user;
    bool lost = inner->used && !inner->heard && (code == UV_ECONNRESET || inner->failed);
    close_inner(inner);
    if (user)
        user->end(user, false, lost, NULL);
}

/* --- the answer --- */

static int on_begin(http_parser *parser)
{
    struct inner *inner = parser->data;
    heading_reset(&inner->answer.heading);
    heading_reader_start(&inner->reader, &inner->answer.heading);
    inner->answer.reason[0] = '\0';
    return 0;
}

static int on_reason(http_parser *parser, const char *p, size_t n)
{
    struct inner *inner = parser->data;
    size_t at = strlen(inner->answer.reason);
    snprintf(inner->answer.reason + at, sizeof inner->answer.reason - at, "%.*s", (int)n, p);
    return 0;
}

static int on_name(http_parser *parser, const char *p, size_t n)
{
    struct inner *inner = parser->data;
    return !heading_reader_name(&inner->reader, str_of(p, n));
}

static int on_value(http_parser *parser, const char *p, size_t n)
{
    struct inner *inner = parser->data;
    return !heading_reader_value(&inner->reader, str_of(p, n));
}

/* What is between HAProxy and us ends here. */
static void take_framing(struct answer *answer)
{
    static const char *const between[] = { "content-length", "transfer-encoding", "connection", "keep-alive",
                                           HEADER_UNSENT };
    struct str length = heading_get(&answer->heading, STR("content-length"));
    if (!length.p || !str_to_int64(length, &answer->length) || answer->length < 0)
        answer->length = -1;
    answer->unsent = heading_get(&answer->heading, STR(HEADER_UNSENT)).p != NULL;
    for (size_t i = 0; i < sizeof between / sizeof *between; i++)
        heading_drop(&answer->heading, str_c(between[i]));
}

static int on_headers(http_parser *parser)
{
    struct inner *inner = parser->data;
    if (!heading_reader_end(&inner->reader) || inner->answered || !inner->user)
        return -1;
    inner->answer.status = (int)parser->status_code;
    if (inner->answer.status == 101)
        return -1; /* nobody has asked for it */
    take_framing(&inner->answer);
    inner->head_done = inner->answer.status >= 200;
    if (inner->head_done)
        heading_reader_start(&inner->reader, &inner->trailers);
    inner->user->head(inner->user, &inner->answer);
    return inner->is_head;
}

static int on_body(http_parser *parser, const char *p, size_t n)
{
    struct inner *inner = parser->data;
    return !inner->user || !inner->user->data(inner->user, str_of(p, n));
}

static int on_complete(http_parser *parser)
{
    struct inner *inner = parser->data;
    if (!inner->head_done)
        return 0;
    inner->answered = heading_reader_end(&inner->reader);
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_begin,
    .on_status = on_reason,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_headers,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

/* The answer is whole: the connection is kept if it can be. */
static void end_whole(struct inner *inner, bool clean)
{
    struct inner_user *user = inner->user;
    struct heading trailers = inner->trailers;
    inner->trailers = (struct heading){ 0 };
    inner->user = NULL;
    inner->used = true;
    if (clean && inner->finished && !inner->waiting && inner->worker->n_kept < MOST_KEPT) {
        leave(inner);
        enter(inner, &inner->worker->kept);
        inner->worker->n_kept++;
        set_reading(inner, true);
    } else {
        close_inner(inner);
    }
    user->end(user, true, false, &trailers);
    heading_fini(&trailers);
}

static void on_readable(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct inner *inner = stream->data;
    size_t used = 0;
    enum http_errno code = HPE_OK;
    if (n > 0 && inner->user) {
        inner->heard = true;
        used = http_parser_execute(&inner->parser, &settings, bytes->base, (size_t)n);
        code = HTTP_PARSER_ERRNO(&inner->parser);
    }
    free(bytes->base);
    if (n == 0 || inner->closing)
        return;
    if (inner->answered && inner->user)
        end_whole(inner, used == (size_t)n && http_should_keep_alive(&inner->parser));
    else if (n < 0 || !inner->user || code != HPE_OK)
        end_broken(inner, n < 0 ? (int)n : 0);
}

void inner_hold(struct inner *inner, bool hold)
{
    set_reading(inner, !hold);
}

/* --- the request --- */

static void on_connected(uv_connect_t *connect, int status)
{
    struct inner *inner = connect->data;
    if (status < 0 && !inner->closing)
        end_broken(inner, 0);
    else if (!inner->closing)
        set_reading(inner, true);
}

static void on_written(uv_write_t *request, int status)
{
    struct piece *piece = (struct piece *)request;
    struct inner *inner = piece->inner;
    inner->waiting -= piece->n;
    free(piece->bytes);
    free(piece);
    if (inner->closing)
        return;
    if (status < 0) {
        /* What HAProxy may have answered is still there to be read; that it ends is told there. */
        inner->failed = true;
        set_reading(inner, true);
    } else if (inner->user && !inner_is_full(inner)) {
        inner->user->room(inner->user);
    }
}

static struct inner *inner_create(struct relay_worker *worker)
{
    struct inner *inner = xmalloc(sizeof *inner);
    *inner = (struct inner){ .worker = worker };
    uv_pipe_init(&worker->loop.uv, &inner->pipe, 0);
    inner->pipe.data = inner->connect.data = inner;
    uv_pipe_connect(&inner->connect, &inner->pipe, worker->inner, on_connected);
    return inner;
}

struct inner *inner_open(struct relay_worker *worker, struct inner_user *user, bool kept, bool head)
{
    struct inner *inner = kept ? LIST_FIRST(&worker->kept) : NULL;
    if (inner)
        leave(inner);
    else
        inner = inner_create(worker);
    enter(inner, &worker->inners);
    inner->user = user;
    inner->is_head = head;
    inner->head_done = inner->answered = inner->finished = inner->heard = false;
    inner->answer.length = -1;
    http_parser_init(&inner->parser, HTTP_RESPONSE);
    inner->parser.data = inner;
    return inner;
}

void inner_send(struct inner *inner, struct str bytes)
{
    struct piece *piece = xmalloc(sizeof *piece);
    *piece = (struct piece){ .inner = inner, .bytes = xmalloc(bytes.n), .n = bytes.n };
    memcpy(piece->bytes, bytes.p, bytes.n);
    uv_buf_t all = uv_buf_init(piece->bytes, (unsigned)bytes.n);
    inner->waiting += bytes.n;
    if (!inner->failed && uv_write(&piece->request, (uv_stream_t *)&inner->pipe, &all, 1, on_written) == 0)
        return;
    inner->failed = true;
    inner->waiting -= bytes.n;
    free(piece->bytes);
    free(piece);
}

bool inner_is_full(const struct inner *inner)
{
    return inner->waiting > OUT_AHEAD;
}

void inner_finish(struct inner *inner)
{
    inner->finished = true;
}

void inner_drop(struct inner *inner)
{
    close_inner(inner);
}

void inners_close(struct relay_worker *worker)
{
    while (!LIST_EMPTY(&worker->inners))
        close_inner(LIST_FIRST(&worker->inners));
    while (!LIST_EMPTY(&worker->kept))
        close_inner(LIST_FIRST(&worker->kept));
}
