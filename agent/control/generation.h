/* A generation: one state of the trees, compiled. Immutable; lives in an arena of its own. */
#pragma once

#include "emit/emit.h"
#include "plan/addresses.h"

struct generation {
    struct arena *arena;
    const struct diag *diag;
    const struct model *model;
    const struct plan *plan;
    struct artifacts artifacts;
    size_t n_pairs; /* keys of the trees */
    struct kv_snapshot etcd; /* the last of the trees, copied: what `tree.json` is written from */
};

/* Compiles snapshots, in the order in which their providers win ties. `previous`: the shape of the running process, or NULL;
 * `names`: what servers' names mean at present. The pairs are copied: nothing points into the snapshots afterwards. */
struct generation *generation_compile(const struct settings *settings, const struct kv_snapshot *snapshots, size_t n,
                                      const struct shape *previous, const struct emit_paths *paths,
                                      const struct address_book *names);
void generation_destroy(struct generation *generation);
