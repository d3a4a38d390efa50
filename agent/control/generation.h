/* A generation: one state of the trees, compiled. Immutable; lives in an arena of its own, as long as somebody holds it. */
#pragma once

#include <stdatomic.h>

#include "emit/emit.h"
#include "plan/addresses.h"

struct generation {
    struct arena *arena;
    atomic_int holders;
    const struct diag *diag;
    const struct model *model;
    const struct plan *plan;
    size_t n_pairs; /* keys of the trees */
    struct kv_snapshot etcd; /* the last of the trees, copied: what `tree.json` is written from */
};

/* Compiles snapshots, in the order in which their providers win ties; the caller holds what it gets. `previous`: the shape of the
 * running process, or NULL; `names`: what servers' names mean at present. The pairs are copied: nothing points into the snapshots
 * afterwards. */
struct generation *generation_compile(const struct settings *settings, const struct kv_snapshot *snapshots, size_t n,
                                      const struct shape *previous, const struct address_book *names);

/* Both from any thread; NULL is allowed. */
struct generation *generation_hold(struct generation *generation);
void generation_release(struct generation *generation);
