/* Copies of requests for mirrors: they run behind the answer, one mirror after the other, and outlive the
 * request. Nobody hears of their answers. */
#pragma once

#include "relay/exchange.h"

/* Sends copies of the request to the targets of its directive; with more than enough on their way already
 * they are dropped. */
void copies_start(struct relay_worker *worker, struct request *request, const struct directive *mirror);

/* Ends all that are on their way. */
void copies_close(struct relay_worker *worker);
