/* What native ops do to a request, computed: the same as templates/ops_*.lua do in HAProxy, for explain and
 * for tests of both. Ops of the agent are the caller's: they do nothing here. */
#pragma once

#include "base/vec.h"
#include "plan/plan.h"

/* A request as it is when its chain begins: path and Host normalised, forwarded headers set (X-Forwarded-For
 * with the peer at its end). Strings are borrowed. */
struct apply_request {
    struct str method, host; /* Host as sent, with port */
    struct str path;         /* as sent, encoded */
    struct str query;        /* with its '?', or empty */
    struct str query_sent;   /* … as the client has sent it, where there is a ';' in it; else empty */
    struct str peer;         /* the client's address as text */
    bool tls;
    const struct model_header
        *headers; /* without Host; names in lower case; a name may stand there several times */
    size_t n_headers;
};

struct apply;

/* In `arena`, which also gets everything that comes out. */
struct apply *apply_begin(struct arena *arena, const struct apply_request *request);

/* Applies op `at` of a router. false: it answered, nothing behind it runs. */
bool apply_op(struct apply *apply, const struct model_router *router, size_t at);

struct apply_answer {
    int status; /* 0: none, the request goes on */
    struct str body;
    struct model_headers_list headers; /* Location and the like */
};

const struct apply_answer *apply_answer(const struct apply *apply);

/* The request as it is now: what the upstream would get. Headers are those that are left, in their order. */
struct apply_request apply_request_now(struct apply *apply);

/* What answers carry, as far as it has come: headers to set, or to delete (an empty value), by the order of
 * the ops. vary: this is put behind Vary's first value ("Origin" alone where there is none). */
struct model_headers_list apply_answer_headers(struct apply *apply, struct str *vary);

/* Releases what does not lie in the arena. */
void apply_end(struct apply *apply);
