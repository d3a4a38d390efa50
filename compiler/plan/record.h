/* The records of routes.map, see plan.h. Internal to plan. */
#pragma once

#include "plan/choice.h"
#include "plan/match.h"

/* The value of one key; router, chain and target NULL where nobody stands there. `target` is that of the router's service; `scratch` is only memory. */
struct str record_render(struct arena *arena, struct buf *scratch, const struct match *match,
                         const struct model_router *router, const struct chain_plan *chain, const struct choice_target *target);
