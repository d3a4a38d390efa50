/* Starting programs: found on PATH, in a process group of their own, with clean signals and nothing of ours
 * open. */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"

/* The path of a program: `name` itself if it holds a slash, else the first such executable on PATH. NULL:
 * none. */
const char *launch_find(struct arena *arena, const char *name);

/* Starts argv[0], a path. Standard input is /dev/null; `out` and `err` become its standard output and error
 * (-1: ours); `kept` stays open for it under its number (-1: nothing does). -1 and errno set where it cannot
 * be started. The caller waits for it. */
pid_t launch_start(const char *const *argv, int out, int err, int kept);

/* Runs it to its end, appending both outputs; killed after `timeout_ms`. Returns the status as waitpid has
 * it, or -1 and errno set (ETIMEDOUT). */
int launch_run(const char *const *argv, int timeout_ms, struct buf *output);

/* A program that runs beside us. All zero: none does. */
struct launch_job {
    pid_t pid;
    int fd; /* the end of the pipe with both its outputs, if pid */
};

/* false and errno set where it cannot be started. */
bool launch_begin(struct launch_job *job, const char *const *argv);

/* To be called from time to time: appends what it has said. true: it has ended, with *status as waitpid has
 * it, and the job is zero. */
bool launch_look(struct launch_job *job, struct buf *output, int *status);

/* Ends it by force, if one runs. */
void launch_kill(struct launch_job *job);

/* Puts into the environment what HAProxy shall find there: MAITRED_IPV6, where the skeleton's ":80" shall
 * mean the addresses of IPv6 too; how much free memory its allocator keeps (MALLOC_TRIM_THRESHOLD_, bytes;
 * GLIBC_TUNABLES), unless that is there already. */
void launch_set_environment(void);
