/* Workers that start: by a reload, because HAProxy has ended, or by another hand. */
#include "control/pushing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sys/clock.h"
#include "sys/crash.h"

enum { RESTART_PAUSE_MS = 500 };

bool worker_runs_skeleton(const struct pusher *pusher, const char *name)
{
    const char *running = haproxy_skeleton(pusher->parts.haproxy);
    return running[0] == '\0' || strcmp(running, name) == 0;
}

/* After a failed reload the folder goes back to what runs, so that a restart finds a good configuration. */
static void put_files_back(struct pusher *pusher, const struct generation *failed)
{
    char error[512], skeleton[SKELETON_NAME + 1];
    if (pusher->served && pusher->served != failed &&
        !scribe_write(pusher->parts.scribe, pusher->served, WRITE_CHANGED, skeleton, error)) {
        pusher_note_error(pusher, "the state folder could not be put back", error);
        scribe_follow(pusher->parts.scribe, pusher->served); /* as soon as it can be */
    }
}

/* All files of `next` are written anew, whatever another hand did to them, and checked: from 3.1 on a master
 * whose last reload was refused closes its ports for a moment in the next one. */
static bool write_and_check(struct pusher *pusher, struct generation *next,
                            char skeleton[static SKELETON_NAME + 1], char error[static 512])
{
    return scribe_write(pusher->parts.scribe, next, WRITE_ALL, skeleton, error) &&
           haproxy_check(pusher->parts.haproxy, error);
}

static void down_path(const struct pusher *pusher, char out[static 4300])
{
    snprintf(out, 4300, "%.4096s/" FILE_OF_DOWN, pusher->parts.folder);
}

void worker_forget_down(const struct pusher *pusher)
{
    char path[4300];
    down_path(pusher, path);
    unlink(path);
}

/* For the worker that is about to start: it would take the servers of its files for sound. Without the file
 * it does until it is told. */
static void tell_down(const struct pusher *pusher, const struct plan *plan)
{
    char path[4300];
    struct buf down = { 0 };
    down_path(pusher, path);
    prober_list_down(pusher->parts.prober, plan, &down);
    if (down.n && !file_write(path, buf_str(&down), 0600, false))
        log_line(pusher->parts.log, LOG_LINE_WARN, "push", "cannot write %s: %s", path, strerror(errno));
    buf_fini(&down);
}

/* HAProxy starts a worker from the files of `next`. */
static bool start_worker(struct pusher *pusher, struct generation *next, const char *written,
                         char error[static 512])
{
    char skeleton[SKELETON_NAME + 1];
    if (written)
        snprintf(skeleton, sizeof skeleton, "%s", written);
    else if (!write_and_check(pusher, next, skeleton, error))
        return false;
    crash_at(CRASH_RELOAD);
    tell_down(pusher, next->plan);
    bool reloaded = haproxy_reload(pusher->parts.haproxy, error);
    worker_forget_down(pusher);
    if (!reloaded)
        return false;
    if (!worker_runs_skeleton(pusher, skeleton)) {
        snprintf(error, 512, "it loaded other files than those in %.300s", pusher->parts.folder);
        return false;
    }
    memcpy(pusher->skeleton, skeleton, sizeof skeleton);
    crash_at(CRASH_RELOADED);
    return true;
}

bool worker_reload(struct pusher *pusher, struct generation *next, struct str reason, const char *written)
{
    char error[512];
    live_publish(pusher, pusher->served ? pusher->served->plan : NULL, next->plan);
    log_line(pusher->parts.log, LOG_LINE_INFO, "push", "reload: %.*s", STR_ARG(reason));
    pusher->last_reload_ns = clock_monotonic_ns();
    if (!start_worker(pusher, next, written, error)) {
        pusher->refused++;
        pusher->stats.reloads_failed++;
        pusher_note_error(pusher, "the reload failed, HAProxy goes on with what it had", error);
        put_files_back(pusher, next);
        return false;
    }
    applier_forget(pusher->applier);
    prober_tell_again(pusher->parts.prober);
    pusher->refused = 0;
    pusher->stats.reloads++;
    snprintf(pusher->stats.last_reload_reason, sizeof pusher->stats.last_reload_reason, "%.*s",
             STR_ARG(reason));
    policy_trim_later(&pusher->policy);
    return true;
}

struct str worker_reason_to_reload(const struct pusher *pusher, const struct generation *next)
{
    bool stranger = next->plan->shape_reason.n == 0 && !worker_runs_skeleton(pusher, pusher->skeleton);
    return stranger ? STR("the worker that runs has another configuration") : next->plan->shape_reason;
}

void worker_meet(struct pusher *pusher)
{
    char error[256] = "";
    size_t mended = 0;
    pusher->stats.worker_changes++;
    crash_at(CRASH_NEW_WORKER);
    applier_forget(pusher->applier);
    prober_tell_again(pusher->parts.prober);
    log_line(pusher->parts.log, LOG_LINE_WARN, "push",
             "HAProxy has another worker (process %d): checking its state",
             haproxy_worker_pid(pusher->parts.haproxy));
    if (!worker_runs_skeleton(pusher, pusher->skeleton)) {
        pusher->verified =
            !pusher->pending && pusher_reload_wait_ms(pusher) == 0 &&
            worker_reload(pusher, pusher->served, worker_reason_to_reload(pusher, pusher->served), NULL);
        return;
    }
    enum apply_status status = live_resync(pusher, pusher->served->plan, &mended, error);
    pusher->verified = status == APPLY_OK;
    pusher->stats.repairs += mended > 0;
    if (status != APPLY_OK)
        pusher_note_error(pusher, "the new worker's state could not be verified", error);
}

/* HAProxy starts from the files of a generation. What is served may be had from old files, too: it is brought
 * up to date then. */
static bool start_from(struct pusher *pusher, struct generation *generation, enum write_which which,
                       char error[static 512])
{
    live_publish(pusher, pusher->served->plan, generation->plan);
    bool written = scribe_write(pusher->parts.scribe, generation, which, pusher->skeleton, error);
    if (!written)
        pusher_note_error(pusher, "the state folder cannot be written", error);
    if (!written && generation == pusher->served)
        scribe_follow(pusher->parts.scribe, generation);
    if (!written && generation != pusher->served)
        return false;
    tell_down(pusher, generation->plan);
    bool started = haproxy_start(pusher->parts.haproxy, error);
    worker_forget_down(pusher);
    return started;
}

bool worker_restart(struct pusher *pusher)
{
    char error[512];
    int64_t now = clock_monotonic_ns();
    struct generation *next = pusher->pending;
    pusher->verified = false;
    if (!haproxy_is_ours(pusher->parts.haproxy) ||
        now - pusher->last_restart_ns < RESTART_PAUSE_MS * NS_PER_MS)
        return false;
    pusher->last_restart_ns = now;
    log_line(pusher->parts.log, LOG_LINE_ERROR, "push", "HAProxy has ended: starting it again");
    applier_forget(pusher->applier);
    crash_at(CRASH_GONE);
    bool newer = next && start_from(pusher, next, WRITE_CHANGED, error);
    if (!newer && !start_from(pusher, pusher->served, WRITE_CHANGED, error) &&
        !start_from(pusher, pusher->served, WRITE_ALL, error)) {
        pusher_note_error(pusher, "HAProxy does not start", error);
        return false;
    }
    pusher->stats.restarts++;
    if (newer) {
        pusher->pending = NULL;
        pusher_serve(pusher, next);
        pusher->stats.pushes++;
    }
    worker_meet(pusher);
    return newer;
}
