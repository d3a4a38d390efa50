/* Rules to keys: which router wins at which key of routes.map. Internal to plan. */
#pragma once

#include "plan/program.h"

/* A key and the router whose record stands there. */
struct match {
    struct str key;
    size_t path_at;  /* where the path begins in the key; an exact one ends in '?' */
    size_t router;   /* index into model->routers */
    size_t prefix;   /* which prefix its chain cuts off the paths of this key, an index into strip.prefixes; */
    bool cuts;       /* … if any */
    bool challenged; /* a record of any host may have a greater rank: the skeleton must look */
};

struct matches {
    const struct match *p; /* by key */
    size_t n;
    bool host_keys, any_keys;
};

/* chains: one for each router of the model, in its order. */
struct matches match_build(struct arena *arena, const struct model *model, const struct chain_plan *chains);
