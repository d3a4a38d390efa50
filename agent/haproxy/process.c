#include "haproxy/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emit/emit.h"
#include "haproxy/instance.h"
#include "haproxy/launch.h"
#include "haproxy/master.h"
#include "haproxy/reply.h"
#include "haproxy/report.h"
#include "sys/clock.h"
#include "sys/crash.h"

enum {
    START_MS = 60000, /* a million routes take some seconds to load */
    ADOPT_MS = 10000,
    FIND_MS = 5000,   /* for a HAProxy that somebody else starts beside us */
    SETTLE_MS = 2000, /* for a reload by another hand, which is seen half-way */
    VERSION_MS = 10000,
    ASK_MS = 500, /* for the question in haproxy_poll */
    LOOK_EVERY_MS = 250,
    PATH_LONGEST = 97 /* HAProxy binds unix sockets under a longer, temporary name first */
};

static bool is_old(struct haproxy_version version)
{
    return version.major < 2 || (version.major == 2 && version.minor < 6);
}

static bool check_age(struct haproxy_version version, const char *what, char error[static 512])
{
    if (!is_old(version))
        return true;
    snprintf(error, 512, "%s is HAProxy %d.%d: 2.6 or newer is needed", what, version.major, version.minor);
    return false;
}

/* "HAProxy version 2.6.12-1 2023/12/16 - https://haproxy.org/" */
static bool read_banner(struct str output, struct haproxy_version *out)
{
    const struct str label = STR("roxy version ");
    size_t at = str_search(output, label);
    return at != SIZE_MAX && reply_version(str_from(output, at + label.n), out);
}

static bool find_binary(struct haproxy *haproxy, const char *name, char error[static 512])
{
    haproxy->binary = launch_find(haproxy->arena, name ? name : "haproxy");
    if (!haproxy->binary) {
        snprintf(error, 512,
                 name ? "there is no program %s: correct --haproxy.binary"
                      : "there is no %s on PATH: install it, or name it with --haproxy.binary",
                 name ? name : "haproxy");
        return false;
    }
    const char *const argv[] = { haproxy->binary, "-v", NULL };
    struct buf output = buf_make(HAPROXY_OUTPUT_MAX);
    bool ok =
        launch_run(argv, VERSION_MS, &output) == 0 && read_banner(buf_str(&output), &haproxy->binary_version);
    if (!ok)
        snprintf(error, 512, "%s -v does not answer like HAProxy", haproxy->binary);
    buf_fini(&output);
    return ok && check_age(haproxy->binary_version, haproxy->binary, error);
}

static bool check_paths(const struct haproxy *haproxy, char error[static 512])
{
    const char *const paths[] = { haproxy->master_socket, haproxy->runtime_socket };
    for (size_t i = 0; i < 2; i++) {
        if (strlen(paths[i]) > PATH_LONGEST) {
            snprintf(error, 512,
                     "the path of the socket %.200s… is longer than the %d bytes that HAProxy takes: choose "
                     "a shorter folder",
                     paths[i], PATH_LONGEST);
            return false;
        }
        if (strchr(paths[i], ',')) { /* what follows one would be options of the socket */
            snprintf(error, 512, "the path of the socket %s holds a comma: choose another folder", paths[i]);
            return false;
        }
    }
    return true;
}

static bool set_up(struct haproxy *haproxy, const struct haproxy_options *options, char error[static 512])
{
    struct arena *arena = haproxy->arena;
    const char *folder = options->folder;
    if (!options->master_socket != !options->runtime_socket) {
        snprintf(error, 512,
                 "--haproxy.master-socket and --haproxy.runtime-socket belong together: give both or none");
        return false;
    }
    haproxy->ours = !options->master_socket;
    haproxy->config = arena_printf(arena, "%s/" ARTIFACT_CONFIG, folder).p;
    haproxy->backends = arena_printf(arena, "%s/" ARTIFACT_BACKENDS, folder).p;
    haproxy->closed_socket = arena_printf(arena, "%s/" CLOSED_SOCKET, folder).p;
    haproxy->relayed_socket = arena_printf(arena, "%s/" RELAYED_SOCKET, folder).p;
    haproxy->pid_file = arena_printf(arena, "%s/haproxy.pid", folder).p;
    haproxy->lock_file = arena_printf(arena, "%s/haproxy.lock", folder).p;
    haproxy->master_socket = haproxy->ours ? arena_printf(arena, "%s/" MASTER_SOCKET, folder).p
                                           : arena_copy(arena, str_c(options->master_socket)).p;
    haproxy->runtime_socket = haproxy->ours ? arena_printf(arena, "%s/" RUNTIME_SOCKET, folder).p
                                            : arena_copy(arena, str_c(options->runtime_socket)).p;
    haproxy->runtime = (struct runtime){ haproxy->runtime_socket, ASK_MS };
    return !haproxy->ours || (check_paths(haproxy, error) && find_binary(haproxy, options->binary, error));
}

