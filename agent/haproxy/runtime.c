#include "haproxy/runtime.h"

#include <unistd.h>

#include "haproxy/link.h"
#include "haproxy/reply.h"

enum runtime_status runtime_call(const struct runtime *runtime, struct str command, struct buf *answer)
{
    if (command.n > RUNTIME_COMMAND_MAX)
        return RUNTIME_REFUSED;
    int64_t deadline = link_deadline(runtime->timeout_ms);
    int fd;
    enum runtime_status status = link_open(runtime->path, deadline, &fd);
    if (status != RUNTIME_OK)
        return status;
    size_t before = answer->n;
    struct buf line = { 0 };
    buf_put(&line, command);
    if (!str_ends(command, STR("\n")))
        buf_putc(&line, '\n');
    /* The writing side stays open: HAProxy may take its end for a wish to leave. */
    status = link_send(fd, buf_str(&line), deadline);
    buf_fini(&line);
    if (status == RUNTIME_OK)
        status = link_receive_all(fd, answer, deadline);
    if (status == RUNTIME_OK && answer->n == before)
        status = RUNTIME_UNREACHABLE;
    close(fd);
    return status;
}

enum runtime_status runtime_ask_info(const struct runtime *runtime, struct runtime_info *out)
{
    struct buf answer = buf_make(1 << 20);
    enum runtime_status status = runtime_call(runtime, STR("show info"), &answer);
    if (status == RUNTIME_OK && !reply_info(buf_str(&answer), out))
        status = RUNTIME_REFUSED;
    buf_fini(&answer);
    return status;
}

enum runtime_status runtime_version(const struct runtime *runtime, struct haproxy_version *version, int *pid)
{
    struct runtime_info info = { 0 };
    enum runtime_status status = runtime_ask_info(runtime, &info);
    *version = info.version;
    *pid = info.pid;
    return status;
}

const char *runtime_status_name(enum runtime_status status)
{
    static const char *const names[] = {
        [RUNTIME_OK] = "answered",
        [RUNTIME_UNREACHABLE] = "does not answer",
        [RUNTIME_TIMEOUT] = "did not answer in time",
        [RUNTIME_REFUSED] = "refused",
    };
    return names[status];
}
