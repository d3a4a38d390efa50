/* What is served and what shall be: the order of a push, the start, what is looked after between pushes. */
#include "control/pushing.h"

#include <stdio.h>
#include <stdlib.h>

#include "sys/clock.h"
#include "sys/crash.h"

enum {
    RELOAD_INTERVAL_MS = 500, /* not made more often: each leaves an old worker behind for a while */
    MOST_DOUBLED = 4,         /* after so many that failed in a row they are tried every 8 s */
    SWEEP_EVERY_MS = 200,
};

struct pusher *pusher_create(const struct pusher_parts *parts)
{
    struct pusher *pusher = xmalloc(sizeof *pusher);
    *pusher = (struct pusher){ .parts = *parts, .policy = { .agent = parts->agent } };
    pusher->applier = applier_create(haproxy_runtime_path(parts->haproxy), parts->folder, parts->log);
    return pusher;
}

void pusher_destroy(struct pusher *pusher)
{
    if (!pusher)
        return;
    applier_destroy(pusher->applier);
    policy_fini(&pusher->policy);
    generation_release(pusher->served);
    generation_release(pusher->pending);
    free(pusher);
}

const struct shape *pusher_shape(const struct pusher *pusher)
{
    return pusher->served ? &pusher->served->plan->shape : NULL;
}

const struct generation *pusher_served(const struct pusher *pusher)
{
    return pusher->served;
}

struct generation *pusher_hold(const struct pusher *pusher)
{
    return generation_hold(pusher->served);
}

const struct push_stats *pusher_stats(const struct pusher *pusher)
{
    return &pusher->stats;
}

void pusher_applied(const struct pusher *pusher, struct applier_counts *out)
{
    applier_counts(pusher->applier, out);
}

bool pusher_is_ready(const struct pusher *pusher)
{
    return pusher->served && pusher->verified && !pusher->pending;
}

void pusher_note_error(struct pusher *pusher, const char *what, const char *error)
{
    snprintf(pusher->stats.last_error, sizeof pusher->stats.last_error, "%s: %.400s", what, error);
    log_line(pusher->parts.log, LOG_LINE_ERROR, "push", "%s: %s", what, error);
}

void pusher_serve(struct pusher *pusher, struct generation *next)
{
    if (pusher->served != next)
        generation_release(pusher->served);
    pusher->served = next;
    pusher->verified = true;
    scribe_follow(pusher->parts.scribe, next);
    if (!next->change || next->change->backends)
        prober_watch(pusher->parts.prober, next->plan);
    if (!pusher->files_failed)
        pusher->stats.last_error[0] = '\0';
}

static bool push_by_socket(struct pusher *pusher, struct generation *next)
{
    char error[256] = "";
    struct runtime_state from = runtime_state_of(pusher->served->plan), to = runtime_state_of(next->plan);
    enum apply_status status = APPLY_DIFFERS;
    bool follows = next->change && next->change->before == pusher->served;
    size_t mended;
    if (pusher->verified)
        status = live_change(pusher, &from, follows ? &next->change->from : &from,
                             follows ? &next->change->to : &to, pusher->served->plan, next->plan, error);
    if (status == APPLY_OK)
        status = live_tell_revision(pusher, next->plan, error);
    if (status == APPLY_OK)
        status = applier_count(pusher->applier, next->plan, error);
    if (status == APPLY_DIFFERS) {
        if (error[0])
            pusher_note_error(pusher, "the live state is not as expected, reading it again", error);
        pusher->stats.repairs++;
        status = live_resync(pusher, next->plan, &mended, error);
    }
    if (status == APPLY_DIFFERS)
        return worker_reload(pusher, next, STR("the live state could not be mended"), NULL);
    if (status == APPLY_UNREACHABLE)
        pusher_note_error(pusher, "HAProxy does not answer", error);
    return status == APPLY_OK;
}

/* A reload reads files, so they come first; a change by socket needs none, and they follow behind it. */
static bool try_push(struct pusher *pusher, struct generation *next)
{
    int64_t start = clock_monotonic_ns();
    struct str reason = worker_reason_to_reload(pusher, next);
    bool ok = reason.n ? worker_reload(pusher, next, reason, NULL) : push_by_socket(pusher, next);
    if (!ok) {
        pusher->verified = false;
        return false;
    }
    pusher_serve(pusher, next);
    crash_at(CRASH_SERVED);
    pusher->stats.pushes++;
    pusher->stats.last_push_ns = clock_monotonic_ns() - start;
    return true;
}

bool pusher_push(struct pusher *pusher, struct generation *next)
{
    if (pusher->pending && pusher->pending != next)
        generation_release(pusher->pending);
    pusher->pending = NULL;
    if (try_push(pusher, next))
        return true;
    pusher->pending = next;
    return false;
}

bool pusher_move(struct pusher *pusher, struct generation *next, const char *written, struct str reason)
{
    if (!worker_reload(pusher, next, reason, written)) {
        pusher->verified = false;
        generation_release(next);
        return false;
    }
    pusher_serve(pusher, next);
    crash_at(CRASH_SERVED);
    pusher->stats.reloads_ahead++;
    return true;
}

void pusher_move_failed(struct pusher *pusher, const char *error)
{
    pusher->stats.reloads_failed++;
    pusher_note_error(pusher, "no room could be made for new services", error);
}

/* What was found running gets what the files say: by the socket if it was started from the same skeleton,
 * else by a reload. */
static bool take_over(struct pusher *pusher, struct generation *first, bool same_skeleton)
{
    char error[256] = "";
    size_t mended;
    if (same_skeleton && live_resync(pusher, first->plan, &mended, error) == APPLY_OK)
        return true;
    return worker_reload(pusher, first, STR("the HAProxy that was found had another configuration"), NULL);
}

