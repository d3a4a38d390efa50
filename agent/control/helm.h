/* Which tree is served: etcd's newest, unless an operator pinned an older one or the guard holds a change
 * that takes too much away. What was ordered, and since when something is held, survives a restart of the
 * daemon (STATE_ORDERS in the state folder). */
#pragma once

#include "control/generation.h"
#include "control/guard.h"
#include "control/sources.h"
#include "sys/log.h"

struct helm;

/* All of it stays the caller's and must outlive the helm. `folder` is the state folder. */
struct helm *helm_create(const struct settings *settings, struct sources *sources, const char *folder,
                         struct log *log);
void helm_destroy(struct helm *helm);

/* Takes up what an earlier daemon left: the tree that it served last (copied; NULL: none), what it was
 * ordered, what it held. */
void helm_restore(struct helm *helm, const struct kv_snapshot *last);

/* The trees to serve now, in the order in which their providers win ties; returns how many. `served`: NULL
 * before the first. Valid until the next change of the sources or call of the helm. */
size_t helm_choose(struct helm *helm, const struct generation *served, struct kv_snapshot out[static 2]);

/* The choice where no more is to be said than that: true if the newest tree may be served, and follows in a
 * few changes from what is. */
bool helm_follow(struct helm *helm);

/* Whether the newest tree was chosen last. */
bool helm_chose_newest(const struct helm *helm);

/* What was chosen last is served now. */
void helm_served(struct helm *helm);

/* The same where time has passed since: the sources may have changed again. */
void helm_served_late(struct helm *helm);

/* Lets the revision that is held through with the next choice, and none behind it. false: nothing is held. */
bool helm_confirm(struct helm *helm);

/* Serves this tree until told otherwise; takes over the arena that it lives in. */
void helm_pin(struct helm *helm, struct arena *arena, const struct kv_snapshot *tree);

/* Back to etcd's newest tree, as far as the guard lets it. false: nothing is pinned. */
bool helm_unpin(struct helm *helm);

struct helm_status {
    int64_t pinned; /* revision; 0: none is */
    bool held;
    double held_since;            /* seconds since 1970 */
    int64_t held_revision;        /* etcd's newest, which is not served */
    struct guard_verdict verdict; /* why */
};

struct helm_status helm_status(const struct helm *helm);
