#include "control/pusher.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/policy.h"
#include "sys/clock.h"
#include "sys/crash.h"

enum {
    RELOAD_INTERVAL_MS = 500,  /* reloads are not made more often: each leaves an old worker behind for a while */
    MOST_DOUBLED = 4,          /* after so many that failed in a row they are tried every 8 s */
    SWEEP_EVERY_MS = 200,
    RESTART_PAUSE_MS = 500,
};

static const int64_t MS = 1000000;

struct pusher {
    struct pusher_parts parts;
    struct applier *applier;
    struct generation *served;  /* what HAProxy has, as far as known */
    struct generation *pending; /* what it shall have and could not get yet */
    struct policy policy;
    struct push_stats stats;
    char skeleton[SKELETON_NAME + 1]; /* the name of the one that HAProxy shall run */
    bool verified; /* live state = served */
    int refused; /* reloads that failed since one did not */
    bool files_failed; /* the state folder is behind and cannot be written */
    int64_t last_reload_ns, last_sweep_ns, last_restart_ns, last_look_ns;
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

static void note_error(struct pusher *pusher, const char *what, const char *error)
{
    snprintf(pusher->stats.last_error, sizeof pusher->stats.last_error, "%s: %.400s", what, error);
    log_line(pusher->parts.log, LOG_LINE_ERROR, "push", "%s: %s", what, error);
}

/* The agent gets the programs of both plans: requests on their way meet those that their record named. */
static bool publish(struct pusher *pusher, const struct plan *old, const struct plan *new)
{
    char error[256];
    if (policy_publish(&pusher->policy, pusher->served ? pusher->served->plan : NULL, old, new, error))
        return true;
    note_error(pusher, "the agent refused the policy", error);
    return false;
}

struct policy_change {
    struct pusher *pusher;
    const struct plan *old, *new;
};

static bool load_policy(void *context)
{
    struct policy_change *change = context;
    return publish(change->pusher, change->old, change->new);
}

static bool trim_policy(void *context)
{
    struct policy_change *change = context;
    policy_trim_later(&change->pusher->policy);
    return true;
}

static void serve(struct pusher *pusher, struct generation *next)
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

/* Behind the change that it tells of. */
static enum apply_status tell_revision(struct pusher *pusher, const struct plan *plan, char error[static 256])
{
    bool told = pusher->parts.settings->haproxy.revision_header.n > 0;
    enum apply_status status = told ? applier_set_revision(pusher->applier, plan->revision, error) : APPLY_OK;
    crash_at(CRASH_REVISION);
    return status;
}

/* `from` and `wanted`: all of both states, or only what differs. */
static enum apply_status apply_between(struct pusher *pusher, const struct runtime_state *from, const struct runtime_state *wanted,
                                       const struct plan *old, const struct plan *new, char error[static 256])
{
    struct arena *arena = arena_create();
    struct runtime_state to = runtime_state_of(new);
    struct steps steps = diff_runtime(arena, from, wanted);
    struct policy_change change = { pusher, old, new };
    struct apply_hooks hooks = { load_policy, trim_policy, &change };
    enum apply_status status = applier_run(pusher->applier, &steps, &to, &hooks, error);
    for (size_t i = 0; i < steps.n; i++) {
        enum step_kind kind = steps.p[i].kind;
        log_line(pusher->parts.log, LOG_LINE_DEBUG, "push", "%.*s", STR_ARG(steps.p[i].reason));
        pusher->stats.servers_changed += kind == STEP_ADD_SERVER || kind == STEP_SET_SERVER || kind == STEP_REMOVE_SERVER;
    }
    pusher->stats.routes_changed += steps.routes_changed;
    arena_destroy(arena);
    return status;
}

/* Reads the live state and mends what differs from the plan. */
static enum apply_status resync(struct pusher *pusher, const struct plan *plan, size_t *mended, char error[static 256])
{
    struct arena *arena = arena_create();
    struct runtime_state live, want = runtime_state_of(plan);
    enum apply_status status = applier_read(pusher->applier, arena, &plan->shape, &live, error);
    *mended = 0;
    if (status == APPLY_OK) {
        live.programs = want.programs; /* the agent is ours: its programs are published whole */
        live.n_programs = want.n_programs;
        *mended = diff_runtime(arena, &live, &want).n;
        if (!publish(pusher, pusher->served ? pusher->served->plan : NULL, plan))
            status = APPLY_DIFFERS;
    }
    if (status == APPLY_OK && *mended)
        status = apply_between(pusher, &live, &want, plan, plan, error);
    if (status == APPLY_OK)
        status = tell_revision(pusher, plan, error);
    arena_destroy(arena);
    return status;
}

/* Whether the worker was started with that skeleton, as far as it says. */
static bool runs_skeleton(const struct pusher *pusher, const char *name)
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
        note_error(pusher, "the state folder could not be put back", error);
        scribe_follow(pusher->parts.scribe, pusher->served); /* as soon as it can be */
    }
}

