/* A snapshot as a dynamic configuration file of Traefik's: keys in Traefik's spelling, lists as lists,
 * numbers and switches as such. What is read from the file again is the same tree. */
#pragma once

#include "kv/snapshot.h"

enum export_format { EXPORT_YAML, EXPORT_JSON };

/* Writes the tree to out. Findings: UNKNOWN_KEY for keys that no file can have (they are left out), BAD_VALUE
 * for bytes that are no UTF-8. The file holds the secrets of the tree. */
void export_file(struct arena *arena, const struct kv_snapshot *snapshot, enum export_format format,
                 struct buf *out, struct diag *diag);

/* As `etcdctl get --prefix` prints it: a line a key, a line a value. Where a value holds line ends, as `-w
 * json` does. */
void export_keys(const struct kv_snapshot *snapshot, struct buf *out);
