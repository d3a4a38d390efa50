/* The rank of a router as text that orders under strcmp: the smaller, the better. Internal to plan. */
#pragma once

#include "base/buf.h"
#include "route/model.h"

/* Priority and provider, so that the text RANK;NAME orders as router_compare does. Smaller text: greater priority; at equal priority the provider that wins ties. Over the whole range of
 * int64 (integer arithmetic in HAProxy 2.6 overflows there: reference/skeleton.md 3). */
void rank_put(struct buf *out, const struct model_router *router);