struct haproxy *haproxy_create(const struct haproxy_options *options, struct log *log, char error[static 512])
{
    launch_set_environment();
    struct arena *arena = arena_create();
    struct haproxy *haproxy = ARENA_NEW(arena, struct haproxy);
    *haproxy = (struct haproxy){ .arena = arena, .log = log, .master_fd = -1 };
    error[0] = '\0';
    if (set_up(haproxy, options, error))
        return haproxy;
    arena_destroy(arena);
    return NULL;
}

void haproxy_destroy(struct haproxy *haproxy)
{
    if (!haproxy)
        return;
    haproxy_check_give_up(haproxy);
    tail_destroy(haproxy->tail);
    if (haproxy->master_fd >= 0)
        close(haproxy->master_fd);
    arena_destroy(haproxy->arena);
}

const char *haproxy_master_path(const struct haproxy *haproxy)
{
    return haproxy->master_socket;
}

const char *haproxy_runtime_path(const struct haproxy *haproxy)
{
    return haproxy->runtime_socket;
}

bool haproxy_is_ours(const struct haproxy *haproxy)
{
    return haproxy->ours;
}

bool haproxy_was_adopted(const struct haproxy *haproxy)
{
    return haproxy->master && !haproxy->is_child;
}

bool haproxy_is_running(const struct haproxy *haproxy)
{
    struct reply_proc proc;
    return master_ask_proc(haproxy->master_socket, ASK_MS, &proc) == RUNTIME_OK;
}

int haproxy_exit_fd(const struct haproxy *haproxy)
{
    return haproxy->master_fd;
}

int haproxy_worker_pid(const struct haproxy *haproxy)
{
    return haproxy->worker.pid;
}

const char *haproxy_skeleton(const struct haproxy *haproxy)
{
    return haproxy->worker.skeleton;
}

void haproxy_version(const struct haproxy *haproxy, struct haproxy_version *out)
{
    *out = haproxy->worker.pid ? haproxy->worker.version : haproxy->binary_version;
}

bool haproxy_adds_backends(const struct haproxy *haproxy)
{
    struct haproxy_version version;
    haproxy_version(haproxy, &version);
    return version.major > 3 || (version.major == 3 && version.minor >= 4);
}

static void log_running(const struct haproxy *haproxy, const char *how)
{
    const struct haproxy_version *v = &haproxy->worker.version;
    log_line(haproxy->log, LOG_LINE_INFO, "haproxy", "HAProxy %d.%d.%d %s (worker %d)", v->major, v->minor,
             v->patch, how, haproxy->worker.pid);
}

static bool start_ours(struct haproxy *haproxy, char error[static 512])
{
    if (haproxy->master && lifetime_is_alive(haproxy))
        return true;
    lifetime_bury(haproxy);
    bool adopted =
        lifetime_adopt(haproxy, error) || (!error[0] && lifetime_adopt_late(haproxy, ADOPT_MS, error));
    if (!adopted && (error[0] || !lifetime_launch(haproxy, error)))
        return false;
    if (!adopted)
        crash_at(CRASH_LAUNCHED);
    if (!lifetime_await_worker(haproxy, adopted ? ADOPT_MS : START_MS, error)) {
        lifetime_end(haproxy, 0);
        return false;
    }
    log_running(haproxy, adopted ? "taken over" : "started");
    return true;
}

