/* Groups of regular expressions and tables of labels: what a request that finds one key must still be
 * compared with. Both are named after what is in them, so a name never changes its meaning. Internal to plan.
 */
#pragma once

#include "base/strmap.h"
#include "plan/clause.h"
#include "plan/plan.h"

struct entry_list {
    VEC(struct plan_entry) entries;
};

/* Everything of one plan. */
struct group_set {
    struct arena *arena;
    struct strmap *known;           /* names that have their lines */
    const struct str *router_keys;  /* of each router: what the lines of short groups say: "{NAME" */
    const struct str *router_ranks; /* what those of full groups and tables say: "RANK;NAME" */
    struct entry_list short_lines;  /* regex.map */
    struct entry_list full_lines;   /* fields.map */
    struct entry_list tables;       /* labels.map */
};

/* For each place of the folded list the name of its group (keys with '>') or table ('@'), or empty: of its
 * own clauses and those of the places around it. The clauses are settled (clause.h). Names lie in the arena.
 */
const struct str *group_places(struct group_set *set, const struct place_list *places,
                               const struct clause_list *clauses);
