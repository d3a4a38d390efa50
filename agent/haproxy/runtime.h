/* HAProxy's runtime API: one command, one answer, over a unix socket (reference/haproxy.md 2). Blocking with
 * a time limit. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum runtime_status {
    RUNTIME_OK,
    RUNTIME_UNREACHABLE, /* no socket, refused, closed without an answer */
    RUNTIME_TIMEOUT,
    RUNTIME_REFUSED /* HAProxy answered with an error: the answer says which */
};

/* Command and payload of one call together: HAProxy reads them into one buffer of 16 kB (tune.bufsize), less
 * a reserve, and what does not fit is refused, dropped without a word, or cut short, by version. */
#define RUNTIME_COMMAND_MAX 15000

struct runtime {
    const char *path; /* of the stats socket */
    int timeout_ms;
};

/* Sends `command` (one line, or a line ending in "<<" with payload lines and a final empty line) and appends
 * the whole answer. RUNTIME_OK says only that an answer came. RUNTIME_REFUSED: longer than
 * RUNTIME_COMMAND_MAX (nothing is sent), or an answer beyond the limit of `answer`. */
enum runtime_status runtime_call(const struct runtime *runtime, struct str command, struct buf *answer);

struct haproxy_version {
    int major, minor, patch;
};

/* Asks `show info`; also the process id, for noticing that another worker answers. */
enum runtime_status runtime_version(const struct runtime *runtime, struct haproxy_version *version, int *pid);

/* A configuration of ours names itself so, in `description`. */
#define SKELETON_WORDS "maitred skeleton "
enum { SKELETON_NAME = 32 };

/* What tells one worker from another: in a container the process id alone may repeat. */
struct runtime_info {
    struct haproxy_version version;
    int pid;
    int64_t started;                  /* seconds since 1970 */
    bool stopping;                    /* it takes no new connections, not even of its runtime socket */
    char skeleton[SKELETON_NAME + 1]; /* the name behind SKELETON_WORDS; empty: it has none */
};

enum runtime_status runtime_ask_info(const struct runtime *runtime, struct runtime_info *out);

const char *runtime_status_name(enum runtime_status status);