/* HAProxy starts a worker from the files of `next`, all of them written anew, whatever another hand did to them. They are checked first: from
 * 3.1 on a master whose last reload was refused closes its ports for a moment in the next one. */
static bool start_worker(struct pusher *pusher, struct generation *next, char error[static 512])
{
    char skeleton[SKELETON_NAME + 1];
    if (!scribe_write(pusher->parts.scribe, next, WRITE_ALL, skeleton, error))
        return false;
    crash_at(CRASH_RELOAD);
    if (!haproxy_check(pusher->parts.haproxy, error) || !haproxy_reload(pusher->parts.haproxy, error))
        return false;
    if (!runs_skeleton(pusher, skeleton)) {
        snprintf(error, 512, "it loaded other files than those in %.300s", pusher->parts.folder);
        return false;
    }
    memcpy(pusher->skeleton, skeleton, sizeof skeleton);
    crash_at(CRASH_RELOADED);
    return true;
}

static bool reload(struct pusher *pusher, struct generation *next, struct str reason)
{
    char error[512];
    publish(pusher, pusher->served ? pusher->served->plan : NULL, next->plan);
    log_line(pusher->parts.log, LOG_LINE_INFO, "push", "reload: %.*s", STR_ARG(reason));
    pusher->last_reload_ns = clock_monotonic_ns();
    if (!start_worker(pusher, next, error)) {
        pusher->refused++;
        pusher->stats.reloads_failed++;
        note_error(pusher, "the reload failed, HAProxy goes on with what it had", error);
        put_files_back(pusher, next);
        return false;
    }
    applier_forget(pusher->applier);
    prober_tell_again(pusher->parts.prober);
    pusher->refused = 0;
    pusher->stats.reloads++;
    snprintf(pusher->stats.last_reload_reason, sizeof pusher->stats.last_reload_reason, "%.*s", STR_ARG(reason));
    policy_trim_later(&pusher->policy);
    return true;
}

static bool push_by_socket(struct pusher *pusher, struct generation *next)
{
    char error[256] = "";
    struct runtime_state from = runtime_state_of(pusher->served->plan), to = runtime_state_of(next->plan);
    enum apply_status status = APPLY_DIFFERS;
    bool follows = next->change && next->change->before == pusher->served;
    size_t mended;
    if (pusher->verified)
        status = apply_between(pusher, follows ? &next->change->from : &from, follows ? &next->change->to : &to,
                               pusher->served->plan, next->plan, error);
    if (status == APPLY_OK)
        status = tell_revision(pusher, next->plan, error);
    if (status == APPLY_OK)
        status = applier_count(pusher->applier, next->plan, error);
    if (status == APPLY_DIFFERS) {
        if (error[0])
            note_error(pusher, "the live state is not as expected, reading it again", error);
        pusher->stats.repairs++;
        status = resync(pusher, next->plan, &mended, error);
    }
    if (status == APPLY_DIFFERS)
        return reload(pusher, next, STR("the live state could not be mended"));
    if (status == APPLY_UNREACHABLE)
        note_error(pusher, "HAProxy does not answer", error);
    return status == APPLY_OK;
}

