/* The records of routes.map, see plan.h. Internal to plan. */
#pragma once

#include "plan/choice.h"
#include "plan/match.h"

/* The same record for a router that has changed in nothing that keys depend on: `old` is what stands under
 * `key`, a record of that router. */
struct str record_again(struct arena *arena, struct buf *scratch, const struct plan_entry *old,
                        const struct model_router *router, const struct chain_plan *chain,
                        const struct choice_target *target);

/* The name of a router's record (model_router.order); empty: nobody's. */
struct str record_router(struct str record);

/* The value of one key; router, chain and target NULL where nobody stands there. `target` is that of the
 * router's service; `scratch` is only memory. */
struct str record_render(struct arena *arena, struct buf *scratch, const struct match *match,
                         const struct model_router *router, const struct chain_plan *chain,
                         const struct choice_target *target);

/* The same record where backends have other names: `names` has a str, the new one, by the old one. */
struct str record_renamed(struct arena *arena, struct str record, const struct strmap *names);
