/* A request's way through the maps of a plan: the same look-ups as templates/match.cfg and rivals.cfg, in C.
 */
#pragma once

#include "explain/request.h"
#include "plan/plan.h"

/* One look-up. */
struct lookup_step {
    const char *map;                /* "routes.map", … */
    struct str line;                /* what was looked up */
    const struct plan_entry *entry; /* what was found, or NULL */
};

struct lookup {
    const struct lookup_step *steps; /* in order */
    size_t n_steps;
    const struct plan_entry *record; /* of the router that wins; NULL: none, the answer is 404 */
    struct str router;               /* its qualified name, as the record quotes it */
};

/* Looks the request up on an entry point (an index into settings->entry_points). In the arena. */
struct lookup lookup_run(struct arena *arena, const struct plan *plan, size_t entry_point,
                         const struct request *request);

/* Field n (enum record_field) of a record's value; empty where it ends before. */
struct str record_field(struct str value, enum record_field n);
