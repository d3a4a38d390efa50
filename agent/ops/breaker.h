/* A circuit breaker as Traefik has it (reference/traefik-middlewares.md 3.5): what came of the requests of
 * late, a condition on it, and three states. Time moves with requests only. Safe from any thread. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct breaker;

struct breaker_times {
    int64_t check_ns;    /* between two looks at the condition */
    int64_t fallback_ns; /* how long it stays open */
    int64_t recovery_ns; /* how long it closes slowly */
};

/* condition: an array of steps as plan/program_breaker.c writes them; NULL where it is none. */
struct breaker *breaker_create(struct json_object *condition, const struct breaker_times *times);
void breaker_destroy(struct breaker *breaker);

/* Whether a request passes at now_ns (CLOCK_MONOTONIC). */
bool breaker_lets_pass(struct breaker *breaker, int64_t now_ns);

/* What came of one that passed: the status of the answer, and how long it took to begin. */
void breaker_record(struct breaker *breaker, int status, int64_t latency_ns, int64_t now_ns);
