/* A part of a tree, compiled as it was and as it is. Internal to delta. */
#pragma once

#include "delta/delta.h"
#include "delta/ledger_parts.h"

/* One of the two. */
struct side {
    struct arena *arena;
    struct diag *diag;
    struct kv_snapshot snapshot;
    const struct tree *tree;
    const struct model *model;
    ledger_notes notes;
};

struct part {
    const struct delta_input *input;
    struct arena *arena;
    struct strmap *changed; /* keys of the input's changes */
    struct strmap *members; /* prefixes of objects */
    VEC(struct str) prefixes;
    struct side sides[2]; /* 0: before, 1: after */
    bool grown;           /* while a side is built: something that it names was missing in the part */
    struct side *building;
};

enum { BEFORE, AFTER };

void part_init(struct part *part, const struct delta_input *input);
void part_fini(struct part *part);

/* Adds an object; whether it is new there. */
bool part_add(struct part *part, struct str prefix);

/* Compiles both sides up to their models, with everything that the objects name. NULL, or why it would not be
 * right. */
const char *part_build(struct part *part);

/* All zero is allowed, and left behind. */
void side_fini(struct side *side);

/* The service of that qualified name in a side's model, or NULL; the object of that name in its tree. */
const struct model_service *side_service(const struct side *side, struct str name);
const struct service *side_service_source(const struct side *side, struct str name);