bool pusher_start(struct pusher *pusher, struct generation *first, char error[static 512])
{
    struct haproxy *haproxy = pusher->parts.haproxy;
    bool was_running = haproxy_is_running(haproxy);
    bool same_skeleton = !was_running || scribe_has_skeleton(pusher->parts.scribe, first);
    worker_forget_down(pusher);
    live_publish(pusher, NULL, first->plan);
    bool written = scribe_write(pusher->parts.scribe, first, WRITE_CHANGED, pusher->skeleton, error);
    if (!written)
        pusher_note_error(pusher, "the state folder cannot be written", error);
    crash_at(CRASH_START_FILES);
    bool started = haproxy_start(haproxy, error);
    crash_at(CRASH_STARTED);
    if (!started && haproxy_is_ours(haproxy)) {
        if (!written)
            snprintf(error, 512, "%s", pusher->stats.last_error);
        return generation_release(first), false;
    }
    if (!started)
        pusher_note_error(pusher, "waiting for HAProxy, whose files are written", error);
    if (started && haproxy_skeleton(haproxy)[0])
        same_skeleton = worker_runs_skeleton(pusher, pusher->skeleton);
    bool found = started && (haproxy_was_adopted(haproxy) || !haproxy_is_ours(haproxy) || !written);
    if (found && !take_over(pusher, first, same_skeleton)) {
        snprintf(error, 512, "%s", pusher->stats.last_error);
        return generation_release(first), false;
    }
    crash_at(CRASH_TAKEN_OVER);
    pusher_serve(pusher, first);
    pusher->verified = started;
    return true;
}

int64_t pusher_reload_wait_ms(const struct pusher *pusher)
{
    int64_t since = (clock_monotonic_ns() - pusher->last_reload_ns) / NS_PER_MS;
    int64_t interval = RELOAD_INTERVAL_MS
                       << (pusher->refused < MOST_DOUBLED ? pusher->refused : MOST_DOUBLED);
    return pusher->last_reload_ns == 0 || since >= interval ? 0 : interval - since;
}

bool pusher_verify(struct pusher *pusher, bool whole, size_t *mended, char error[static 256])
{
    enum apply_status status = APPLY_DIFFERS;
    *mended = 0;
    error[0] = '\0';
    if (!pusher->served)
        return false;
    pusher->stats.looks++;
    pusher->stats.last_look = clock_wall();
    if (!whole)
        status = applier_sample(pusher->applier, pusher->served->plan, (uint64_t)clock_monotonic_ns(), error);
    if (status == APPLY_DIFFERS) {
        if (!whole)
            log_line(pusher->parts.log, LOG_LINE_WARN, "verify", "another hand changed HAProxy: %s", error);
        status = live_resync(pusher, pusher->served->plan, mended, error);
    }
    if (status == APPLY_DIFFERS) {
        pusher_note_error(pusher, "what another hand changed cannot be mended by the socket", error);
        if (worker_reload(pusher, pusher->served, STR("what another hand changed could not be mended"), NULL))
            status = APPLY_OK;
    }
    pusher->verified = status == APPLY_OK && (pusher->verified || whole || *mended);
    if (status != APPLY_OK) {
        *mended = 0;
        return false;
    }
    pusher->stats.repairs += *mended > 0;
    pusher->stats.foreign_changes += *mended;
    if (*mended)
        log_line(pusher->parts.log, LOG_LINE_WARN, "verify", "%zu differences by another hand were mended",
                 *mended);
    return true;
}

/* Once in a while, if nothing else is to be done. */
static void look(struct pusher *pusher, int64_t now)
{
    char error[256];
    size_t mended;
    int64_t interval = pusher->parts.settings->haproxy.verify_interval_ns;
    if (interval <= 0 || pusher->pending || !pusher->verified || now - pusher->last_look_ns < interval)
        return;
    if (pusher->last_look_ns && !pusher_verify(pusher, false, &mended, error))
        pusher_note_error(pusher, "the live state could not be looked at", error);
    pusher->last_look_ns = now;
}

/* Said once, not with every try. */
static void look_at_files(struct pusher *pusher)
{
    char error[512];
    bool failed = scribe_failed(pusher->parts.scribe, error);
    if (failed && !pusher->files_failed)
        pusher_note_error(pusher, "the state folder cannot be written", error);
    else if (!failed && pusher->files_failed)
        pusher->stats.last_error[0] = '\0';
    pusher->files_failed = failed;
}

bool pusher_tick(struct pusher *pusher)
{
    bool caught_up = false;
    if (!pusher->served)
        return false;
    look_at_files(pusher);
    int64_t now = clock_monotonic_ns();
    enum haproxy_condition condition = haproxy_poll(pusher->parts.haproxy);
    if (condition == HAPROXY_GONE)
        caught_up = worker_restart(pusher);
    else if (condition == HAPROXY_NEW_WORKER)
        worker_meet(pusher);
    if (condition != HAPROXY_GONE && !pusher->verified && !pusher->pending)
        worker_meet(pusher);
    if (now - pusher->last_sweep_ns > SWEEP_EVERY_MS * NS_PER_MS) {
        pusher->last_sweep_ns = now;
        applier_sweep(pusher->applier);
    }
    if (policy_trim_due(&pusher->policy, now))
        live_publish(pusher, NULL, pusher->served->plan);
    if (pusher->pending && pusher_reload_wait_ms(pusher) == 0)
        caught_up = pusher_push(pusher, pusher->pending) || caught_up;
    look(pusher, now);
    return caught_up;
}
