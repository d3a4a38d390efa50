/* NOTIFY: HAProxy's question (reference/spop.md 3). */
#pragma once

#include "ops/decide.h"
#include "spop/wire.h"

/* Views into the frame. */
struct question {
    struct str program; /* argument "prog"; p == NULL: none was sent */
    struct request request;
};

/* Reads the arguments of all messages of a payload by their names: prog, src, method, host, url, hdrs, auth,
 * tls, body, size. Others are passed over, and so are values of an unexpected type. false where the payload
 * is malformed. */
bool notify_read(struct str payload, struct question *out);

/* Shows every argument in order; false where the payload is malformed (what came before was shown). */
typedef void notify_visit(void *context, struct str message, struct str argument, const struct value *value);
bool notify_walk(struct str payload, notify_visit *visit, void *context);
