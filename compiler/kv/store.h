/* The mutable side of a snapshot: the daemon's copy of the store, changed event by event. Owns its bytes. */
#pragma once

#include "kv/snapshot.h"

struct kv_store;

struct kv_store *kv_store_create(struct str root, struct str provider);
void kv_store_destroy(struct kv_store *store);

/* Both return whether anything changed. */
bool kv_store_put(struct kv_store *store, struct str key, struct str value);
bool kv_store_delete(struct kv_store *store, struct str key);

/* The value of a key; p == NULL: there is none. Valid until the store changes, as the next. */
struct str kv_store_get(const struct kv_store *store, struct str key);

/* How many pairs there are. */
size_t kv_store_count(const struct kv_store *store);

/* A list that grows as a VEC; the caller releases its array. */
struct kv_list {
    struct kv_pair *p;
    size_t n, cap;
};

/* Appends the pairs whose keys begin with `prefix`, in order: in time proportional to them. */
void kv_store_collect(const struct kv_store *store, struct str prefix, struct kv_list *out);

/* Makes the store hold exactly these pairs (sorted, unique); returns whether anything changed. */
bool kv_store_replace(struct kv_store *store, const struct kv_pair *pairs, size_t n);

/* The present contents, with this revision. Pointers into the store: valid until its next change. */
struct kv_snapshot kv_store_view(const struct kv_store *store, int64_t revision);
