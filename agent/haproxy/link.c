#include "haproxy/link.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/clock.h"

int64_t link_deadline(int timeout_ms)
{
    return clock_monotonic_ns() + timeout_ms * NS_PER_MS;
}

static enum runtime_status wait_for(int fd, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - clock_monotonic_ns();
        if (left <= 0)
            return RUNTIME_TIMEOUT;
        int64_t ms = (left + NS_PER_MS - 1) / NS_PER_MS;
        struct pollfd wanted = { .fd = fd, .events = events };
        int n = poll(&wanted, 1, ms > 60000 ? 60000 : (int)ms);
        if (n > 0)
            return RUNTIME_OK;
        if (n < 0 && errno != EINTR)
            return RUNTIME_UNREACHABLE;
    }
}

/* A full backlog answers EAGAIN at once, and no event tells when there is room again. */
static enum runtime_status connect_patiently(int fd, const struct sockaddr_un *address, int64_t deadline)
{
    while (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        if (errno != EAGAIN && errno != EINTR)
            return RUNTIME_UNREACHABLE;
        if (clock_monotonic_ns() >= deadline)
            return RUNTIME_TIMEOUT;
        poll(NULL, 0, 1);
    }
    return RUNTIME_OK;
}

enum runtime_status link_open(const char *path, int64_t deadline, int *fd)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t n = strlen(path);
    if (n >= sizeof address.sun_path)
        return RUNTIME_UNREACHABLE;
    memcpy(address.sun_path, path, n);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return RUNTIME_UNREACHABLE;
    enum runtime_status status = connect_patiently(*fd, &address, deadline);
    if (status != RUNTIME_OK) {
        close(*fd);
        *fd = -1;
    }
    return status;
}

enum runtime_status link_send(int fd, struct str bytes, int64_t deadline)
{
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n >= 0) {
            bytes = str_from(bytes, (size_t)n);
        } else if (errno == EAGAIN) {
            enum runtime_status status = wait_for(fd, POLLOUT, deadline);
            if (status != RUNTIME_OK)
                return status;
        } else if (errno != EINTR) {
            return RUNTIME_UNREACHABLE;
        }
    }
    return RUNTIME_OK;
}

enum runtime_status link_receive(int fd, struct buf *into, int64_t deadline, bool *end)
{
    enum { PIECE = 32768 };
    *end = false;
    for (;;) {
        enum runtime_status status = wait_for(fd, POLLIN, deadline);
        if (status != RUNTIME_OK)
            return status;
        char *at = buf_reserve(into, PIECE);
        if (!at)
            return RUNTIME_REFUSED;
        ssize_t n = recv(fd, at, PIECE, 0);
        if (n >= 0) {
            into->n += (size_t)n;
            into->p[into->n] = '\0';
            *end = n == 0;
            return RUNTIME_OK;
        }
        if (errno != EAGAIN && errno != EINTR)
            return RUNTIME_UNREACHABLE;
    }
}

enum runtime_status link_receive_all(int fd, struct buf *into, int64_t deadline)
{
    enum runtime_status status;
    bool end = false;
    do
        status = link_receive(fd, into, deadline, &end);
    while (status == RUNTIME_OK && !end);
    return status;
}
