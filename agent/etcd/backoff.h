/* Pauses between attempts: random in [0, min(10 s, 50 ms * 2^n)], so that many clients do not return at once.
 */
#pragma once

#include <stdint.h>

struct etcd_backoff {
    unsigned attempts; /* failures since the last health */
};

/* A random time in [0, most), nanoseconds. */
int64_t etcd_random_ns(int64_t most);

/* The pause before the next attempt, nanoseconds; the one after that may be twice as long. */
int64_t etcd_backoff_next(struct etcd_backoff *backoff);
