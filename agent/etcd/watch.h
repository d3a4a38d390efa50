/* The etcd provider: lists a prefix, then watches it, for ever, on a thread of its own (reference:
 * etcd-gateway.md 10). Hands over whole revisions; never blocks who receives them. */
#pragma once

#include "etcd/settings.h"
#include "kv/snapshot.h"
#include "sys/log.h"

struct etcd_event {
    bool deleted;
    struct str key, value;
};

/* One hand-over: either everything (after a list) or the changes of one or more whole revisions, in order. */
struct etcd_batch {
    struct arena *arena; /* owns the bytes; the receiver destroys it with etcd_batch_destroy */
    bool full;
    int64_t revision;            /* everything up to it is included */
    const struct kv_pair *pairs; /* full: sorted, unique */
    size_t n_pairs;
    const struct etcd_event *events; /* not full */
    size_t n_events;
};

void etcd_batch_destroy(struct etcd_batch *batch);

enum etcd_state { ETCD_CONNECTING, ETCD_LISTING, ETCD_WATCHING, ETCD_FAILED_AUTH, ETCD_WAITING };

/* For status; all counters since the start. */
struct etcd_status {
    enum etcd_state state;
    char endpoint[256];
    char error[256]; /* the last one, with its remedy; empty: none since the last success */
    int64_t revision;
    int64_t lists, watches, reconnects;
    int64_t since_ns; /* clock_monotonic_ns of the last change of state */
};

struct etcd_watch;

/* Called on the watch's thread: `deliver` takes the batch over; must not block for long. */
struct etcd_callbacks {
    void (*deliver)(void *context, struct etcd_batch *batch);
    void (*state_changed)(void *context, enum etcd_state state);
    void *context;
};

/* Starts the thread. NULL only where the settings cannot be used at all (message in error, with the remedy).
 */
struct etcd_watch *etcd_watch_start(const struct etcd_settings *settings,
                                    const struct etcd_callbacks *callbacks, struct log *log,
                                    char error[static 256]);

/* Ends the thread and releases everything. NULL is allowed. */
void etcd_watch_stop(struct etcd_watch *watch);

void etcd_watch_status(struct etcd_watch *watch, struct etcd_status *out);
