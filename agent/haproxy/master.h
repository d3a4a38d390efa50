/* HAProxy's master socket: which processes there are, and the reload (reference/haproxy.md 2.6). */
#pragma once

#include "haproxy/reply.h"

/* `show proc`. RUNTIME_REFUSED: something else answers there. */
enum runtime_status master_ask_proc(const char *path, int timeout_ms, struct reply_proc *out);

/* `show info` of the worker with that process id, be it the present one or an old one, past the runtime
 * socket. RUNTIME_REFUSED: there is none. */
enum runtime_status master_ask_info(const char *path, int timeout_ms, int pid, struct runtime_info *out);

enum master_verdict {
    MASTER_RELOADED, /* a new worker was started; it may not answer yet */
    MASTER_REFUSED,  /* the old worker goes on */
    MASTER_SILENT    /* not there, or no verdict in time */
};

/* `reload`, waiting for the verdict: in the answer from 2.7 on, by watching `show proc` before. Appends to
 * `log` what the new process said, as far as the master tells (2.6: nothing). */
enum master_verdict master_reload(const char *path, int timeout_ms, struct buf *log);
