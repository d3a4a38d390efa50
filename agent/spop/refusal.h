/* Refusals in the log. */
#pragma once

#include "ops/decide.h"
#include "sys/log.h"

/* How many were told; of one thread. */
struct refusals {
    int64_t second;
    unsigned told;
    uint64_t untold;
};

/* Tells of a decision that has refused: op, status, why, the client's address and the program; nothing that
 * the client said. At most ten a second, and how many more there were. */
void refusal_tell(struct refusals *refusals, struct log *log, const struct decision *decision);
