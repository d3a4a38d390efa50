/* Steps to commands: brings the running HAProxy from one state to the next, and checks that it got there. */
#pragma once

#include "diff/diff.h"
#include "haproxy/runtime.h"
#include "sys/log.h"

/* What apply needs from the agent: called at STEP_LOAD_POLICY and STEP_TRIM_POLICY, returns false if refused.
 */
struct apply_hooks {
    bool (*load_policy)(void *context);
    bool (*trim_policy)(void *context);
    void *context;
};

struct applier;

/* `folder` is that of the artifacts, spelt exactly as in the configuration. */
struct applier *applier_create(const char *socket_path, const char *folder, struct log *log);
void applier_destroy(struct applier *applier);

enum apply_status {
    APPLY_OK,
    APPLY_UNREACHABLE, /* HAProxy is away: files will do when it comes back */
    APPLY_DIFFERS      /* a command was refused or the read-back differs: resync, then reload */
};

/* Executes all steps in order, reads back what it changed (each route, entry_cnt, each server). `before` is
 * the whole state that the steps begin with, NULL if it is not known for sure; `to` is the state after the
 * steps. On APPLY_DIFFERS `error` says what was found; the steps behind are not executed then, so a route
 * never changes when its servers could not be set up. A server whose host is no address gets one where
 * nothing is, or keeps the one that it has, with a warning: it is no failure. */
enum apply_status applier_run(struct applier *applier, const struct steps *steps,
                              const struct runtime_state *before, const struct runtime_state *to,
                              const struct apply_hooks *hooks, char error[static 256]);

/* Deletes servers that were taken out of use and have no connections left, and entries of maps that were
 * retired a while ago; call it from time to time. Returns how many servers are still waiting. */
size_t applier_sweep(struct applier *applier);

/* Forgets the waiting servers and the retired entries: the process that had them is gone. */
void applier_forget(struct applier *applier);

/* Reads the live state back (routes and servers; programs stay empty), in the arena. The backends listed are
 * those of `shape`, their services empty. Servers in maintenance are not in use, so not part of the state;
 * those that this applier did not know of join the waiting ones. */
enum apply_status applier_read(struct applier *applier, struct arena *arena, const struct shape *shape,
                               struct runtime_state *out, char error[static 256]);

/* A look at part of the live state: how many entries each map has, all servers, and some routes, which ones
 * depends on `seed`. APPLY_DIFFERS (with the difference in `error`) where something is not as in `plan`:
 * applier_read tells all. */
enum apply_status applier_sample(struct applier *applier, const struct plan *plan, uint64_t seed,
                                 char error[static 256]);

/* The least of such looks, for after each change: how many entries each map has. It is one question, whatever
 * the size of the tree. */
enum apply_status applier_count(struct applier *applier, const struct plan *plan, char error[static 256]);

/* Sets the revision that answers tell (see --haproxy.revisionheader), behind the changes that it stands for.
 */
enum apply_status applier_set_revision(struct applier *applier, int64_t revision, char error[static 256]);

/* Since the creation, for status and metrics. */
struct applier_counts {
    uint64_t commands;     /* sent one by one, payload lines not counted */
    uint64_t replacements; /* of the whole route map */
    uint64_t unresolved;   /* times that the name of a server did not resolve */
    uint64_t differences;  /* runs that ended in APPLY_DIFFERS */
};

void applier_counts(const struct applier *applier, struct applier_counts *out);
