/* Where trees come from: etcd's batches and the file provider's file, kept as snapshots. */
#pragma once

#include "etcd/watch.h"
#include "kv/change.h"
#include "kv/store.h"
#include "route/settings.h"

struct sources;

struct sources *sources_create(const struct settings *settings);
void sources_destroy(struct sources *sources);

/* Takes a batch in; returns whether the tree is another one now. The batch stays the caller's. */
bool sources_take(struct sources *sources, const struct etcd_batch *batch);

/* A tree from the state folder, until etcd's first batch. */
void sources_restore(struct sources *sources, const struct kv_snapshot *snapshot);

/* Reads the file provider's file again; returns whether its tree changed. A file that cannot be read leaves
 * the last tree as it is, with a message. */
bool sources_read_file(struct sources *sources, char error[static 512]);

/* The file provider's tree; false: there is none. Valid until the next change, as the next one. */
bool sources_file(const struct sources *sources, struct kv_snapshot *out);

/* etcd's tree as it is now. */
struct kv_snapshot sources_etcd(const struct sources *sources);

/* The newest revision taken in; 0: none yet. */
int64_t sources_revision(const struct sources *sources);

/* What happened to etcd's tree since the last sources_mark. */
struct sources_change {
    bool listed;    /* it was read anew, at least once */
    size_t deleted; /* keys, event by event */
};
struct sources_change sources_change(const struct sources *sources);
void sources_mark(struct sources *sources);

/* What became of each key of etcd's tree since the last sources_taken. false: more than is told key by key.
 * Valid until the next change. */
bool sources_log(const struct sources *sources, const struct kv_change **changes, size_t *n);
void sources_taken(struct sources *sources);

/* etcd's tree as it is now, for looking up. */
const struct kv_store *sources_store(const struct sources *sources);
