/* The live state: changed through the runtime socket with the agent's programs, or read and mended. */
#include "control/pushing.h"

#include "sys/crash.h"

bool live_publish(struct pusher *pusher, const struct plan *old, const struct plan *new)
{
    char error[256];
    if (policy_publish(&pusher->policy, pusher->served ? pusher->served->plan : NULL, old, new, error))
        return true;
    pusher_note_error(pusher, "the agent refused the policy", error);
    return false;
}

struct policy_change {
    struct pusher *pusher;
    const struct plan *old, *new;
};

static bool load_policy(void *context)
{
    struct policy_change *change = context;
    return live_publish(change->pusher, change->old, change->new);
}

static bool trim_policy(void *context)
{
    struct policy_change *change = context;
    policy_trim_later(&change->pusher->policy);
    return true;
}

enum apply_status live_tell_revision(struct pusher *pusher, const struct plan *plan, char error[static 256])
{
    bool told = pusher->parts.settings->haproxy.revision_header.n > 0;
    enum apply_status status = told ? applier_set_revision(pusher->applier, plan->revision, error) : APPLY_OK;
    crash_at(CRASH_REVISION);
    return status;
}

enum apply_status live_change(struct pusher *pusher, const struct runtime_state *before,
                              const struct runtime_state *from, const struct runtime_state *wanted,
                              const struct plan *old, const struct plan *new, char error[static 256])
{
    struct arena *arena = arena_create();
    struct runtime_state to = runtime_state_of(new);
    struct steps steps = diff_runtime(arena, from, wanted);
    struct policy_change change = { pusher, old, new };
    struct apply_hooks hooks = { load_policy, trim_policy, &change };
    enum apply_status status = applier_run(pusher->applier, &steps, before, &to, &hooks, error);
    for (size_t i = 0; i < steps.n; i++) {
        enum step_kind kind = steps.p[i].kind;
        log_line(pusher->parts.log, LOG_LINE_DEBUG, "push", "%.*s", STR_ARG(steps.p[i].reason));
        pusher->stats.servers_changed +=
            kind == STEP_ADD_SERVER || kind == STEP_SET_SERVER || kind == STEP_REMOVE_SERVER;
    }
    pusher->stats.routes_changed += steps.routes_changed;
    arena_destroy(arena);
    return status;
}

enum apply_status live_resync(struct pusher *pusher, const struct plan *plan, size_t *mended,
                              char error[static 256])
{
    struct arena *arena = arena_create();
    struct runtime_state live, want = runtime_state_of(plan);
    enum apply_status status = applier_read(pusher->applier, arena, &plan->shape, &live, error);
    *mended = 0;
    if (status == APPLY_OK) {
        live.programs = want.programs; /* the agent is ours: its programs are published whole */
        live.n_programs = want.n_programs;
        *mended = diff_runtime(arena, &live, &want).n;
        if (!live_publish(pusher, pusher->served ? pusher->served->plan : NULL, plan))
            status = APPLY_DIFFERS;
    }
    if (status == APPLY_OK && *mended)
        status = live_change(pusher, NULL, &live, &want, plan, plan, error);
    if (status == APPLY_OK)
        status = live_tell_revision(pusher, plan, error);
    arena_destroy(arena);
    return status;
}
