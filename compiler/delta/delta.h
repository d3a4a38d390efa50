/* From a change of a tree to the change of its plan, in time proportional to the change.
 *
 * A part of the tree is compiled twice, as it was and as it is now, by the same functions as a whole tree:
 * the objects that changed, those that depend on them, those that all these name, and the routers that can
 * meet the same requests. What differs between the two is what differs between the plans of the whole tree,
 * which is brought up to date with it. Where a change is not local in that sense, the whole tree is to be
 * compiled: the result is the same, byte for byte (tests/compiler/delta). */
#pragma once

#include "delta/ledger.h"
#include "diff/diff.h"
#include "kv/change.h"
#include "kv/store.h"
#include "plan/addresses.h"

/* What is known before. Everything belongs to the caller. */
struct delta_input {
    struct ledger *ledger;           /* of `before`; of the new plan afterwards, or closed */
    const struct kv_store *store;    /* after the changes */
    const struct kv_change *changes; /* each key once */
    size_t n_changes;
    int64_t revision;
    const struct plan *before;
    const struct diag *diag; /* of `before`, sorted */
    bool grows;              /* of the shape: the running HAProxy can add backends */
};

/* The lists of a plan that may be long. */
enum { DELTA_ROUTES, DELTA_BACKENDS, DELTA_PROGRAMS, DELTA_MAPS, DELTA_BLOCKS = DELTA_MAPS + PLAN_MAPS };

/* The new plan. It points into `arena`, `kept`, and all that the plan before points into; its long arrays are
 * apart, in blocks of malloc, so that they can go when the next plan has come, long before the texts in the
 * arenas. NULL: those of the plan before. */
struct delta {
    struct arena *arena;
    struct arena *kept; /* models of services; NULL: none */
    struct plan plan;
    void *blocks[DELTA_BLOCKS];
    struct runtime_state from,
        to; /* what is different, alone: diff_runtime of these is that of the plans. In `arena` */
    const struct diag *diag; /* in `arena`, or that of before */
    bool backends_changed;
};

/* Computes it; the caller owns arenas and blocks. NULL, or why the whole tree is to be compiled: then there
 * is no delta, and the ledger is closed. */
const char *delta_compile(const struct delta_input *input, struct delta *out);

/* Routers, services and routers in error of the tree at present. */
void delta_count(const struct ledger *ledger, size_t *n_routers, size_t *n_services, size_t *n_routers_out);
