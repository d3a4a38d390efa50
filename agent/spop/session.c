#include "spop/session.h"

#include <stdlib.h>

#include "base/arena.h"
#include "ops/verdict.h"
#include "spop/hello.h"

enum {
    USUAL_ANSWER = 2048,        /* without changes of many headers */
    LARGEST_HELLO = 4096,       /* the peer's first frame, some 130 bytes; nothing is negotiated by then */
    SHORTEST_DELAY_NS = 500000, /* clocks on both sides tick in milliseconds */
};

/* What a frame is handled with. */
struct exchange {
    const struct session_calls *calls;
    void *context;
    int64_t now_ns;
    struct buf *out;
};

void session_init(struct session *session)
{
    *session = (struct session){ .state = SESSION_NEW, .max_frame = LARGEST_HELLO };
}

void session_fini(struct session *session)
{
    buf_fini(&session->partial);
}

static void send_frame(struct buf *out, struct writer *w)
{
    if (!w->failed)
        buf_put(out, writer_str(w));
}

static void close_with(struct session *session, enum spop_status status, const char *message, struct buf *out)
{
    unsigned char memory[USUAL_ANSWER];
    struct writer w = writer_over(memory, sizeof memory);
    disconnect_write(&w, (uint32_t)status, str_c(message));
    send_frame(out, &w);
    session->state = SESSION_CLOSED;
}

static void close_broken(struct session *session, enum spop_status status, const char *message,
                         struct buf *out)
{
    session->problem = message;
    close_with(session, status, message, out);
}

void session_disconnect(struct session *session, const char *message, struct buf *out)
{
    if (session->state == SESSION_OPEN)
        close_with(session, SPOP_NORMAL, message, out);
    session->state = SESSION_CLOSED;
}

static void handle_hello(struct session *session, const struct frame *frame, struct buf *out)
{
    struct hello hello;
    unsigned char memory[USUAL_ANSWER];
    struct writer w = writer_over(memory, sizeof memory);
    enum spop_status status = hello_read(frame->payload, &hello);
    if (status != SPOP_NORMAL) {
        close_broken(session, status, "HAPROXY-HELLO not understood", out);
        return;
    }
    session->max_frame = hello.max_frame_size < FRAME_LARGEST ? hello.max_frame_size : FRAME_LARGEST;
    session->state = hello.health_check ? SESSION_CHECKED : SESSION_OPEN;
    hello_write(&w, session->max_frame, STR("pipelining"));
    send_frame(out, &w);
}

/* Writes the answer in whichever form fits in the peer's frames; a verdict alone always does. */
static struct writer write_answer(const struct session *session, void *memory, size_t size, struct ack_of of,
                                  struct str program, const struct verdict *verdict)
{
    size_t room = session->max_frame + (size_t)FRAME_LENGTH_SIZE;
    struct writer w = writer_over(memory, room < size ? room : size);
    ack_write(&w, of, program, verdict);
    if (w.failed) {
        w = writer_over(memory, room < size ? room : size);
        ack_write_short(&w, of, program, verdict);
    }
    return w;
}

/* Sends it, or has it sent later; false: it has to wait, and there is no room for it. */
static bool deliver(const struct session_calls *calls, void *context, struct writer *w, int64_t delay_ns,
                    struct buf *out)
{
    if (delay_ns >= SHORTEST_DELAY_NS && !w->failed)
        return calls->delay(context, writer_str(w), delay_ns);
    send_frame(out, w);
    return true;
}

void session_answer(struct session *session, const struct session_calls *calls, void *context,
                    struct ack_of of, struct str program, struct verdict *verdict, struct buf *out)
{
    unsigned char small[USUAL_ANSWER];
    size_t size = ack_room(verdict) <= sizeof small ? sizeof small : ack_room(verdict);
    void *memory = size > sizeof small ? xmalloc(size) : small;
    struct writer w = write_answer(session, memory, size, of, program, verdict);
    if (!deliver(calls, context, &w, verdict->delay_ns, out)) {
        verdict_refuse_delay(verdict);
        w = write_answer(session, memory, size, of, program, verdict);
        send_frame(out, &w);
    }
    if (memory != small)
        free(memory);
}

