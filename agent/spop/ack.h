/* ACK: the answer, as actions on HAProxy's variables (reference/spop.md 1 and 3). Never without an action. */
#pragma once

#include "ops/decide.h"
#include "spop/frame.h"

enum action_scope { SCOPE_PROCESS, SCOPE_SESSION, SCOPE_TRANSACTION, SCOPE_REQUEST, SCOPE_RESPONSE };

void ack_set(struct writer *w, enum action_scope scope, struct str name, const struct value *value);
void ack_unset(struct writer *w, enum action_scope scope, struct str name);

/* The ACK of frame `of`, whose program was `program`. Sets, in the transaction: pass: verdict = PROGRAM;
 * refused: verdict = "no:PROGRAM", status, body, and h_retry and h_retryin for the headers Retry-After and
 * X-Retry-In. */
void ack_write(struct writer *w, const struct frame *of, struct str program, const struct verdict *verdict);

/* The same with the variable verdict only: what a very small frame has room for. */
void ack_write_short(struct writer *w, const struct frame *of, struct str program,
                     const struct verdict *verdict);

/* The ACK where there is no such program: verdict = "unknown". */
void ack_write_unknown(struct writer *w, const struct frame *of);
