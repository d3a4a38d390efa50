/* Connections to HAProxy's inner frontend: one request at a time each, kept for the next one. Answers are
 * read by http_parser. */
#pragma once

#include "relay/exchange.h"

struct inner;

/* Who has asked. All are called from the loop, never while inner_open or inner_send runs. */
struct inner_user {
    void (*head)(struct inner_user *user, struct answer *answer); /* a 1xx one, too; without framing */
    bool (*data)(struct inner_user *user, struct str bytes);      /* false: enough, it ends as broken */
    void (*room)(struct inner_user *user);                        /* what was sent is on its way */
    /* The last word; the inner is gone, or somebody else's. lost: HAProxy has closed a kept connection before
     * it looked at the request: it may be sent again. */
    void (*end)(struct inner_user *user, bool whole, bool lost, const struct heading *trailers);
};

/* A connection: a kept one if there is one and `kept` says so. `head`: the method was HEAD. */
struct inner *inner_open(struct relay_worker *worker, struct inner_user *user, bool kept, bool head);

void inner_send(struct inner *inner, struct str bytes);
/* Whether enough waits to be sent: `room` is called then. */
bool inner_is_full(const struct inner *inner);
/* The request is whole. */
void inner_finish(struct inner *inner);

/* The answer has to wait, or goes on. */
void inner_hold(struct inner *inner, bool hold);

/* Nobody wants the answer. */
void inner_drop(struct inner *inner);

/* Ends all of a worker's. */
void inners_close(struct relay_worker *worker);
