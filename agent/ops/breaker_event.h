/* What came of a request that passed circuit breakers, as HAProxy writes it (templates/haproxy.cfg,
 * log-format): "PROGRAM.OP;… STATUS QUEUE CONNECT ANSWER", milliseconds; -1 where it did not get so far. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct breaker_event {
    struct str passed; /* "PROGRAM.OP;…", see breaker_event_next */
    int status;
    int64_t latency_ns; /* until the answer began */
};

/* false where the line is none. */
bool breaker_event_read(struct str line, struct breaker_event *out);

/* Takes the next breaker off the front of `passed`: a program's id and the place of its op. false: no more,
 * or none. */
bool breaker_event_next(struct str *passed, struct str *program, size_t *op);
