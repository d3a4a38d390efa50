#include "relay/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORGET_AT_LEAST = 65536 }; /* moving bytes costs: so many must go by it */

void spool_init(struct spool *spool, const char *folder, size_t memory_max)
{
    *spool = (struct spool){ .folder = folder, .memory_max = memory_max, .fd = -1 };
}

void spool_fini(struct spool *spool)
{
    buf_fini(&spool->memory);
    if (spool->fd >= 0)
        close(spool->fd);
    spool->fd = -1;
}

/* Not all file systems know files without a name. */
static int open_file(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/.body-XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static bool append_to_file(struct spool *spool, struct str bytes)
{
    if (spool->fd < 0)
        spool->fd = open_file(spool->folder);
    if (spool->fd < 0)
        return false;
    uint64_t at = spool->end - spool->start - spool->memory.n;
    while (bytes.n) {
        ssize_t n = pwrite(spool->fd, bytes.p, bytes.n, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_from(bytes, (size_t)n);
        at += (uint64_t)n;
        spool->end += (uint64_t)n;
    }
    return true;
}

bool spool_append(struct spool *spool, struct str bytes)
{
    if (spool->failed)
        return false;
    size_t room =
        spool->fd < 0 && spool->memory.n < spool->memory_max ? spool->memory_max - spool->memory.n : 0;
    struct str here = str_head(bytes, room);
    buf_put(&spool->memory, here);
    spool->end += here.n;
    bytes = str_from(bytes, here.n);
    if (bytes.n)
        spool->failed = !append_to_file(spool, bytes);
    return !spool->failed;
}

size_t spool_read(struct spool *spool, uint64_t at, char *to, size_t n)
{
    assert(at >= spool->start);
    size_t done = 0;
    if (at - spool->start < spool->memory.n) {
        struct str from = str_head(str_from(buf_str(&spool->memory), (size_t)(at - spool->start)), n);
        memcpy(to, from.p, from.n);
        done = from.n;
    }
    uint64_t behind = spool->start + spool->memory.n;
    while (done < n && spool->fd >= 0 && at + done < spool->end) {
        ssize_t got = pread(spool->fd, to + done, n - done, (off_t)(at + done - behind));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            spool->failed = true;
            break;
        }
        done += (size_t)got;
    }
    return done;
}

void spool_forget(struct spool *spool, uint64_t at)
{
    if (spool->fd >= 0 || at < spool->start + FORGET_AT_LEAST)
        return;
    size_t n = (size_t)(at - spool->start);
    assert(n <= spool->memory.n);
    memmove(spool->memory.p, spool->memory.p + n, spool->memory.n - n);
    spool->memory.n -= n;
    spool->start = at;
}
