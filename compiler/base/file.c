#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16 };

bool file_read(const char *path, size_t limit, struct buf *out)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t start = out->n;
    bool done = false;
    for (;;) {
        char *at = buf_reserve(out, CHUNK);
        ssize_t n = at ? read(fd, at, CHUNK) : -1;
        if (!at)
            errno = EFBIG;
        if (n < 0 && at && errno == EINTR)
            continue;
        done = n == 0;
        if (n <= 0)
            break;
        out->n += (size_t)n;
        out->p[out->n] = '\0';
        if (limit && out->n - start > limit) {
            errno = EFBIG;
            break;
        }
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return done;
}

static bool write_all(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        s = str_from(s, (size_t)n);
    }
    return true;
}

/* A rename lasts over a power cut only when the folder is synced too. */
static void sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str folder = slash ? str_of(path, (size_t)(slash - path) + 1) : STR(".");
    char name[4096];
    snprintf(name, sizeof name, "%.*s", STR_ARG(folder));
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

bool file_write(const char *path, struct str contents, unsigned mode, bool sync)
{
    char beside[4096];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    /* What an earlier crash left there may have another mode, or be a link. */
    if (unlink(beside) < 0 && errno != ENOENT)
        return false;
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, contents) && (!sync || fsync(fd) == 0);
    ok = close(fd) == 0 && ok;
    ok = ok && rename(beside, path) == 0;
    int saved = errno;
    if (!ok)
        unlink(beside);
    else if (sync)
        sync_folder_of(path);
    errno = saved;
    return ok;
}

bool file_make_folder(const char *path)
{
    char name[4096];
    if ((size_t)snprintf(name, sizeof name, "%s", path) >= sizeof name || name[0] == '\0') {
        errno = name[0] ? ENAMETOOLONG : ENOENT;
        return false;
    }
    for (char *c = name + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        if (mkdir(name, 0700) < 0 && errno != EEXIST)
            return false;
        *c = '/';
    }
    struct stat st;
    if (mkdir(name, 0700) < 0 && errno != EEXIST)
        return false;
    if (stat(name, &st) < 0)
        return false;
    if (!S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}
