/* `haproxy -c` over the files of the state folder. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "haproxy/instance.h"
#include "haproxy/report.h"

enum { CHECK_MS = 60000 };

#define CHECK_ARGV(haproxy)                                                                                  \
    {                                                                                                        \
        (haproxy)->binary, "-c", "-f", (haproxy)->config, "-f", (haproxy)->backends, NULL                    \
    }

/* `status` as waitpid has it, or -1 and errno set. */
static bool judge(const struct haproxy *haproxy, int status, struct str output, char error[static 512])
{
    struct buf reason = { 0 };
    if (status == -1)
        buf_printf(&reason, "%s -c: %s", haproxy->binary, strerror(errno));
    else if (status != 0)
        report_failure(output, &reason);
    snprintf(error, 512, "%s", reason.n ? reason.p : "");
    buf_fini(&reason);
    return status == 0;
}

bool haproxy_check(struct haproxy *haproxy, char error[static 512])
{
    error[0] = '\0';
    if (!haproxy->ours)
        return true;
    const char *const argv[] = CHECK_ARGV(haproxy);
    struct buf output = buf_make(HAPROXY_OUTPUT_MAX);
    int status = launch_run(argv, CHECK_MS, &output);
    bool good = judge(haproxy, status, buf_str(&output), error);
    buf_fini(&output);
    return good;
}

bool haproxy_check_begin(struct haproxy *haproxy, char error[static 512])
{
    const char *const argv[] = CHECK_ARGV(haproxy);
    error[0] = '\0';
    haproxy_check_give_up(haproxy);
    haproxy->check_output = buf_make(HAPROXY_OUTPUT_MAX);
    return !haproxy->ours || launch_begin(&haproxy->check, argv) ||
           judge(haproxy, -1, (struct str){ 0 }, error);
}

enum haproxy_check haproxy_check_look(struct haproxy *haproxy, char error[static 512])
{
    int status = 0;
    error[0] = '\0';
    if (haproxy->check.pid && !launch_look(&haproxy->check, &haproxy->check_output, &status))
        return CHECK_RUNS;
    bool good = judge(haproxy, status, buf_str(&haproxy->check_output), error);
    buf_fini(&haproxy->check_output);
    return good ? CHECK_GOOD : CHECK_BAD;
}

void haproxy_check_give_up(struct haproxy *haproxy)
{
    launch_kill(&haproxy->check);
    buf_fini(&haproxy->check_output);
}
