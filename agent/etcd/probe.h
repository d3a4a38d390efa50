/* The liveness probe: every 10 seconds a count of the prefix on another connection than the watch's. Tells a
 * server that accepts and says nothing, a watch that is stuck, and a store that is not what the events made
 * of it. */
#pragma once

#include "etcd/client.h"
#include "etcd/position.h"

/* What outlives one watch: how long to mistrust our own suspicions. Starts zeroed. */
struct etcd_doubts {
    int64_t stuck_after_ns, stuck_pause_ns; /* before that, no watch is taken for stuck */
    int64_t drift_after_ns;                 /* before that, no count is taken for wrong */
};

enum etcd_probe_phase { ETCD_PROBE_IDLE, ETCD_PROBE_RANGE, ETCD_PROBE_AUTHENTICATE, ETCD_PROBE_RANGE_AGAIN };

/* Must not move while open. */
struct etcd_probe {
    struct etcd_http_call call;
    struct etcd_client *client;
    const struct etcd_position *position;
    struct etcd_doubts *doubts;
    enum etcd_probe_phase phase;
    int64_t next_ns;             /* when the next one is due */
    int failures;                /* in a row */
    int64_t ahead_ns;            /* since when the store has been ahead of the watch; 0: it is not */
    bool answered;               /* one has just come to its end; cleared by who reads it */
    struct etcd_fault complaint; /* what that one met; ETCD_OK: nothing */
};

/* The first probe goes out with the first turn. The pointers must outlive it. */
void etcd_probe_open(struct etcd_probe *probe, struct etcd_client *client,
                     const struct etcd_position *position, struct etcd_doubts *doubts);
void etcd_probe_close(struct etcd_probe *probe);

/* To be called after each turn of the client: starts, reads and judges. `heard_ns` is when the watch last
 * said something. The fault that ends the watch, or ETCD_OK. */
struct etcd_fault etcd_probe_turn(struct etcd_probe *probe, int64_t heard_ns);
