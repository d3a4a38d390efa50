#include "ops/events.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "ops/breaker_event.h"
#include "ops/op.h"
#include "sys/clock.h"

enum { EVENT_MAX = 2048, BUFFER = 1 << 20 };

struct events {
    pthread_mutex_t draining; /* what has been read is counted before anybody else decides */
    int fd;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

static bool bind_to(struct events *events)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int size = BUFFER;
    strcpy(address.sun_path, events->path);
    events->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return events->fd >= 0 && setsockopt(events->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0 &&
           (unlink(events->path) == 0 || errno == ENOENT) && fchmod(events->fd, 0600) == 0 &&
           bind(events->fd, (struct sockaddr *)&address, sizeof address) == 0;
}

struct events *events_open(const char *folder, char error[static 256])
{
    struct events *events = xmalloc(sizeof *events);
    *events = (struct events){ .fd = -1 };
    pthread_mutex_init(&events->draining, NULL);
    int n = snprintf(events->path, sizeof events->path, "%s/" EVENTS_NAME, folder);
    if (n < 0 || (size_t)n >= sizeof events->path) {
        snprintf(error, 256, "%.150s: too long for the name of a socket; name a shorter folder", folder);
    } else if (bind_to(events)) {
        return events;
    } else {
        snprintf(error, 256, "%.120s: %s; the folder must exist and be writable", events->path,
                 strerror(errno));
    }
    events_close(events);
    return NULL;
}

void events_close(struct events *events)
{
    if (!events)
        return;
    if (events->fd >= 0) {
        close(events->fd);
        unlink(events->path);
    }
    pthread_mutex_destroy(&events->draining);
    free(events);
}

int events_fd(const struct events *events)
{
    return events->fd;
}

static void take(struct str line, const struct program_set *programs)
{
    struct breaker_event event;
    struct str id;
    size_t at;
    if (!breaker_event_read(line, &event))
        return;
    while (breaker_event_next(&event.passed, &id, &at)) {
        const struct program *program = program_set_find(programs, id);
        if (program && at < program->n_ops && program->ops[at].type == &circuit_breaker_op)
            breaker_record(program->ops[at].circuit_breaker.breaker, event.status, event.latency_ns,
                           clock_monotonic_ns());
    }
}

void events_drain(struct events *events, const struct program_set *programs)
{
    char line[EVENT_MAX];
    ssize_t n;
    pthread_mutex_lock(&events->draining);
    while ((n = recv(events->fd, line, sizeof line, MSG_DONTWAIT)) >= 0)
        if (programs)
            take(str_of(line, (size_t)n), programs);
    pthread_mutex_unlock(&events->draining);
}
