/* Clocks. */
#pragma once

#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t clock_monotonic_ns(void);

/* Seconds since 1970, as a fraction. */
double clock_wall(void);
