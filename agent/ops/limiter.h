/* Token buckets, exactly Traefik's (reference/traefik-middlewares.md 3.18), as GCRA: one 64-bit word a
 * bucket, changed by compare-and-swap; no locks, bounded memory. Safe from any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct limiter;

/* Room for `buckets` buckets (rounded up to a power of two). When it is full, the buckets nearest to expiry
 * make room. */
struct limiter *limiter_create(size_t buckets);
void limiter_destroy(struct limiter *limiter);

struct limit {
    int64_t average;   /* tokens a period; <= 0: no limit */
    int64_t period_ns; /* > 0 */
    int64_t burst;     /* >= 1 */
};

struct limit_answer {
    bool allowed;
    int64_t wait_ns; /* allowed: sleep that long first; refused: when a token would be there */
};

/* Takes a token of the bucket `life` + `name` + `source` at now_ns. Names are stable over changes of the
 * limit: the bucket goes on with its debt. */
struct limit_answer limiter_take(struct limiter *limiter, const struct limit *limit, uint64_t life,
                                 struct str name, struct str source, int64_t now_ns);

/* Buckets in use, and how many were thrown out before their time. */
void limiter_stats(const struct limiter *limiter, size_t *in_use, uint64_t *evicted);
