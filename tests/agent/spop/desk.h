/* A session on a desk: with a callee behind it, and what it has sent. */
#pragma once

#include <stdlib.h>

#include "frames.h"
#include "spop/session.h"

/* A callee that knows the programs pass, slow and no, and keeps what is delayed. */
struct callee {
    struct buf delayed;
    int64_t delay_ns;
    int asked;
    bool full;
    struct question last;
    struct verdict verdict;
    struct ack_of later; /* of a question that is decided later */
};

static inline void refuse(struct verdict *out)
{
    static const struct str after = STR("1"), in = STR("137.980226ms");
    *out = (struct verdict){ .status = 429, .body = "Too Many Requests", .n_headers = 2, .op = "rateLimit" };
    out->headers[0].name = "Retry-After";
    out->headers[0].value = after;
    out->headers[1].name = "X-Retry-In";
    out->headers[1].value = in;
}

static inline enum decided decide(void *context, const struct question *question, struct ack_of of,
                                  struct str payload, int64_t now_ns, struct verdict **verdict)
{
    struct callee *callee = context;
    struct verdict *out = *verdict = &callee->verdict;
    ck_assert_int_eq(now_ns, 4711);
    ck_assert(question->program.p >= payload.p &&
              question->program.p + question->program.n <= payload.p + payload.n);
    callee->asked++;
    callee->last = *question;
    *out = (struct verdict){ .pass = true };
    if (str_eq(question->program, STR("no")))
        refuse(out);
    else if (str_eq(question->program, STR("slow")))
        out->delay_ns = 70000000;
    else if (str_eq(question->program, STR("hardly")))
        out->delay_ns = 400000;
    else if (str_eq(question->program, STR("later"))) {
        callee->later = of;
        return DECIDED_LATER;
    } else if (!str_starts(question->program, STR("pass")))
        return DECIDED_UNKNOWN;
    return DECIDED;
}

static inline bool delay(void *context, struct str answer, int64_t delay_ns)
{
    struct callee *callee = context;
    if (callee->full)
        return false;
    callee->delay_ns = delay_ns;
    buf_put(&callee->delayed, answer);
    return true;
}

static const struct session_calls calls = { .decide = decide, .delay = delay };

/* A session with its callee; `out` is what it has sent. */
struct desk {
    struct session session;
    struct callee callee;
    struct buf out;
};

static inline void desk_open(struct desk *desk)
{
    *desk = (struct desk){ 0 };
    session_init(&desk->session);
}

static inline void desk_close(struct desk *desk)
{
    session_fini(&desk->session);
    buf_fini(&desk->callee.delayed);
    buf_fini(&desk->out);
}

/* The bytes are handed over as an exact copy, so that the sanitizer sees a read past the end. */
static inline bool feed(struct desk *desk, struct str in)
{
    char *exact = malloc(in.n + !in.n);
    if (in.n)
        memcpy(exact, in.p, in.n);
    bool open = session_feed(&desk->session, &calls, &desk->callee, str_of(exact, in.n), 4711, &desk->out);
    free(exact);
    return open;
}

/* A session after its hello, nothing sent since. */
static inline void desk_greet(struct desk *desk, uint64_t max_frame_size)
{
    struct buf hello = { 0 };
    desk_open(desk);
    put_hello(&hello, "2.0", max_frame_size);
    ck_assert(feed(desk, buf_str(&hello)));
    ck_assert_uint_eq(only_frame(&desk->out).type, FRAME_AGENT_HELLO);
    buf_reset(&desk->out);
    buf_fini(&hello);
}

static inline void check_disconnected(struct desk *desk, uint64_t status)
{
    struct str at = buf_str(&desk->out);
    struct frame last = { 0 };
    while (at.n)
        last = next_frame(&at);
    ck_assert_uint_eq(disconnect_status(&last), status);
    ck_assert_int_eq(desk->session.state, SESSION_CLOSED);
}
