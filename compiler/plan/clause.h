/* Clauses: conjuncts that a key alone does not decide. Internal to plan. */
#pragma once

#include "base/vec.h"
#include "plan/pattern.h"
#include "plan/place.h"

struct clause {
    struct str key;   /* of the place at which it is tried: ">…" or "@…" (plan.h) */
    size_t router;    /* index into the ranked routers: smaller is better */
    struct str label; /* what the request must have besides; empty: nothing */
    bool decided;     /* nothing remains but that */
    struct pattern pattern;
    struct str path; /* the pattern's part that asks for the path, where the place does not; else empty */
    struct str scope_path; /* the same for a clause that is moved to a wider place */
};

struct clause_list {
    VEC(struct clause) clauses;
};

void clause_list_fini(struct clause_list *list);

/* Sorts by key and rank. Each clause has its place in the folded list, whose keys they share.
 *
 * A place is tried with its own clauses and those of the places around it, so these are repeated in every
 * place inside theirs. Where that would grow beyond all bounds, the clauses of one host move to the widest of
 * its places. */
void clause_list_settle(struct clause_list *list, struct arena *arena, const struct place_list *places);
