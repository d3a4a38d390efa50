/* The mutable side of a snapshot: the daemon's copy of the store, changed event by event. Owns its bytes. */
#pragma once

#include "kv/snapshot.h"

struct kv_store;

struct kv_store *kv_store_create(struct str root, struct str provider);
void kv_store_destroy(struct kv_store *store);

/* Both return whether anything changed. */
bool kv_store_put(struct kv_store *store, struct str key, struct str value);
bool kv_store_delete(struct kv_store *store, struct str key);

/* Makes the store hold exactly these pairs (sorted, unique); returns whether anything changed. */
bool kv_store_replace(struct kv_store *store, const struct kv_pair *pairs, size_t n);

/* The present contents, with this revision. Pointers into the store: valid until its next change. */
struct kv_snapshot kv_store_view(const struct kv_store *store, int64_t revision);
