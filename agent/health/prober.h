/* Health checks: the daemon asks the servers of services that want it and tells HAProxy who is up (`set
 * server … health`). So every check is data: method, path, status, headers, intervals change without a
 * reload, on all versions alike. While the daemon is away the last verdicts stand. A thread of its own. */
#pragma once

#include "plan/plan.h"
#include "sys/log.h"

struct prober;

/* `runtime_path` is HAProxy's stats socket. */
struct prober *prober_start(const char *runtime_path, struct log *log);

/* NULL is allowed. */
void prober_stop(struct prober *prober);

/* What is to be watched from now on. Servers that were watched in the same way keep their verdict, also where
 * their service has got another backend; others begin up, and are asked one interval later. Nothing points
 * into the plan afterwards. */
void prober_watch(struct prober *prober, const struct plan *plan);

/* Another worker: it knows none of the verdicts. */
void prober_tell_again(struct prober *prober);

/* Those servers of a plan that are down, for a worker that is about to start (templates/down.lua): "BACKEND
 * SERVER" in each line. */
void prober_list_down(struct prober *prober, const struct plan *plan, struct buf *out);

struct prober_counts {
    size_t watched, down; /* servers with an active check */
    uint64_t probes, failures;
};

void prober_counts(struct prober *prober, struct prober_counts *out);
