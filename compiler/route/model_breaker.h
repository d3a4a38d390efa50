/* Conditions of circuit breakers (reference/traefik-middlewares.md 3.5): a subset of Go's expressions. */
#pragma once

#include "base/arena.h"
#include "route/predicate.h"

enum breaker_metric { METRIC_NETWORK_ERRORS, METRIC_CODES, METRIC_LATENCY, METRIC_REQUESTS };
enum breaker_step_kind { STEP_COMPARE, STEP_AND, STEP_OR };

/* One step in reverse Polish notation: a comparison gives a value, and/or join the two before them. */
struct breaker_step {
    enum breaker_step_kind kind;
    enum breaker_metric metric;
    enum predicate_operator comparison;
    int64_t codes[4]; /* METRIC_CODES: from, to, of from, to; to excluded */
    double quantile;  /* METRIC_LATENCY: percent */
    double value;     /* compared with; a whole number but for ratios */
};

enum { BREAKER_MAX_STEPS = 64 };

struct breaker_condition {
    const struct breaker_step *steps;
    size_t n;
};

/* false, with *fault (static text) and *at, where it is none. */
bool breaker_condition_read(struct arena *arena, struct str text, struct breaker_condition *out,
                            const char **fault, size_t *at);
