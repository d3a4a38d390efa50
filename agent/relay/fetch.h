/* The innermost stage: asks HAProxy's inner frontend. */
#pragma once

#include "relay/exchange.h"

struct fetch_what {
    struct str next, method, target;
    const struct heading *heading;
    bool body; /* with the body of the exchange's request */
};

/* Opens and starts it inside of `outer`. Without an answer from HAProxy it answers 502 by itself. */
void fetch_open(struct stage *outer, const struct fetch_what *what);

/* The exchange's request, with these headers, for a service: "}name" (compiler/plan/choice.h). */
void fetch_open_target(struct stage *outer, struct str target, const struct heading *heading, bool body);

/* It ends, as broken, when the next piece of its answer comes. */
void fetch_give_up(struct fetch *fetch);
