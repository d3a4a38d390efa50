/* Bytes on their way: in memory up to a limit, then in a file without a name. Read by offset from their
 * beginning; what nobody needs any more can be forgotten as long as no file was begun. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct spool {
    struct buf memory;   /* the bytes from `start` on */
    size_t memory_max;   /* more go to the file */
    const char *folder;  /* of the file */
    int fd;              /* -1: none yet. Its first byte is that behind the memory's last */
    uint64_t start, end; /* offsets: what is kept */
    bool failed;         /* the file cannot be written or read: what was appended since is lost */
};

/* `folder` must outlive it. */
void spool_init(struct spool *spool, const char *folder, size_t memory_max);
void spool_fini(struct spool *spool);

/* false: it has failed. */
bool spool_append(struct spool *spool, struct str bytes);

/* Up to n bytes from `at` (start <= at) on; how many. */
size_t spool_read(struct spool *spool, uint64_t at, char *to, size_t n);

/* Forgets what stands before `at`, where that can be done. */
void spool_forget(struct spool *spool, uint64_t at);
