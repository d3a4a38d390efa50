/* Artifacts of two plans compared: which files differ, and by how much. */
#pragma once

#include "emit/emit.h"

struct artifact_change {
    struct str name;
    size_t added, removed; /* lines; order does not count */
};

struct artifact_changes {
    const struct artifact_change *p; /* only files that differ, in the order of the artifacts */
    size_t n;
};

struct artifact_changes artifacts_compare(struct arena *arena, const struct artifacts *before,
                                          const struct artifacts *after);

/* The artifact of that name, or NULL. */
const struct artifact *artifact_find(const struct artifacts *artifacts, struct str name);
