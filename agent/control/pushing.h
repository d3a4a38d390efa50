/* Shared by the files of the pusher (pusher, push_live, push_worker); nobody else includes it. */
#pragma once

#include "control/policy.h"
#include "control/pusher.h"

struct pusher {
    struct pusher_parts parts;
    struct applier *applier;
    struct generation *served;  /* what HAProxy has, as far as known */
    struct generation *pending; /* what it shall have and could not get yet */
    struct policy policy;
    struct push_stats stats;
    char skeleton[SKELETON_NAME + 1]; /* the name of the one that HAProxy shall run */
    bool verified;                    /* live state = served */
    int refused;                      /* reloads that failed since one did not */
    bool files_failed;                /* the state folder is behind and cannot be written */
    int64_t last_reload_ns, last_sweep_ns, last_restart_ns, last_look_ns;
};

/* Into the log, and what `status` tells last. */
void pusher_note_error(struct pusher *pusher, const char *what, const char *error);

/* `next` is what HAProxy has now; takes it over. */
void pusher_serve(struct pusher *pusher, struct generation *next);

/* The agent gets the programs of both plans: requests on their way meet those that their record named. */
bool live_publish(struct pusher *pusher, const struct plan *old, const struct plan *new);

/* Brings the live state from the plan `old` to `new`. `from` and `wanted`: all of both states, or only what
 * differs. `before`: all of the old one, if it is known for sure; or NULL. */
enum apply_status live_change(struct pusher *pusher, const struct runtime_state *before,
                              const struct runtime_state *from, const struct runtime_state *wanted,
                              const struct plan *old, const struct plan *new, char error[static 256]);

/* Behind the change that it tells of. */
enum apply_status live_tell_revision(struct pusher *pusher, const struct plan *plan, char error[static 256]);

/* Reads the live state and mends what differs from the plan. */
enum apply_status live_resync(struct pusher *pusher, const struct plan *plan, size_t *mended,
                              char error[static 256]);

/* Whether the worker was started with that skeleton, as far as it says. */
bool worker_runs_skeleton(const struct pusher *pusher, const char *name);

/* Why the next generation cannot be had without a reload; empty: it can. */
struct str worker_reason_to_reload(const struct pusher *pusher, const struct generation *next);

/* A worker with the files of `next`, which are written and checked first, unless they have been (`written`:
 * the name of their skeleton; NULL: they have not). false: HAProxy goes on with what it had. */
bool worker_reload(struct pusher *pusher, struct generation *next, struct str reason, const char *written);

/* No worker is started by us at present: nothing of an earlier daemon's verdicts shall be met by one. */
void worker_forget_down(const struct pusher *pusher);

/* A new worker has what the files said when it started, which may be a second behind: it is brought up to
 * date. One that was started from files of a reload that came to nothing has another skeleton. */
void worker_meet(struct pusher *pusher);

/* HAProxy has ended. It starts from what was about to be served, if a push was half done: somebody may have
 * seen it. Whether that is served now. */
bool worker_restart(struct pusher *pusher);
