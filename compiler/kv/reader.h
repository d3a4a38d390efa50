/* Snapshots from files. Every reader is pure (bytes in, pairs out), bounded, and fuzzed. */
#pragma once

#include "kv/snapshot.h"

enum kv_format {
    KV_FORMAT_UNKNOWN,
    KV_FORMAT_DUMP,      /* etcdctl get --prefix: key and value lines in turn */
    KV_FORMAT_DUMP_JSON, /* the same with -w json: base64 keys and values */
    KV_FORMAT_FILE,      /* a dynamic configuration file of Traefik's, YAML or JSON */
};

/* Limits of all readers, against hostile input. */
enum {
    KV_MAX_PAIRS = 8000000, /* a tree of 1,000,000 routers has about 4,000,000 */
    KV_MAX_DEPTH = 64,      /* Traefik's deepest key has 10 levels */
    KV_MAX_BYTES = 1 << 30,
};

/* What the bytes look like; `name` (a path, may be empty) decides only between equals. */
enum kv_format kv_detect(struct str bytes, struct str name);

/* Reads `bytes` in the given format (KV_FORMAT_UNKNOWN: detect). Pairs point into the arena. A file's paths
 * become keys below `root` ("http: routers: a:" -> root/http/routers/a/…), its lists numbered children padded
 * with zeros so that their byte order is their order. false with a BAD_SOURCE finding (with the line, where
 * known) if the whole cannot be read. */
bool kv_read(struct arena *arena, struct str bytes, enum kv_format format, struct str name, struct str root,
             struct kv_snapshot *out, struct diag *diag);

/* A folder whose paths are keys: FOLDER/http/routers/a/rule -> root/http/routers/a/rule (a top folder named
 * like the root is taken as the root). A file's value loses one final line end. Touches the file system. */
bool kv_read_folder(struct arena *arena, const char *folder, struct str root, struct kv_snapshot *out,
                    struct diag *diag);

/* Any of the above by its path: "-" is the standard input, a folder, or a file. */
bool kv_read_path(struct arena *arena, const char *path, struct str root, struct kv_snapshot *out,
                  struct diag *diag);