static void remove_traces(const struct haproxy *haproxy)
{
    unlink(haproxy->runtime_socket);
    unlink(haproxy->master_socket);
    unlink(haproxy->relayed_socket);
    unlink(haproxy->closed_socket);
    unlink(haproxy->pid_file);
}

bool haproxy_start(struct haproxy *haproxy, char error[static 512])
{
    error[0] = '\0';
    bool ok = haproxy->ours ? start_ours(haproxy, error) : lifetime_await_worker(haproxy, FIND_MS, error);
    if (!ok && haproxy->ours && !haproxy->master)
        remove_traces(haproxy);
    if (!ok)
        return false;
    haproxy->next_look = clock_monotonic_ns() + LOOK_EVERY_MS * NS_PER_MS;
    return check_age(haproxy->worker.version, haproxy->runtime_socket, error);
}

/* What HAProxy said about a reload that failed: on its standard error, to its master, or if asked once more.
 */
static void explain_refusal(struct haproxy *haproxy, uint64_t mark, struct buf *log, char error[static 512])
{
    struct buf reason = { 0 };
    if (log->n == 0 && haproxy->is_child && haproxy->tail)
        tail_since(haproxy->tail, mark, log);
    if (log->n > 0)
        report_failure(buf_str(log), &reason);
    else if (!haproxy_check(haproxy, error))
        buf_puts(&reason, error);
    else
        buf_puts(&reason, "the reason stands in HAProxy's own log");
    snprintf(error, 512, "HAProxy refused the reload: %s", reason.p);
    buf_fini(&reason);
}

bool haproxy_reload(struct haproxy *haproxy, char error[static 512])
{
    struct buf log = buf_make(HAPROXY_OUTPUT_MAX);
    uint64_t mark = haproxy->tail ? tail_mark(haproxy->tail) : 0;
    error[0] = '\0';
    enum master_verdict verdict = master_reload(haproxy->master_socket, START_MS, &log);
    crash_at(CRASH_ORDERED);
    if (verdict == MASTER_SILENT)
        snprintf(error, 512, "HAProxy's master does not answer on %s", haproxy->master_socket);
    else if (verdict == MASTER_REFUSED)
        explain_refusal(haproxy, mark, &log, error);
    buf_fini(&log);
    if (verdict != MASTER_RELOADED || !lifetime_await_worker(haproxy, START_MS, error))
        return false;
    log_running(haproxy, "reloaded");
    return true;
}

/* Somebody else may have reloaded it, or (not ours) started it anew. */
static enum haproxy_condition look_at_worker(struct haproxy *haproxy)
{
    char error[512];
    struct runtime_info info, old = haproxy->worker;
    haproxy->next_look = clock_monotonic_ns() + LOOK_EVERY_MS * NS_PER_MS;
    enum runtime_status status = runtime_ask_info(&haproxy->runtime, &info);
    if (status != RUNTIME_OK) {
        bool gone = !haproxy->ours && status == RUNTIME_UNREACHABLE;
        if (gone)
            haproxy->worker = (struct runtime_info){ 0 };
        return gone ? HAPROXY_GONE : HAPROXY_RUNNING;
    }
    haproxy->worker = info;
    if (info.pid == old.pid && info.started == old.started)
        return HAPROXY_RUNNING;
    (void)lifetime_await_worker(haproxy, SETTLE_MS, error); /* the old one may still answer, too */
    return HAPROXY_NEW_WORKER;
}

enum haproxy_condition haproxy_poll(struct haproxy *haproxy)
{
    if (haproxy->ours && !lifetime_is_alive(haproxy)) {
        lifetime_bury(haproxy);
        return HAPROXY_GONE;
    }
    if (clock_monotonic_ns() >= haproxy->next_look)
        return look_at_worker(haproxy);
    return haproxy->ours || haproxy->worker.pid ? HAPROXY_RUNNING : HAPROXY_GONE;
}

void haproxy_stop(struct haproxy *haproxy, int grace_ms)
{
    if (!haproxy->ours || !haproxy->master)
        return;
    lifetime_end(haproxy, grace_ms);
    remove_traces(haproxy);
}
