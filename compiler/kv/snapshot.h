/* A snapshot: what a store held at one revision, as sorted pairs. The only thing the compiler reads. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

struct kv_pair {
    struct str key;   /* whole, as in the store: "traefik/http/routers/a/rule" */
    struct str value; /* raw bytes */
};

struct kv_snapshot {
    const struct kv_pair *pairs; /* ascending by key bytes, no key twice */
    size_t n;
    int64_t revision;    /* etcd's; 0 where there is none */
    struct str root;     /* "traefik", no slash at the end; only keys below it count */
    struct str provider; /* "etcd" or "file": what stands behind @ in qualified names */
    bool literal_lists;  /* numbered children are one element each, not cut again at commas (files) */
};

/* A snapshot of pairs in any order, keys possibly repeated (the last one wins, with a finding). The array is
 * sorted in place; everything must outlive the snapshot. */
struct kv_snapshot kv_snapshot_of(struct kv_pair *pairs, size_t n, struct str root, struct str provider,
                                  struct diag *diag);

/* The same, with all bytes in the arena. */
struct kv_snapshot kv_snapshot_copy(struct arena *arena, const struct kv_snapshot *from);

/* The value of a key, or a str with p == NULL. */
struct str kv_snapshot_get(const struct kv_snapshot *snapshot, struct str key);
