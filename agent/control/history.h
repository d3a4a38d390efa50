/* Trees that were served before, in the folder "history" beside the last one: what `rollback` can go back to
 * when etcd has compacted them away, or is gone. */
#pragma once

#include "kv/snapshot.h"

/* Makes the folder; false where that cannot be. */
bool history_open(const char *folder);

/* Keeps the file of the last tree (STATE_TREE of the state folder) as that of `revision`, and drops the
 * oldest beyond `limit`. A link, so it costs no space until the tree changes. What cannot be kept is not:
 * history is a comfort. */
void history_keep(const char *folder, int64_t revision, int limit);

/* The tree of just this revision, in `arena`; false where it is not kept. */
bool history_load(const char *folder, struct arena *arena, struct str root, int64_t revision,
                  struct kv_snapshot *out);

/* The revisions kept, the newest first; returns how many there are, at most `n` are written. */
size_t history_list(const char *folder, int64_t *out, size_t n);
