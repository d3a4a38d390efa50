/* The etcd that the static flags name, for verbs that come once: one listing, one transaction. */
#pragma once

#include "kv/snapshot.h"
#include "route/settings.h"

struct store;

/* Reads the settings; asks nothing yet. NULL with the reason in `error` where they cannot be used. */
struct store *store_open(const struct settings *settings, char error[static 512]);
void store_close(struct store *store); /* NULL is allowed */

/* All pairs below the root at one revision; they live as long as the store. Each endpoint is tried once. */
bool store_list(struct store *store, struct kv_snapshot *out, char error[static 512]);

/* One operation of a transaction. */
struct store_op {
    struct str key, end; /* end.n > 0: delete all keys k with key <= k < end; value does not count then */
    struct str value;
};

/* Operations that etcd takes in one transaction, unless it was told otherwise (--max-txn-ops). */
enum { STORE_MAX_OPS = 128 };

enum store_outcome { STORE_DONE, STORE_CHANGED, STORE_FAILED };

/* Does all of the operations or none, provided that no key below the root was written since `revision` (0:
 * whatever happened). *revision is that of the change then. STORE_CHANGED: somebody else wrote. STORE_FAILED:
 * `error` says why; after a broken connection it is not known whether it was done. */
enum store_outcome store_commit(struct store *store, const struct store_op *ops, size_t n, int64_t *revision,
                                char error[static 512]);
