/* What the agent is told: the programs of a plan, and those that requests on their way may still name. */
#pragma once

#include "plan/plan.h"
#include "spop/server.h"

struct policy {
    struct agent *agent;
    struct program_set *programs; /* what the agent has: the next set is built from it */
    int64_t trim_at_ns;           /* then the programs of earlier plans go; 0: there are none */
};

void policy_fini(struct policy *policy);

/* The agent gets the programs of both plans (NULL for `old`: of the new one alone). Limits that the plan
 * `served` (NULL: none) has not go on with full buckets. false with a message: it keeps what it had. */
bool policy_publish(struct policy *policy, const struct plan *served, const struct plan *old,
                    const struct plan *new, char error[static 256]);

/* Earlier programs are kept for a while from now on; whether that is over, which is told once. */
void policy_trim_later(struct policy *policy);
bool policy_trim_due(struct policy *policy, int64_t now_ns);
