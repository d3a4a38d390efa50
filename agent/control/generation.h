/* A generation: one state of the trees, compiled. Immutable; lives as long as somebody holds it. Most
 * generations are made of the one before and of what changed since: they share its memory. */
#pragma once

#include <stdatomic.h>

#include "delta/delta.h"
#include "emit/emit.h"
#include "plan/addresses.h"

/* What differs from the generation before, alone: diff_runtime of these is that of the two plans. */
struct generation_change {
    const struct generation *before; /* not held: to be compared only */
    struct runtime_state from, to;
    bool backends;
};

struct generation {
    atomic_int holders;
    const struct diag *diag;
    const struct plan *plan;
    const struct generation_change *change; /* NULL: compiled as a whole */
    size_t n_pairs;                         /* keys of the trees */
    size_t n_routers, n_services, n_routers_out;
    int64_t revision; /* of etcd's tree */
    size_t growth;    /* bytes that were added since a whole tree was compiled */
    struct generation_layer *layer;
    struct generation_block *blocks[DELTA_BLOCKS];
};

/* Compiles snapshots, in the order in which their providers win ties (the last is etcd's); the caller holds
 * what it gets. `previous`: the shape of the running process, or NULL; `names`: what servers' names mean at
 * present. The pairs are copied: nothing points into the snapshots afterwards. `ledger` (a new one, or NULL)
 * begins to be that of the generation. */
struct generation *generation_compile(const struct settings *settings, const struct kv_snapshot *snapshots,
                                      size_t n, const struct shape *previous,
                                      const struct address_book *names, struct ledger *ledger);

/* Completes the ledger that this generation was compiled with: nothing that its push should wait for. The
 * generation must be held as long as the ledger is. */
void generation_complete_ledger(const struct generation *generation, struct ledger *ledger);

/* The one that follows `before`, whose ledger this is, by changes of etcd's tree; NULL, with the reason in
 * *why, where the whole tree is to be compiled. */
struct generation *generation_follow(const struct generation *before, struct ledger *ledger,
                                     const struct kv_store *store, const struct kv_change *changes,
                                     size_t n_changes, int64_t revision, bool grows, const char **why);

/* The same tree on a skeleton with room for new services (plan/room.h). The ledger of `before` is its own as
 * soon as it has the holders of its shape. NULL: there is none. */
struct generation *generation_with_room(const struct generation *before);

/* Both from any thread; NULL is allowed. */
struct generation *generation_hold(struct generation *generation);
void generation_release(struct generation *generation);

/* etcd's tree of a generation. Valid as long as the generation is held and the arena lives. From any thread.
 */
struct kv_snapshot generation_tree(const struct generation *generation, struct arena *arena);