static void handle_notify(struct session *session, const struct frame *frame, const struct exchange *x)
{
    struct question question;
    struct verdict *verdict = NULL;
    struct ack_of of = { frame->stream, frame->id };
    enum decided decided = DECIDED_UNKNOWN;
    unsigned char memory[USUAL_ANSWER];
    if (!notify_read(frame->payload, &question)) {
        close_broken(session, SPOP_INVALID, "malformed NOTIFY", x->out);
        return;
    }
    if (question.program.n > 0 && question.program.n <= SESSION_LONGEST_ID)
        decided = x->calls->decide(x->context, &question, of, frame->payload, x->now_ns, &verdict);
    if (decided == DECIDED) {
        session_answer(session, x->calls, x->context, of, question.program, verdict, x->out);
    } else if (decided == DECIDED_UNKNOWN) {
        struct writer unknown = writer_over(memory, sizeof memory);
        ack_write_unknown(&unknown, of);
        send_frame(x->out, &unknown);
    }
}

/* An open session's frame. Fragments were not agreed upon. Types that nobody knows are passed over. */
static void handle_open(struct session *session, const struct frame *frame, const struct exchange *x)
{
    bool whole = frame->flags & FRAME_FIN;
    switch (frame->type) {
    case FRAME_NOTIFY:
        if (frame->flags & FRAME_ABORT)
            break; /* nobody waits for an answer */
        if (whole)
            handle_notify(session, frame, x);
        else
            close_broken(session, SPOP_FRAGMENTED, "fragments are not supported", x->out);
        break;
    case FRAME_UNSET:
        close_broken(session, SPOP_FRAGMENTED, "fragments are not supported", x->out);
        break;
    case FRAME_HAPROXY_DISCONNECT:
        close_with(session, SPOP_NORMAL, "bye", x->out);
        break;
    case FRAME_HAPROXY_HELLO:
    case FRAME_AGENT_HELLO:
    case FRAME_AGENT_DISCONNECT:
    case FRAME_ACK:
        close_broken(session, SPOP_INVALID, "a frame out of place", x->out);
        break;
    default:
        break;
    }
}

static void handle_frame(struct session *session, const struct frame *frame, const struct exchange *x)
{
    session->frames++;
    if (session->state == SESSION_OPEN) {
        handle_open(session, frame, x);
    } else if (session->state == SESSION_NEW) {
        if (frame->type == FRAME_HAPROXY_HELLO && frame->flags & FRAME_FIN)
            handle_hello(session, frame, x->out);
        else
            close_broken(session, SPOP_INVALID, "no HAPROXY-HELLO", x->out);
    } else if (frame->type == FRAME_HAPROXY_DISCONNECT) { /* the end of a health check */
        close_with(session, SPOP_NORMAL, "bye", x->out);
    }
}

/* Handles the frame at the start of `bytes`. Returns its size; 0: `*need` bytes are needed, or the session is
 * closed. */
static size_t take_frame(struct session *session, struct str bytes, const struct exchange *x, size_t *need)
{
    struct frame frame;
    enum spop_status status;
    size_t used;
    switch (frame_read(bytes, session->max_frame, &frame, &used, &status)) {
    case FRAME_OK:
        handle_frame(session, &frame, x);
        return used;
    case FRAME_MORE:
        *need = used;
        return 0;
    case FRAME_BROKEN:
        break;
    }
    close_broken(session, status, status == SPOP_TOO_BIG ? "the frame is too big" : "malformed frame",
                 x->out);
    return 0;
}

/* Completes the partial frame from `in` as far as it goes, and handles it. Returns what it took of `in`. */
static size_t feed_partial(struct session *session, struct str in, const struct exchange *x)
{
    size_t taken = 0, need = 0;
    for (;;) {
        if (take_frame(session, buf_str(&session->partial), x, &need) > 0) {
            buf_reset(&session->partial);
            return taken;
        }
        if (session->state == SESSION_CLOSED || taken == in.n)
            return taken;
        struct str more = str_head(str_from(in, taken), need - session->partial.n);
        buf_put(&session->partial, more);
        taken += more.n;
    }
}

bool session_feed(struct session *session, const struct session_calls *calls, void *context, struct str in,
                  int64_t now_ns, struct buf *out)
{
    struct exchange x = { .calls = calls, .context = context, .now_ns = now_ns, .out = out };
    if (session->partial.n > 0)
        in = str_from(in, feed_partial(session, in, &x));
    size_t used = 1, need = 0;
    while (session->state != SESSION_CLOSED && in.n > 0 && used > 0) {
        used = take_frame(session, in, &x, &need);
        in = str_from(in, used);
    }
    if (session->state != SESSION_CLOSED)
        buf_put(&session->partial, in);
    if (out->failed)
        session->state = SESSION_CLOSED;
    return session->state != SESSION_CLOSED;
}
