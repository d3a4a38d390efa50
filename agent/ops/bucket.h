/* One token bucket in one 64-bit word: Traefik's arithmetic (reference/traefik-middlewares.md 3.18) turned
 * round. Instead of "tokens at a moment" the word holds the moment at which the bucket will be full (GCRA):
 * then a request only moves that moment, and time needs no bookkeeping. Pure.
 *
 *      63          38 37   33 32                               0
 *      expiry, s     scale    full_at - expiry, in 2^scale ns
 *
 * expiry: the second (of the clock, modulo 2^26: 2.1 years) from which on the bucket counts as new, thus
 * full. The difference is signed. The scale follows from the limit, as coarse as the limit's range needs: 1
 * ns for 10 a second with a burst of 20, 16 ns for 1 a minute, 0.26 ms for 1 a second with a burst of a
 * million. 0 is a bucket that was never used. */
#pragma once

#include "ops/limiter.h"

/* What a limit comes to, in the bucket's terms. */
struct bucket_terms {
    int64_t token_ns;     /* time that one token takes to come back, 1 ns to 73 years */
    int64_t burst_ns;     /* time from empty to full */
    int64_t max_delay_ns; /* a request sleeps at most that long for its token */
    int64_t ttl_s;        /* life since the last use, in whole seconds of the clock */
    unsigned scale;
};

/* Of a limit that limits (average > 0, period > 0, burst > 0); any such values are safe. */
struct bucket_terms bucket_terms(const struct limit *limit);

/* The word after a request at now_ns (>= 0), and what the request is told. */
uint64_t bucket_take(uint64_t word, const struct bucket_terms *terms, int64_t now_ns,
                     struct limit_answer *answer);

/* Seconds until the bucket expires; 0: it has. A bucket that was never used has long to live. */
int64_t bucket_life(uint64_t word, int64_t now_s);
