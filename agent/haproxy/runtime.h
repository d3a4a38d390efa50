/* HAProxy's runtime API: one command, one answer, over a unix socket (reference/haproxy.md 2). Blocking with a
 * time limit. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum runtime_status {
    RUNTIME_OK,
    RUNTIME_UNREACHABLE, /* no socket, refused, closed without an answer */
    RUNTIME_TIMEOUT,
    RUNTIME_REFUSED /* HAProxy answered with an error: the answer says which */
};

struct runtime {
    const char *path; /* of the stats socket */
    int timeout_ms;
};

/* Sends `command` (one line, or a line ending in "<<" with payload lines and a final empty line) and appends the
 * whole answer. RUNTIME_OK says only that an answer came. */
enum runtime_status runtime_call(const struct runtime *runtime, struct str command, struct buf *answer);

struct haproxy_version {
    int major, minor, patch;
};

/* Asks `show info`; also the process id, for noticing that another worker answers. */
enum runtime_status runtime_version(const struct runtime *runtime, struct haproxy_version *version, int *pid);
