/* The ledger: of the tree that was compiled last, what later changes need to know. Which objects there are
 * and whom they name; under which hosts a router is found; how often programs, services and names are in use.
 * Kept up to date change by change, in time proportional to the change (apart from scans of two arrays of
 * numbers). */
#pragma once

#include "base/strmap.h"
#include "base/vec.h"
#include "delta/object.h"
#include "plan/plan.h"

struct ledger;

/* Gathers what objects name while the model is built: give ledger_watch to model_build_watched. */
struct ledger *ledger_create(void);
void ledger_destroy(struct ledger *ledger);
struct model_watch ledger_watch(struct ledger *ledger);

/* Completes it. Everything given must outlive the ledger. A tree with anything that the ledger does not
 * understand closes it: then no change is local. */
void ledger_complete(struct ledger *ledger, const struct kv_snapshot *snapshot, const struct tree *tree,
                     const struct model *model, const struct plan *plan, const struct diag *diag);

/* Why no change is local; NULL: some are. */
const char *ledger_closed(const struct ledger *ledger);
void ledger_close(struct ledger *ledger, const char *why);

/* Which backend holds which service, in a plan that is now the ledger's. The shape must outlive it. */
void ledger_set_holders(struct ledger *ledger, const struct shape *shape);
