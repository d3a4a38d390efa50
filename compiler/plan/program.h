/* A router's chain as what the skeleton does for it. Internal to plan.
 *
 * The commonest chains need no program: at most one stripPrefix and ops of the agent that do not look at
 * paths are flags and fields of the record. Everything else is a native program (ops.h), which says itself
 * where the agent is asked. */
#pragma once

#include "plan/lane.h"
#include "plan/plan.h"

struct chain_plan {
    const struct plan_program *program; /* asked first; NULL: nothing for the agent at the start */
    const struct model_op *strip;       /* NULL: no path is cut by the record */
    const struct str *prefixes;         /* of strip, in key form; an empty one strips nothing */
    struct plan_entry
        ops; /* key and text of the native program, which runs behind `program`; key.p NULL: none */
    const struct plan_program *const *asked; /* agent programs that the native one names */
    size_t n_asked;
    const struct plan_entry
        *more; /* key and text of the native programs that it names: those behind the relay */
    size_t n_more;
    const struct lane *lane; /* what may be done instead of ops; NULL: nothing. `strip` is the lane's then */
    struct plan_entry lane_entry; /* the lane's text and its key, see chain_settle; key.p NULL: none */
    size_t rounds;                /* how often a request pauses: for the agent, to be counted, for its body */
};

/* Computes it. The program is new in the arena; equal chains of one router give equal programs. */
struct chain_plan chain_plan_of(struct arena *arena, const struct model_router *router,
                                const struct settings *settings);

/* Fills in what depends on the skeleton: lane_entry. */
void chain_settle(struct arena *arena, struct chain_plan *chain, const struct shape *shape);

/* The prefix that is cut from every path below a key's path (first listed one that is a prefix of it), as an
 * index, or strip.n. */
size_t chain_prefix_at(const struct chain_plan *chain, struct str key_path);

/* How a key's paths are cut: the flag ('e', 's' or 'S', see plan.h) and, with 'e', the path that is left (in
 * `arena`). */
struct chain_cut {
    char flag;
    struct str result;
};

/* key_path: of the key, without the '?' of an exact one. */
struct chain_cut chain_cut_at(struct arena *arena, const struct chain_plan *chain, size_t prefix,
                              struct str key_path, bool exact);
