#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "haproxy/instance.h"
#include "haproxy/launch.h"
#include "haproxy/link.h"
#include "haproxy/master.h"
#include "haproxy/report.h"
#include "sys/clock.h"

enum {
    STEP_MS = 3,        /* between two looks */
    ASK_MS = 2000,      /* for one answer */
    TERMINATE_MS = 2000 /* between the order to end at once and SIGKILL */
};

static int open_pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0u);
}

static void note_master(struct haproxy *haproxy, pid_t master, bool is_child)
{
    haproxy->master = master;
    haproxy->is_child = is_child;
    haproxy->master_fd = open_pidfd(master);
}

bool lifetime_adopt(struct haproxy *haproxy, char error[static 512])
{
    struct reply_proc proc;
    enum runtime_status status = master_ask_proc(haproxy->master_socket, ASK_MS, &proc);
    error[0] = '\0';
    if (status == RUNTIME_OK) {
        note_master(haproxy, proc.master, false);
        return true;
    }
    if (status != RUNTIME_UNREACHABLE)
        snprintf(error, 512, "what listens on %s does not answer like HAProxy: end it",
                 haproxy->master_socket);
    return false;
}

/* The lock that a master and its workers hold as long as one of them lives: they inherit it. -1: it cannot be
 * had. */
static int take_lock(const struct haproxy *haproxy, bool *others)
{
    int fd = open(haproxy->lock_file, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
    *others = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (*others) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool is_locked(const struct haproxy *haproxy)
{
    bool others;
    int fd = take_lock(haproxy, &others);
    if (fd >= 0)
        close(fd);
    return others;
}

bool lifetime_adopt_late(struct haproxy *haproxy, int timeout_ms, char error[static 512])
{
    int64_t deadline = link_deadline(timeout_ms);
    while (is_locked(haproxy) && clock_monotonic_ns() < deadline) {
        if (lifetime_adopt(haproxy, error) || error[0])
            return haproxy->master != 0;
        poll(NULL, 0, STEP_MS);
    }
    return false;
}

bool lifetime_launch(struct haproxy *haproxy, char error[static 512])
{
    int write_end;
    tail_destroy(haproxy->tail);
    haproxy->tail = tail_start(haproxy->log, &write_end);
    if (!haproxy->tail) {
        snprintf(error, 512, "cannot start HAProxy: %s", strerror(errno));
        return false;
    }
    const char *socket = arena_printf(haproxy->arena, "%s,mode,600", haproxy->master_socket).p;
    const char *const argv[] = {
        haproxy->binary,   "-W", "-S", socket, "-p", haproxy->pid_file, "-f", haproxy->config, "-f",
        haproxy->backends, NULL
    };
    bool others;
    int lock = take_lock(haproxy, &others);
    pid_t pid = launch_start(argv, -1, write_end, lock);
    if (lock >= 0)
        close(lock);
    if (pid < 0)
        snprintf(error, 512, "cannot start %s: %s", haproxy->binary, strerror(errno));
    else
        note_master(haproxy, pid, true);
    close(write_end);
    return pid > 0;
}

/* A child is asked for without being reaped, so that its process group stays ours until it is buried. */
bool lifetime_is_alive(const struct haproxy *haproxy)
{
    if (!haproxy->master)
        return false;
    if (haproxy->is_child) {
        siginfo_t info = { 0 };
        return waitid(P_PID, (id_t)haproxy->master, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid == 0;
    }
    if (haproxy->master_fd >= 0) {
        struct pollfd dead = { .fd = haproxy->master_fd, .events = POLLIN };
        return poll(&dead, 1, 0) == 0;
    }
    return kill(haproxy->master, 0) == 0 || errno == EPERM;
}

static void log_end(const struct haproxy *haproxy, int status)
{
    if (WIFSIGNALED(status))
        log_line(haproxy->log, LOG_LINE_INFO, "haproxy", "master %d ended by signal %d", (int)haproxy->master,
                 WTERMSIG(status));
    else
        log_line(haproxy->log, LOG_LINE_INFO, "haproxy", "master %d ended with status %d",
                 (int)haproxy->master, WEXITSTATUS(status));
}

void lifetime_bury(struct haproxy *haproxy)
{
    if (!haproxy->master)
        return;
    int status;
    /* Workers follow their master by themselves; this is for those that cannot. The number of a dead master
     * that is not our child may be another process's by now. */
    if (haproxy->is_child || lifetime_is_alive(haproxy))
        kill(getpgid(haproxy->master) == haproxy->master ? -haproxy->master : haproxy->master, SIGKILL);
    if (haproxy->is_child && waitpid(haproxy->master, &status, 0) == haproxy->master)
        log_end(haproxy, status);
    if (haproxy->master_fd >= 0)
        close(haproxy->master_fd);
    if (haproxy->tail)
        tail_stop(haproxy->tail);
    haproxy->master = 0;
    haproxy->master_fd = -1;
    haproxy->worker = (struct runtime_info){ 0 };
}

/* true: it is dead. */
static bool await_end(const struct haproxy *haproxy, int timeout_ms)
{
    int64_t deadline = link_deadline(timeout_ms);
    while (lifetime_is_alive(haproxy)) {
        int64_t left = (deadline - clock_monotonic_ns()) / NS_PER_MS;
        struct pollfd dead = { .fd = haproxy->master_fd, .events = POLLIN };
        if (left <= 0)
            return false;
        if (haproxy->master_fd < 0)
            left = STEP_MS;
        poll(&dead, haproxy->master_fd >= 0, left < 1000 ? (int)left : 1000);
    }
    return true;
}

void lifetime_end(struct haproxy *haproxy, int grace_ms)
{
    if (grace_ms > 0 && lifetime_is_alive(haproxy)) {
        kill(haproxy->master, SIGUSR1);
        (void)await_end(haproxy, grace_ms);
    }
    if (lifetime_is_alive(haproxy)) {
        kill(haproxy->master, SIGTERM);
        (void)await_end(haproxy, TERMINATE_MS);
    }
    lifetime_bury(haproxy);
}

/* For some milliseconds after a reload the old worker and the new one take connections from the same runtime
 * socket: a change could go to the one that leaves. One that cannot be asked is gone. */
static bool old_workers_are_leaving(const struct haproxy *haproxy, const struct reply_proc *proc)
{
    struct runtime_info info;
    for (size_t i = 0; i < REPLY_NEWEST_OLD && proc->newest_old[i]; i++)
        if (proc->newest_old[i] != proc->worker &&
            master_ask_info(haproxy->master_socket, ASK_MS, proc->newest_old[i], &info) == RUNTIME_OK &&
            !info.stopping)
            return false;
    return true;
}

/* The worker that answers is the one that the master named last: neither one that is about to leave nor a
 * stranger. */
static bool see_worker(struct haproxy *haproxy)
{
    struct reply_proc proc;
    struct runtime_info info;
    if (runtime_ask_info(&haproxy->runtime, &info) != RUNTIME_OK ||
        master_ask_proc(haproxy->master_socket, ASK_MS, &proc) != RUNTIME_OK || proc.worker != info.pid ||
        !old_workers_are_leaving(haproxy, &proc))
        return false;
    haproxy->worker = info;
    return true;
}

static void explain_failure(struct haproxy *haproxy, const char *what, char error[static 512])
{
    struct buf text = { 0 }, reason = { 0 };
    if (haproxy->tail) {
        tail_since(haproxy->tail, 0, &text);
        report_failure(buf_str(&text), &reason);
    }
    snprintf(error, 512, "%s%s%s", what, reason.n ? ": " : "", reason.n ? reason.p : "");
    buf_fini(&text);
    buf_fini(&reason);
}

bool lifetime_await_worker(struct haproxy *haproxy, int timeout_ms, char error[static 512])
{
    int64_t deadline = link_deadline(timeout_ms);
    while (!see_worker(haproxy)) {
        if (haproxy->ours && !lifetime_is_alive(haproxy)) {
            lifetime_bury(haproxy); /* first, so that its last words are read */
            explain_failure(haproxy, "HAProxy did not start", error);
            return false;
        }
        if (clock_monotonic_ns() >= deadline) {
            snprintf(error, 512, "no HAProxy worker answers on %s and %s", haproxy->runtime_socket,
                     haproxy->master_socket);
            return false;
        }
        poll(NULL, 0, STEP_MS);
    }
    return true;
}
