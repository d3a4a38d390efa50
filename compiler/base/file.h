/* Whole files in and out. The only part of the compiler that touches the file system, with kv/folder. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* Appends the contents of `path` to out. false and errno set where it cannot be read, or is larger than
 * `limit` bytes (EFBIG; 0: no limit). `path` "-" is the standard input. */
bool file_read(const char *path, size_t limit, struct buf *out);

/* Replaces `path` atomically: written beside, synced (if `sync`), renamed. false and errno set otherwise;
 * the old contents stand then. `mode` is of the new file, 0600 for what may hold secrets. */
bool file_write(const char *path, struct str contents, unsigned mode, bool sync);

/* Creates the folder and those above it, mode 0700 for new ones. */
bool file_make_folder(const char *path);
