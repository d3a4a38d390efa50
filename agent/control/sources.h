/* Where trees come from: etcd's batches and the file provider's file, kept as snapshots. */
#pragma once

#include "etcd/watch.h"
#include "kv/store.h"
#include "route/settings.h"

struct sources;

struct sources *sources_create(const struct settings *settings);
void sources_destroy(struct sources *sources);

/* Takes a batch in; returns whether the tree is another one now. The batch stays the caller's. */
bool sources_take(struct sources *sources, const struct etcd_batch *batch);

/* A tree from the state folder, until etcd's first batch. */
void sources_restore(struct sources *sources, const struct kv_snapshot *snapshot);

/* Reads the file provider's file again; returns whether its tree changed. A file that cannot be read leaves the last tree as it
 * is, with a message. */
bool sources_read_file(struct sources *sources, char error[static 512]);

/* All snapshots, in the order in which their providers win ties; valid until the next change. */
size_t sources_snapshots(const struct sources *sources, struct kv_snapshot out[static 2]);

/* etcd's part alone, for the state folder. */
struct kv_snapshot sources_etcd(const struct sources *sources);

/* The newest revision taken in; 0: none yet. */
int64_t sources_revision(const struct sources *sources);
