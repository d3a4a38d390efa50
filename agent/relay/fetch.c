#include "relay/fetch.h"

#include <inttypes.h>
#include <stddef.h>

#include "relay/inner.h"
#include "relay/worker.h"

/* A request of so many bytes is sent at once, on a connection that was kept: HAProxy has read all of it or
 * nothing, so it is known whether it may be sent again. A longer one gets a connection of its own. */
enum { SMALL = 16 << 10, PIECE = 32 << 10 };

struct fetch {
    struct stage stage; /* first */
    struct source source;
    struct inner_user user;
    struct body_reader reader;
    struct inner *inner; /* NULL: it has ended */
    struct buf out;      /* the request, as far as it is sent at once */
    bool is_head;
    bool streams; /* the body is sent as it comes */
    bool sent;    /* all of it */
    bool held;    /* the receiver of the answer is slow */
    bool again;   /* it was sent again */
    bool head_done;
    bool unwanted; /* the rest of the answer is */
};

static struct body *body_of(const struct fetch *f)
{
    return &f->stage.exchange->request->body;
}

/* --- the answer --- */

static void on_head(struct inner_user *user, struct answer *answer)
{
    struct fetch *f = (struct fetch *)((char *)user - offsetof(struct fetch, user));
    if (answer->status < 200) {
        stage_pass_interim(&f->stage, answer);
        return;
    }
    f->head_done = true;
    stage_pass_head(&f->stage, answer);
}

static bool on_data(struct inner_user *user, struct str bytes)
{
    struct fetch *f = (struct fetch *)((char *)user - offsetof(struct fetch, user));
    if (f->unwanted)
        return false;
    stage_pass_data(&f->stage, bytes);
    f->held = f->stage.exchange->paused;
    if (f->held)
        inner_hold(f->inner, true);
    return !f->unwanted;
}

static void on_resume(struct source *source)
{
    struct fetch *f = (struct fetch *)((char *)source - offsetof(struct fetch, source));
    if (f->held && f->inner)
        inner_hold(f->inner, false);
    f->held = false;
}

void fetch_give_up(struct fetch *fetch)
{
    fetch->unwanted = true;
}

static void send_all(struct fetch *f, bool kept)
{
    f->inner = inner_open(f->stage.exchange->worker, &f->user, kept, f->is_head);
    inner_send(f->inner, buf_str(&f->out));
    if (f->streams)
        return;
    f->sent = true;
    inner_finish(f->inner);
}

static void on_end(struct inner_user *user, bool whole, bool lost, const struct heading *trailers)
{
    struct fetch *f = (struct fetch *)((char *)user - offsetof(struct fetch, user));
    f->inner = NULL;
    if (lost && !f->again && !f->streams) {
        f->again = true;
        send_all(f, false);
    } else if (f->head_done) {
        stage_pass_end(&f->stage, whole, trailers);
    } else {
        stage_reply(&f->stage, 502);
    }
}

/* --- the request --- */

static void send_piece(struct fetch *f, struct str bytes)
{
    if (body_of(f)->length >= 0) {
        inner_send(f->inner, bytes);
        return;
    }
    buf_reset(&f->out);
    buf_printf(&f->out, "%zx\r\n", bytes.n);
    buf_put(&f->out, bytes);
    buf_puts(&f->out, "\r\n");
    inner_send(f->inner, buf_str(&f->out));
}

static void give_up_body(struct fetch *f)
{
    inner_drop(f->inner);
    f->inner = NULL;
    if (f->head_done)
        stage_pass_end(&f->stage, false, NULL);
    else
        stage_reply(&f->stage, 502);
}

