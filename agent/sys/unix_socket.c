#include "sys/unix_socket.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Whether somebody listens there already. */
static bool is_taken(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool taken =
        fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return taken;
}

int socket_bind(const char *path, char error[static 256])
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    assert(strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    if (is_taken(&address)) {
        snprintf(error, 256, "%s: another process listens there; stop it, or name another folder", path);
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode is set before the socket has a name: there is no moment at which others can connect. */
    if (fd >= 0 && (unlink(path) == 0 || errno == ENOENT) && fchmod(fd, 0600) == 0 &&
        bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    snprintf(error, 256, "%s: %s; the folder must exist and be writable", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}
