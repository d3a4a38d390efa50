/* HTTP requests to authentication servers, many at a time, on a worker's event loop (libcurl's multi
 * interface): connections are kept and used again. */
#pragma once

#include <uv.h>

#include "ops/forward.h"

struct forwarder;

struct forward_call {
    /* Stay where they are until finish is called. */
    const struct forward_auth *op;
    struct str method, body;
    struct str headers; /* "Name: value" lines */
    bool has_body, decode;
    /* Called once on the loop's thread, maybe before forwarder_start returns. status 0: no answer, and
     * `error` says why. */
    void (*finish)(struct forward_call *call);
    struct forward_answer answer;
    bool over_limit;   /* the body is longer than the op allows */
    bool too_large;    /* more headers, or a longer body, than a verdict has room for */
    const char *error; /* static */
};

struct forwarder *forwarder_create(uv_loop_t *loop);

/* Ends what is being asked (as failed) and closes its handles; the loop must run once more before
 * forwarder_destroy. */
void forwarder_stop(struct forwarder *forwarder);
void forwarder_destroy(struct forwarder *forwarder);

void forwarder_start(struct forwarder *forwarder, struct forward_call *call);
