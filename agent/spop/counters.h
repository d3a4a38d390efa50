/* Counters of one worker: only it writes, anybody reads. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct counters {
    _Atomic uint64_t connections, open_connections, frames, broken_frames;
    _Atomic uint64_t passed, refused, delayed, unknown_program, rate_limited;
    _Atomic uint64_t held; /* decisions that take time, at present */
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
