/* What the relay does for a chain, as text for it (agent/relay/directive.h). Internal to plan. */
#pragma once

#include "base/buf.h"
#include "route/model.h"

/* Appends when an op of the relay's can be left out, and what the relay is told, as two arguments of a native
 * program ("?WHEN?TEXT"): WHEN is empty (never), "body" (requests without one) or "coding" (answers that the
 * client does not take compressed). */
void relayed_put(struct buf *out, struct arena *arena, const struct model_relayed *op);

/* "500-599,404-404" */
void relayed_put_statuses(struct buf *out, const struct model_statuses *statuses);