/* Why the next generation cannot be had without a reload; empty: it can. */
static struct str reason_to_reload(const struct pusher *pusher, const struct generation *next)
{
    bool stranger = next->plan->shape_reason.n == 0 && !runs_skeleton(pusher, pusher->skeleton);
    return stranger ? STR("the worker that runs has another configuration") : next->plan->shape_reason;
}

/* A reload reads files, so they come first; a change by socket needs none, and they follow behind it. */
static bool try_push(struct pusher *pusher, struct generation *next)
{
    int64_t start = clock_monotonic_ns();
    struct str reason = reason_to_reload(pusher, next);
    bool ok = reason.n ? reload(pusher, next, reason) : push_by_socket(pusher, next);
    if (!ok) {
        pusher->verified = false;
        return false;
    }
    serve(pusher, next);
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

/* What was found running gets what the files say: by the socket if it was started from the same skeleton, else by a reload. */
static bool take_over(struct pusher *pusher, struct generation *first, bool same_skeleton)
{
    char error[256] = "";
    size_t mended;
    if (same_skeleton && resync(pusher, first->plan, &mended, error) == APPLY_OK)
        return true;
    return reload(pusher, first, STR("the HAProxy that was found had another configuration"));
}

bool pusher_start(struct pusher *pusher, struct generation *first, char error[static 512])
{
    struct haproxy *haproxy = pusher->parts.haproxy;
    bool was_running = haproxy_is_running(haproxy);
    bool same_skeleton = !was_running || scribe_has_skeleton(pusher->parts.scribe, first);
    publish(pusher, NULL, first->plan);
    bool written = scribe_write(pusher->parts.scribe, first, WRITE_CHANGED, pusher->skeleton, error);
    if (!written)
        note_error(pusher, "the state folder cannot be written", error);
    crash_at(CRASH_START_FILES);
    bool started = haproxy_start(haproxy, error);
    crash_at(CRASH_STARTED);
    if (!started && haproxy_is_ours(haproxy)) {
        if (!written)
            snprintf(error, 512, "%s", pusher->stats.last_error);
        return generation_release(first), false;
    }
    if (!started)
        note_error(pusher, "waiting for HAProxy, whose files are written", error);
    if (started && haproxy_skeleton(haproxy)[0])
        same_skeleton = runs_skeleton(pusher, pusher->skeleton);
    bool found = started && (haproxy_was_adopted(haproxy) || !haproxy_is_ours(haproxy) || !written);
    if (found && !take_over(pusher, first, same_skeleton)) {
        snprintf(error, 512, "%s", pusher->stats.last_error);
        return generation_release(first), false;
    }
    crash_at(CRASH_TAKEN_OVER);
    serve(pusher, first);
    pusher->verified = started;
    return true;
}

int64_t pusher_reload_wait_ms(const struct pusher *pusher)
{
    int64_t since = (clock_monotonic_ns() - pusher->last_reload_ns) / MS;
    int64_t interval = RELOAD_INTERVAL_MS << (pusher->refused < MOST_DOUBLED ? pusher->refused : MOST_DOUBLED);
    return pusher->last_reload_ns == 0 || since >= interval ? 0 : interval - since;
}

/* A new worker has what the files said when it started, which may be a second behind: it is brought up to date. One that was started from
 * files of a reload that came to nothing has another skeleton. */
static void meet_new_worker(struct pusher *pusher)
{
    char error[256] = "";
    size_t mended = 0;
    pusher->stats.worker_changes++;
    crash_at(CRASH_NEW_WORKER);
    applier_forget(pusher->applier);
    prober_tell_again(pusher->parts.prober);
    log_line(pusher->parts.log, LOG_LINE_WARN, "push", "HAProxy has another worker (process %d): checking its state",
             haproxy_worker_pid(pusher->parts.haproxy));
    if (!runs_skeleton(pusher, pusher->skeleton)) {
        pusher->verified = !pusher->pending && pusher_reload_wait_ms(pusher) == 0 &&
                           reload(pusher, pusher->served, reason_to_reload(pusher, pusher->served));
        return;
    }
    enum apply_status status = resync(pusher, pusher->served->plan, &mended, error);
    pusher->verified = status == APPLY_OK;
    pusher->stats.repairs += mended > 0;
    if (status != APPLY_OK)
        note_error(pusher, "the new worker's state could not be verified", error);
}

/* HAProxy starts from the files of a generation. What is served may be had from old files, too: it is brought up to date then. */
static bool start_from(struct pusher *pusher, struct generation *generation, enum write_which which, char error[static 512])
{
    publish(pusher, pusher->served->plan, generation->plan);
    bool written = scribe_write(pusher->parts.scribe, generation, which, pusher->skeleton, error);
    if (!written)
        note_error(pusher, "the state folder cannot be written", error);
    if (!written && generation == pusher->served)
        scribe_follow(pusher->parts.scribe, generation);
    return (written || generation == pusher->served) && haproxy_start(pusher->parts.haproxy, error);
}

/* From what was about to be served, if a push was half done: somebody may have seen it. Whether that is served now. */
static bool restart(struct pusher *pusher)
{
    char error[512];
    int64_t now = clock_monotonic_ns();
    struct generation *next = pusher->pending;
    pusher->verified = false;
    if (!haproxy_is_ours(pusher->parts.haproxy) || now - pusher->last_restart_ns < RESTART_PAUSE_MS * MS)
        return false;
    pusher->last_restart_ns = now;
    log_line(pusher->parts.log, LOG_LINE_ERROR, "push", "HAProxy has ended: starting it again");
    applier_forget(pusher->applier);
    crash_at(CRASH_GONE);
    bool newer = next && start_from(pusher, next, WRITE_CHANGED, error);
    if (!newer && !start_from(pusher, pusher->served, WRITE_CHANGED, error) && !start_from(pusher, pusher->served, WRITE_ALL, error)) {
        note_error(pusher, "HAProxy does not start", error);
        return false;
    }
    pusher->stats.restarts++;
    if (newer) {
        pusher->pending = NULL;
        serve(pusher, next);
        pusher->stats.pushes++;
    }
    meet_new_worker(pusher);
    return newer;
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
        status = resync(pusher, pusher->served->plan, mended, error);
    }
    if (status == APPLY_DIFFERS) {
        note_error(pusher, "what another hand changed cannot be mended by the socket", error);
        if (reload(pusher, pusher->served, STR("what another hand changed could not be mended")))
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
        log_line(pusher->parts.log, LOG_LINE_WARN, "verify", "%zu differences by another hand were mended", *mended);
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
        note_error(pusher, "the live state could not be looked at", error);
    pusher->last_look_ns = now;
}

/* Said once, not with every try. */
static void look_at_files(struct pusher *pusher)
{
    char error[512];
    bool failed = scribe_failed(pusher->parts.scribe, error);
    if (failed && !pusher->files_failed)
        note_error(pusher, "the state folder cannot be written", error);
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
        caught_up = restart(pusher);
    else if (condition == HAPROXY_NEW_WORKER)
        meet_new_worker(pusher);
    if (condition != HAPROXY_GONE && !pusher->verified && !pusher->pending)
        meet_new_worker(pusher);
    if (now - pusher->last_sweep_ns > SWEEP_EVERY_MS * MS) {
        pusher->last_sweep_ns = now;
        applier_sweep(pusher->applier);
    }
    if (policy_trim_due(&pusher->policy, now))
        publish(pusher, NULL, pusher->served->plan);
    if (pusher->pending && pusher_reload_wait_ms(pusher) == 0)
        caught_up = pusher_push(pusher, pusher->pending) || caught_up;
    look(pusher, now);
    return caught_up;
}
