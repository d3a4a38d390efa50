/* What others see of the watch: its status, under a lock, and its log lines, without repeating itself. */
#pragma once

#include <pthread.h>

#include "etcd/fault.h"
#include "etcd/watch.h"

struct etcd_report {
    pthread_mutex_t lock; /* of status alone; the rest belongs to the watch's thread */
    struct etcd_status status;
    struct etcd_callbacks callbacks;
    struct log *log;
    struct str user, prefix;
    struct etcd_log_pace {
        int64_t again_ns, pause_ns; /* when such a failure may stand in the log again */
        unsigned unlogged;          /* how many did not since the last that did */
    } paces[ETCD_FAULT_KINDS];
};

void etcd_report_init(struct etcd_report *report, const struct etcd_callbacks *callbacks, struct log *log,
                      struct str user, struct str prefix);
void etcd_report_fini(struct etcd_report *report);

void etcd_report_state(struct etcd_report *report, enum etcd_state state);
void etcd_report_endpoint(struct etcd_report *report, struct str endpoint);
void etcd_report_revision(struct etcd_report *report, int64_t revision);

/* Something failed: it becomes the status's error, and a log line unless it was there not long ago. */
void etcd_report_fault(struct etcd_report *report, const struct etcd_fault *fault, struct str endpoint);

/* All is well: what was wrong is over. */
void etcd_report_success(struct etcd_report *report);

/* Adds to the counters of the status. */
void etcd_report_count(struct etcd_report *report, int lists, int watches, int reconnects);
