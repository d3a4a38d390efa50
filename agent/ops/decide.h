/* One decision: a program, a request, a verdict. Pure but for what the tools keep, which is safe from any
 * thread. */
#pragma once

#include "base/address.h"
#include "base/buf.h"
#include "ops/limiter.h"
#include "ops/program.h"

struct program_set;

struct events;
struct forward_cache;
struct forwarder;
struct hasher;
struct inbox;
struct log;
struct nonces;
struct redis_links;
struct verified;

/* Views into the frame. What the message did not carry has p == NULL. */
struct request {
    struct address source; /* as it comes: 4 or 16 bytes, or 0 for none */
    struct str method, host, url;
    struct str headers;       /* HAProxy's req.hdrs_bin; read through headers_find */
    struct str authorization; /* the first Authorization, where the message has that instead of headers */
    struct str proxy_authorization; /* which goes to no upstream, so is not among the headers */
    struct str body;                /* as much of it as HAProxy had room for */
    uint64_t body_size;             /* all of it, as far as known */
    bool tls;                       /* the client's connection is encrypted */
};

/* First value of a header (name in lower case) in req.hdrs_bin; p == NULL: none, or the block is broken. */
struct str headers_find(struct str block, struct str name);

/* The value of Authorization, whichever way the message carried it; p == NULL: none. */
struct str request_authorization(const struct request *request);

/* Takes the next name and value off the front of a block; false at its end. */
bool headers_next(struct str *block, struct str *name, struct str *value);

enum { VERDICT_MAX_HEADERS = 8, VERDICT_TEXT = 512 };

/* Its buffers keep their memory from one request to the next. */
struct verdict {
    bool pass;
    int status;       /* not pass */
    int64_t delay_ns; /* wait that long before the answer */
    const char *body; /* static text, or NULL */
    size_t n_headers; /* not pass: of the response; few, of names that ack.c knows */
    struct {
        const char *name;
        struct str value; /* points into text, or is static */
    } headers[VERDICT_MAX_HEADERS];
    char text[VERDICT_TEXT];
    size_t text_used;
    const char *op;  /* which op refused, for counters: "rateLimit" */
    const char *why; /* static text for the log, without anything that the client or a user said; or NULL */
    /* Changes of the request's headers, in order; a line each: "-name" takes all of that name away, "name:
     * value" adds one. */
    struct buf request;
    /* Changes of the answer's cookies, a line each: "-name" takes the server's of that name away, "+text"
     * adds a Set-Cookie. */
    struct buf cookies;
    struct buf breakers; /* circuit breakers that the request has passed: "PROGRAM.OP;", see events.h */
    /* Refused, in the words of another server: "Name: value" lines of headers, and a body. `listed` says that
     * they count. */
    struct buf answer, content;
    bool listed;
};

/* A decision that is being made. */
struct decision {
    const struct program *program;
    const struct tools *tools;
    struct request request; /* as the op at hand sees it */
    struct verdict *verdict;
    struct buf headers, url; /* hold request.headers and request.url once an op has changed them */
    size_t n_applied;        /* bytes of verdict->request that request.headers knows already */
    size_t at;               /* the op at hand */
    int64_t now_ns;          /* CLOCK_MONOTONIC */
};

/* What the ops work with. */
struct tools {
    struct limiter *limiter;
    struct verified *verified;
    struct nonces *nonces;
    struct hasher *hasher;
    struct events *events; /* what came of requests; NULL: nobody tells */
    /* Of the thread that decides: */
    struct inbox *inbox;
    struct forwarder *forwarder;
    struct forward_cache *answers;
    struct redis_links *redis;
    struct program_set *const *programs; /* those that it uses now; NULL where there are no events */
    struct log *log;                     /* or NULL */
    int64_t *warned_ns;                  /* when it was last told of a failure; NULL with it */
};

/* At the first op of a program. The verdict, initialised, is set to a pass. */
struct decision decision_begin(const struct program *program, const struct request *request,
                               const struct tools *tools, int64_t now_ns, struct verdict *verdict);

/* Runs ops in order until one refuses or none is left: true. false: the op at hand takes time, see
 * decision_wait. */
bool decision_run(struct decision *decision);

/* Releases what the decision itself holds. */
void decision_end(struct decision *decision);

/* A decision whose op at hand takes time. Nothing that it points to may move meanwhile. */
struct waiting {
    struct decision decision;
    /* Called once, on the same thread, maybe before decision_wait returns: the op has refused, or passed and
     * decision.at is the next one (decision_run goes on there). */
    void (*done)(struct waiting *waiting, bool passed);
};

void decision_wait(struct waiting *waiting);

/* For ops: tells the log why something failed, at most once a second. What it is about is shown up to a sane
 * length, and may be a URL: what stands before its last '@', and its query, are not shown. */
void decision_warn(const struct decision *decision, const char *op, struct str about, const char *why);

/* For ops: ends the wait. */
void waiting_end(struct waiting *waiting, bool passed);
