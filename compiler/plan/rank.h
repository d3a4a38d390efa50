/* The rank of a router as text that orders under strcmp. Internal to plan. */
#pragma once

#include "base/buf.h"
#include "route/model.h"

/* Greater text, greater priority; at equal priority the provider that wins ties is greater. Over the whole
 * range of int64 (integer arithmetic in HAProxy 2.6 overflows there: reference/skeleton.md 3). */
void rank_put(struct buf *out, const struct model_router *router);

/* Whether a outranks b: greater priority, or equal priority and a provider that wins ties. */
bool rank_above(const struct model_router *a, const struct model_router *b);
