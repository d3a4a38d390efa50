/* One decision: a program, a request, a verdict. Pure but for the buckets, which are atomic. */
#pragma once

#include "ops/limiter.h"
#include "ops/program.h"

/* An address as SPOP has it: length 4 or 16, or 0 for none. */
struct address {
    unsigned char bytes[16];
    unsigned length;
};

/* Views into the frame. What the message did not carry has p == NULL. */
struct request {
    struct address source;
    struct str method, host, url;
    struct str headers; /* HAProxy's req.hdrs_bin; read through headers_find */
};

/* First value of a header (name in lower case) in req.hdrs_bin; p == NULL: none, or the block is broken. */
struct str headers_find(struct str block, struct str name);

enum { VERDICT_MAX_HEADERS = 8, VERDICT_TEXT = 512 };

struct verdict {
    bool pass;
    int status;       /* not pass */
    int64_t delay_ns; /* wait that long before the answer */
    const char *body; /* static text, or NULL */
    size_t n_headers; /* not pass: of the response */
    struct {
        const char *name;
        struct str value; /* points into text, or is static */
    } headers[VERDICT_MAX_HEADERS];
    char text[VERDICT_TEXT];
    size_t text_used;
    const char *op; /* which op refused, for counters: "rateLimit" */
};

/* Runs every op in order until one refuses. now_ns: CLOCK_MONOTONIC. */
void program_run(const struct program *program, const struct request *request, struct limiter *limiter,
                 int64_t now_ns, struct verdict *out);

/* Turns a verdict that has to wait into the refusal that a client gets when no more requests can wait. */
void verdict_refuse_delay(struct verdict *verdict);
