#include "control/control_client.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/state_folder.h"

static int connect_to(const char *folder, int patience_seconds)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct timeval patience = { .tv_sec = patience_seconds };
    int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder, CONTROL_SOCKET);
    if (n < 0 || (size_t)n >= sizeof address.sun_path)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool control_ask(const char *folder, const char *command, int patience_seconds, struct buf *out)
{
    char line[256];
    int fd = connect_to(folder, patience_seconds);
    int n = snprintf(line, sizeof line, "%s\n", command);
    bool ok = fd >= 0 && n > 0 && (size_t)n < sizeof line && write(fd, line, (size_t)n) == n;
    while (ok) {
        char *at = buf_reserve(out, 1 << 16);
        ssize_t got = read(fd, at, 1 << 16);
        ok = got >= 0;
        if (got <= 0)
            break;
        out->n += (size_t)got;
        out->p[out->n] = '\0';
    }
    if (fd >= 0)
        close(fd);
    return ok && out->n > 0;
}
