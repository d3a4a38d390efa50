/* One connection from HAProxy, as a pure state machine: bytes in, however cut; questions to the callee; bytes
 * out. No allocation for a frame, once the buffers have grown. */
#pragma once

#include "base/buf.h"
#include "ops/decide.h"
#include "spop/ack.h"
#include "spop/notify.h"

enum session_state { SESSION_NEW, SESSION_OPEN, SESSION_CHECKED, SESSION_CLOSED };

struct session {
    enum session_state state;
    uint32_t max_frame;  /* of the peer's frames and of ours, once negotiated */
    struct buf partial;  /* the start of a frame whose rest has not come yet */
    uint64_t frames;     /* complete frames so far */
    const char *problem; /* closed because of a broken frame: what was wrong with it; static */
};

/* Program ids that are longer do not exist. */
enum { SESSION_LONGEST_ID = 128 };

enum decided {
    DECIDED,         /* *verdict is the callee's and says what */
    DECIDED_LATER,   /* session_answer will be called for it */
    DECIDED_UNKNOWN, /* there is no such program */
};

struct session_calls {
    /* Answers a question at now_ns. What the question points to is gone afterwards; `payload` is all of it.
     */
    enum decided (*decide)(void *context, const struct question *question, struct ack_of of,
                           struct str payload, int64_t now_ns, struct verdict **verdict);
    /* Takes a copy of an answer, to be sent delay_ns from now. false: no room for it. */
    bool (*delay)(void *context, struct str answer, int64_t delay_ns);
};

void session_init(struct session *session);
void session_fini(struct session *session);

/* Handles the bytes that came in and appends what is to be sent to `out`. false: send that and close. A peer
 * whose answers do not fit in out's limit any more is closed, too. */
bool session_feed(struct session *session, const struct session_calls *calls, void *context, struct str in,
                  int64_t now_ns, struct buf *out);

/* The answer to a question that was decided later. `verdict` may be changed. */
void session_answer(struct session *session, const struct session_calls *calls, void *context,
                    struct ack_of of, struct str program, struct verdict *verdict, struct buf *out);

/* Says good-bye (AGENT-DISCONNECT 0) where the peer can understand it; the session is closed then. */
void session_disconnect(struct session *session, const char *message, struct buf *out);
