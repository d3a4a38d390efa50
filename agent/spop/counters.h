/* Counters of one worker: only it writes, anybody reads. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "ops/number.h"

/* Latencies by powers of two of a microsecond: below 1, 2, 4 … us; the last one holds the rest, from 4 s on.
 */
enum { LATENCIES = 24 };

struct counters {
    _Atomic uint64_t connections, open_connections, frames, broken_frames;
    _Atomic uint64_t passed, refused, delayed, unknown_program, rate_limited;
    _Atomic uint64_t held; /* decisions that take time, at present */
    struct {
        _Atomic uint64_t passed, refused;
    } ops[OP_NUMBERS];
    _Atomic uint64_t
        latencies[LATENCIES]; /* from the question's arrival to its answer, delays of rate limits left out */
};

/* With a single writer a load and a store do; an atomic addition would cost ten times as much. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t by)
{
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + by, memory_order_relaxed);
}

static inline uint64_t counter_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void counter_latency(struct counters *counters, int64_t ns, uint64_t n)
{
    unsigned bucket = 0;
    for (int64_t us = ns / 1000; us > 0 && bucket < LATENCIES - 1; us >>= 1)
        bucket++;
    counter_add(&counters->latencies[bucket], n);
}
