/* What the steps of delta_compile share. Internal to delta. */
#pragma once

#include "delta/part.h"
#include "delta/splice.h"
#include "delta/uses.h"

/* A router of the model as it was and as it is; NULL: it was not, is not any more. */
struct pairing {
    const struct model_router *routers[2];
    struct chain_plan chains[2];
    bool same_keys; /* it is found as it was, and nothing but its own records can change */
};

/* A service whose use or meaning may have changed, as it was. */
struct touched {
    struct ledger_service *service;
    const struct model_service *model;
    size_t uses;
    bool named;
};

struct work {
    const struct delta_input *input;
    struct ledger *ledger;
    struct delta *out;
    struct arena *scratch;
    struct part part;
    struct side small; /* the side after, before rivals joined the part: its models of services stay for long.
                          Zero: none did */
    struct strmap *subjects; /* prefixes of what changed, or depends on what did: to ledger_object */
    VEC(struct ledger_object *) subject_list;
    VEC(struct pairing) pairings;
    struct strmap *touched_by; /* service names */
    VEC(struct touched) touched;
    const struct strmap *holders; /* of the new plan */
    entry_changes routes, maps[PLAN_MAPS];
    struct strmap *programs; /* ids of programs that routers had or have: to plan_program */
    VEC(const struct plan_program *) program_list;
};

/* subjects.c: finds them, and compiles the part that holds them. All return NULL, or why the change is not
 * local. */
const char *work_find_subjects(struct work *work);

/* services.c: what is in use, who holds which backend, backends and definitions of choices. */
const char *work_change_services(struct work *work);

/* routers.c: which routers changed; whom else they can meet, as part of the part. */
const char *work_pair_routers(struct work *work);
/* Their programs and names. */
void work_change_programs(struct work *work);

/* routes.c: records and groups. Behind work_change_services. */
const char *work_change_routes(struct work *work);

/* The side whose models of services are those of the new plan. */
struct side *work_service_side(struct work *work);

/* findings.c: diag of the new plan. false where those of before are not as they should be. */
bool work_change_findings(struct work *work);
