/* A counter with one writer that anybody reads. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

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
