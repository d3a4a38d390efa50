/* Conditions of circuit breakers, on what was counted. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

#include "ops/breaker_metrics.h"

struct breaker_condition;

/* NULL where the steps are none. */
struct breaker_condition *breaker_condition_create(struct json_object *steps);
void breaker_condition_destroy(struct breaker_condition *condition);

/* Whether it looks at latencies: they cost memory. */
bool breaker_condition_wants_latency(const struct breaker_condition *condition);

bool breaker_condition_holds(const struct breaker_condition *condition, struct breaker_metrics *metrics,
                             int64_t now_ns);
