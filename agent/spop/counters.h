/* Counters of one worker: only it writes, anybody reads. */
#pragma once

#include "ops/number.h"
#include "sys/counter.h"

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

static inline void counter_latency(struct counters *counters, int64_t ns, uint64_t n)
{
    unsigned bucket = 0;
    for (int64_t us = ns / 1000; us > 0 && bucket < LATENCIES - 1; us >>= 1)
        bucket++;
    counter_add(&counters->latencies[bucket], n);
}
