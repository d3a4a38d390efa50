/* Rules to keys: which router wins at which key of routes.map, and what may still beat it. Internal to plan.
 */
#pragma once

#include "plan/program.h"

/* A key and the router whose record stands there. */
struct match {
    struct str key;
    size_t path_at; /* where the path begins in the key; an exact one ends in '?'. Router keys: the key's
                       length */
    size_t router;  /* index into model->routers, or NOBODY: what may beat it is all that the key is for */
    size_t prefix;  /* which prefix its chain cuts off the paths of this key, an index into strip.prefixes; */
    bool cuts;      /* … if any */
    struct str rivals; /* of a first key: letters of enum rival in plan.h */
    struct str group;  /* of a further key: name of a group or table */
};

struct matches {
    const struct match *p; /* by key */
    size_t n;
    struct plan_map regexes, fields, labels, names; /* the other maps: plan.h */
};

/* The names of headers that a router's labels ask for: what it contributes to `names`, repeated ones
 * repeated. */
const struct str *match_names(struct arena *arena, const struct model_router *router, size_t *n);

/* chains: one for each router of the model, in its order. */
struct matches match_build(struct arena *arena, const struct model *model, const struct chain_plan *chains);
