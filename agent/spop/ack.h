/* ACK: the answer, as actions on HAProxy's variables (reference/spop.md 1 and 3). Never without an action. */
#pragma once

#include "ops/decide.h"
#include "spop/frame.h"

enum action_scope { SCOPE_PROCESS, SCOPE_SESSION, SCOPE_TRANSACTION, SCOPE_REQUEST, SCOPE_RESPONSE };

void ack_set(struct writer *w, enum action_scope scope, struct str name, const struct value *value);

/* The ids of the frame that is answered. */
struct ack_of {
    uint64_t stream, id;
};

/* The ACK of a frame whose program was `program`. Sets, in the transaction:
 *   pass     verdict = PROGRAM; drop_auth where Authorization ends here;
 *            request where headers of the request change otherwise: verdict.request as it stands;
 *            cookies: verdict.cookies
 *   refused  verdict = "no:PROGRAM", status, body, and h_retry, h_retryin and h_auth for the headers
 *            Retry-After, X-Retry-In and WWW-Authenticate; or, in the words of another server,
 *            h_list (verdict.answer) and body
 *   either   breakers: verdict.breakers, where there are some */
void ack_write(struct writer *w, struct ack_of of, struct str program, const struct verdict *verdict);

/* The same with the variable verdict only: what a very small frame has room for. A pass that would change the
 * request is a refusal then. */
void ack_write_short(struct writer *w, struct ack_of of, struct str program, const struct verdict *verdict);

/* Room that ack_write needs at most. */
size_t ack_room(const struct verdict *verdict);

/* The ACK where there is no such program: verdict = "unknown". */
void ack_write_unknown(struct writer *w, struct ack_of of);
