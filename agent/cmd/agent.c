#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "cmd/cmd.h"
#include "spop/server.h"
#include "sys/files.h"

enum { LARGEST_POLICY = 1 << 30, LOOK_EVERY_MS = 250 };

/* Loads the policy; what the agent has stays where it cannot be read. */
static bool load(struct agent *agent, const char *path, struct log *log)
{
    struct buf bytes = { 0 };
    char error[256] = "cannot be read";
    struct program_set *set =
        file_read(path, LARGEST_POLICY, &bytes) ? program_set_parse(buf_str(&bytes), error) : NULL;
    if (set) {
        log_line(log, LOG_LINE_INFO, "agent", "%s: %zu programs", path, program_set_count(set));
        agent_publish(agent, set);
    } else {
        log_line(log, LOG_LINE_ERROR, "agent", "%s: %s", path, error);
    }
    if (bytes.n)
        explicit_bzero(bytes.p, bytes.n);
    buf_fini(&bytes);
    return set != NULL;
}

static bool has_changed(const char *path, struct stat *seen)
{
    struct stat now;
    if (stat(path, &now) != 0)
        return false;
    bool changed = now.st_ino != seen->st_ino || now.st_size != seen->st_size ||
                   now.st_mtim.tv_sec != seen->st_mtim.tv_sec || now.st_mtim.tv_nsec != seen->st_mtim.tv_nsec;
    *seen = now;
    return changed;
}

/* Loads the policy, then until a signal ends it: SIGHUP loads it anew, and so does a change of the file,
 * which is looked at before each load, so that no change is missed. false: the first load failed. */
static bool follow(struct agent *agent, const char *path, struct log *log, const sigset_t *signals)
{
    struct timespec pause = { .tv_nsec = LOOK_EVERY_MS * 1000000 };
    struct stat seen = { 0 };
    has_changed(path, &seen);
    if (!load(agent, path, log))
        return false;
    for (;;) {
        int number = sigtimedwait(signals, NULL, &pause);
        if (number == SIGTERM || number == SIGINT)
            return true;
        if (has_changed(path, &seen) || number == SIGHUP)
            load(agent, path, log);
    }
}

enum exit_code verb_agent(const struct verb_call *call)
{
    const char *policy = verb_value(call, "--policy"), *folder = verb_value(call, "--sockets");
    struct arena *arena = arena_create();
    const struct settings *settings = policy && folder ? cmd_settings(arena, call) : NULL;
    enum exit_code status = EXIT_UNABLE;
    char error[256];
    sigset_t signals;
    if (!policy || !folder)
        fprintf(stderr, "maitred agent: --policy FILE and --sockets DIR are needed\n");
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    files_raise();
    struct log *log = settings ? log_open(NULL, LOG_LINE_INFO, settings->log.json) : NULL;
    struct agent_options options = { .folder = folder };
    if (settings) {
        options.workers = settings->agent.workers;
        options.buckets = (size_t)settings->agent.buckets;
    }
    struct agent *agent = settings ? agent_start(&options, log, error) : NULL;
    if (settings && !agent)
        fprintf(stderr, "maitred agent: %s\n", error);
    if (agent && follow(agent, policy, log, &signals))
        status = EXIT_CLEAN;
    agent_stop(agent);
    if (log)
        log_close(log);
    arena_destroy(arena);
    return status;
}