/* As much of the body as is there and fits. */
static void send_body(struct fetch *f)
{
    char piece[PIECE];
    struct body *body = body_of(f);
    size_t n = 0;
    while (f->inner && !f->sent && !inner_is_full(f->inner) &&
           (n = body_read(body, &f->reader, piece, sizeof piece)))
        send_piece(f, str_of(piece, n));
    if (!f->inner || f->sent || n || inner_is_full(f->inner))
        return;
    if (body->broken) {
        give_up_body(f);
    } else if (body->complete) {
        f->sent = true;
        if (body->length < 0)
            inner_send(f->inner, STR("0\r\n\r\n"));
        inner_finish(f->inner);
    }
}

static void on_more(struct body_reader *reader)
{
    send_body((struct fetch *)((char *)reader - offsetof(struct fetch, reader)));
}

static void on_room(struct inner_user *user)
{
    struct fetch *f = (struct fetch *)((char *)user - offsetof(struct fetch, user));
    if (f->streams)
        send_body(f);
}

static void fini(struct stage *stage)
{
    struct fetch *f = (struct fetch *)stage;
    if (f->inner)
        inner_drop(f->inner);
    body_close_reader(body_of(f), &f->reader);
    if (stage->exchange->live == f)
        stage->exchange->live = NULL;
    if (stage->exchange->source == &f->source)
        stage->exchange->source = NULL;
    buf_fini(&f->out);
}

static const struct stage_type fetch_stage = { .size = sizeof(struct fetch), .fini = fini };

static void put_head(struct fetch *f, const struct fetch_what *what)
{
    const struct request *request = f->stage.exchange->request;
    struct buf *out = &f->out;
    buf_put(out, what->method);
    buf_putc(out, ' ');
    buf_put(out, what->target);
    buf_puts(out, " HTTP/1.1\r\n");
    for (size_t i = 0; i < what->heading->n; i++)
        if (!str_eq_nocase(heading_name(what->heading, i), STR("expect")))
            heading_put_line(out, heading_name(what->heading, i), heading_value(what->heading, i));
    heading_put_line(out, STR(HEADER_NEXT), what->next);
    heading_put_line(out, STR(HEADER_SOURCE), request->source);
    if (request->tls.n)
        heading_put_line(out, STR(HEADER_TLS), request->tls);
}

/* How long the body is, and the body where it is small. */
static void put_body(struct fetch *f)
{
    struct request *request = f->stage.exchange->request;
    struct body *body = &request->body;
    if (body->length < 0)
        buf_puts(&f->out, "transfer-encoding: chunked\r\n\r\n");
    else
        buf_printf(&f->out, "content-length: %" PRId64 "\r\n\r\n", body->length);
    f->reader.more = on_more;
    body_open_reader(body, &f->reader);
    f->streams = !body->complete || body->length < 0 || body->spool.end + f->out.n > SMALL;
    if (f->streams)
        return;
    char *to = buf_reserve(&f->out, SMALL);
    f->out.n += body_read(body, &f->reader, to, SMALL);
}

void fetch_open(struct stage *outer, const struct fetch_what *what)
{
    struct fetch *f = (struct fetch *)stage_create(&fetch_stage, outer, NULL);
    f->user = (struct inner_user){ on_head, on_data, on_room, on_end };
    f->source.resume = on_resume;
    f->stage.exchange->live = f;
    f->stage.exchange->source = &f->source;
    f->is_head = str_eq(what->method, STR("HEAD"));
    put_head(f, what);
    if (what->body && !f->is_head && body_of(f)->length != 0)
        put_body(f);
    else
        buf_puts(&f->out,
                 what->body && f->stage.exchange->request->empty_body ? "content-length: 0\r\n\r\n" : "\r\n");
    send_all(f, !f->streams && f->out.n <= SMALL);
    if (f->streams)
        send_body(f);
}

void fetch_open_target(struct stage *outer, struct str target, const struct heading *heading, bool body)
{
    const struct request *request = outer->exchange->request;
    struct buf next = { 0 };
    buf_printf(&next, "b;%.*s", STR_ARG(target));
    fetch_open(outer,
               &(struct fetch_what){ buf_str(&next), request->method, request->target, heading, body });
    buf_fini(&next);
}
