#include "haproxy/launch.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "haproxy/link.h"
#include "sys/clock.h"

extern char **environ;

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

const char *launch_find(struct arena *arena, const char *name)
{
    if (strchr(name, '/'))
        return is_program(name) ? arena_copy(arena, str_c(name)).p : NULL;
    const char *path = getenv("PATH");
    for (struct str rest = str_c(path ? path : "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin");
         rest.p;) {
        struct str folder = str_cut(&rest, ':');
        const char *candidate = arena_printf(arena, "%.*s/%s", STR_ARG(folder.n ? folder : STR(".")), name).p;
        if (is_program(candidate))
            return candidate;
    }
    return NULL;
}

/* What the daemon ignores or blocks must not be inherited. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, handled;
    sigemptyset(&none);
    sigemptyset(&handled);
    static const int signals[] = { SIGINT,  SIGTERM, SIGHUP,  SIGPIPE, SIGCHLD,
                                   SIGUSR1, SIGUSR2, SIGQUIT, SIGXFSZ };
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&handled, signals[i]);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &handled);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setflags(attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

pid_t launch_start(const char *const *argv, int out, int err, int kept)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    set_attributes(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (out >= 0)
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (err >= 0)
        posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    if (kept >= 0)
        posix_spawn_file_actions_adddup2(&actions, kept, kept); /* takes its close-on-exec away */
    int error = posix_spawn(&pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = error;
    return error ? -1 : pid;
}

/* Up to the end of the pipe; what the buffer does not take is read all the same. false: out of time. */
static bool read_all(int fd, struct buf *output, int64_t deadline)
{
    for (;;) {
        int64_t left = (deadline - clock_monotonic_ns()) / NS_PER_MS;
        struct pollfd readable = { .fd = fd, .events = POLLIN };
        if (left <= 0)
            return false;
        if (poll(&readable, 1, (int)(left < 60000 ? left : 60000)) <= 0)
            continue;
        char piece[4096];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n > 0)
            buf_put(output, str_of(piece, (size_t)n));
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return true;
    }
}

int launch_run(const char *const *argv, int timeout_ms, struct buf *output)
{
    int ends[2], status = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pid_t pid = launch_start(argv, ends[1], ends[1], -1);
    int error = errno;
    close(ends[1]);
    if (pid > 0) {
        bool complete = read_all(ends[0], output, link_deadline(timeout_ms));
        if (!complete)
            kill(-pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        if (!complete) {
            status = -1;
            error = ETIMEDOUT;
        }
    }
    close(ends[0]);
    errno = error;
    return status;
}

bool launch_begin(struct launch_job *job, const char *const *argv)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    pid_t pid = launch_start(argv, ends[1], ends[1], -1);
    int error = errno;
    close(ends[1]);
    if (pid < 0)
        close(ends[0]);
    else
        *job = (struct launch_job){ pid, ends[0] };
    errno = error;
    return pid > 0;
}

/* What stands in the pipe. What the buffer does not take is read all the same. */
static void read_some(int fd, struct buf *output)
{
    char piece[4096];
    for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;)
        buf_put(output, str_of(piece, (size_t)n));
}

bool launch_look(struct launch_job *job, struct buf *output, int *status)
{
    read_some(job->fd, output);
    if (waitpid(job->pid, status, WNOHANG) != job->pid)
        return false;
    read_some(job->fd, output);
    close(job->fd);
    *job = (struct launch_job){ 0 };
    return true;
}

void launch_kill(struct launch_job *job)
{
    if (!job->pid)
        return;
    kill(-job->pid, SIGKILL);
    while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(job->fd);
    *job = (struct launch_job){ 0 };
}

void launch_set_environment(void)
{
    /* Below 3.0 most buffers, 64 kB each, come from malloc and go back with each request; glibc by itself
     * gives the top of its heap back to the kernel beyond 128 kB, and takes it again, and its pages, with the
     * next one. */
    setenv("MALLOC_TRIM_THRESHOLD_", "33554432", 0);
    /* To make room for one of them, HAProxy gives back hundreds of small things, and wants them again at
     * once: glibc keeps so many of each size at hand, by itself 7. */
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=256", 0);

    struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0)
        setenv("MAITRED_IPV6", "1", 1);
    if (fd >= 0)
        close(fd);
}
