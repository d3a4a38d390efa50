#include "haproxy/master.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "haproxy/link.h"
#include "sys/clock.h"

enum {
    ANSWER_MAX = 1 << 20,
    STEP_MS = 5,    /* between two looks at a master that is busy executing itself anew */
    LOOK_MS = 1000, /* for one look */
};

/* The master keeps a connection open after its answer until our end closes; only `reload` closes it by
 * itself. */
static enum runtime_status call(const char *path, int64_t deadline, struct str command, bool close_end,
                                struct buf *answer)
{
    int fd;
    enum runtime_status status = link_open(path, deadline, &fd);
    if (status != RUNTIME_OK)
        return status;
    status = link_send(fd, command, deadline);
    if (status == RUNTIME_OK && close_end)
        shutdown(fd, SHUT_WR);
    if (status == RUNTIME_OK)
        status = link_receive_all(fd, answer, deadline);
    close(fd);
    return status;
}

enum runtime_status master_ask_proc(const char *path, int timeout_ms, struct reply_proc *out)
{
    struct buf answer = buf_make(ANSWER_MAX);
    enum runtime_status status = call(path, link_deadline(timeout_ms), STR("show proc\n"), true, &answer);
    if (status == RUNTIME_OK && answer.n == 0)
        status = RUNTIME_UNREACHABLE;
    else if (status == RUNTIME_OK && !reply_proc(buf_str(&answer), out))
        status = RUNTIME_REFUSED;
    buf_fini(&answer);
    return status;
}

enum runtime_status master_ask_info(const char *path, int timeout_ms, int pid, struct runtime_info *out)
{
    char command[48];
    struct buf answer = buf_make(ANSWER_MAX);
    snprintf(command, sizeof command, "@!%d show info\n", pid);
    enum runtime_status status = call(path, link_deadline(timeout_ms), str_c(command), true, &answer);
    if (status == RUNTIME_OK && !reply_info(buf_str(&answer), out))
        status = RUNTIME_REFUSED;
    buf_fini(&answer);
    return status;
}

/* Looks until `show proc` is answered and counts more reloads than `before`. Right after a reload the socket
 * refuses for some 10 ms. */
static bool await_reload(const char *path, int64_t deadline, int64_t before, struct reply_proc *out)
{
    while (clock_monotonic_ns() < deadline) {
        if (master_ask_proc(path, LOOK_MS, out) == RUNTIME_OK && out->reloads > before)
            return true;
        poll(NULL, 0, STEP_MS);
    }
    return false;
}

enum master_verdict master_reload(const char *path, int timeout_ms, struct buf *log)
{
    int64_t deadline = link_deadline(timeout_ms);
    struct reply_proc proc;
    if (!await_reload(path, link_deadline(LOOK_MS), -1, &proc))
        return MASTER_SILENT;
    int64_t before = proc.reloads;
    struct buf answer = buf_make(ANSWER_MAX);
    /* The master of 2.6 closes, or resets, without an answer; that says nothing. */
    enum runtime_status status = call(path, deadline, STR("reload\n"), false, &answer);
    enum master_verdict verdict = MASTER_SILENT;
    bool success;
    struct str text;
    if (reply_reload(buf_str(&answer), &success, &text)) {
        buf_put(log, text);
        verdict = success ? MASTER_RELOADED : MASTER_REFUSED;
    } else if (status != RUNTIME_TIMEOUT && await_reload(path, deadline, before, &proc)) {
        verdict = proc.failed == 0 ? MASTER_RELOADED : MASTER_REFUSED;
    }
    buf_fini(&answer);
    return verdict;
}
