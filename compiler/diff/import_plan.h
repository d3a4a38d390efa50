/* What must be written to a store so that it holds a tree: puts and deletes. Pure. */
#pragma once

#include "base/arena.h"
#include "kv/snapshot.h"

/* The order of writing where one transaction does not suffice: what is pointed to first, what points to it
 * later, then deletions the other way round. */
enum import_phase { IMPORT_PUT_OBJECTS, IMPORT_PUT_ROUTERS, IMPORT_DELETE_ROUTERS, IMPORT_DELETE_OBJECTS };

struct import_op {
    enum import_phase phase;
    bool is_new;         /* a put of a key that was not there */
    struct str key, end; /* end.n > 0: delete key <= k < end, `n` keys of the store */
    struct str value;
    size_t n;
};

struct import_ops {
    const struct import_op *p; /* by phase, then by key */
    size_t n;
    size_t n_added, n_changed, n_deleted; /* keys */
};

/* Each object of `wanted` (http/routers/a, tls/certificates/0, …) replaces that of the store, keys that it
 * lacks included; other objects stay, or go if `prune`. Only keys below http, tcp, udp and tls are looked at.
 * Both snapshots have one root. */
struct import_ops import_plan(struct arena *arena, const struct kv_snapshot *store,
                              const struct kv_snapshot *wanted, bool prune);

/* Elements of lists that a store cannot hold: it parts lists at commas. Reports them, and returns how many.
 */
size_t import_check(const struct kv_snapshot *wanted, struct diag *diag);
