/* Questions whose decision takes time: kept, with all that they point to, until it is made. */
#pragma once

#include "spop/connection.h"

/* Keeps a question of which decision_run has said that it takes time, and goes on with it; `decision` is
 * taken over then. Ends with connection_decided, never before this has returned. false: too many are kept. */
bool held_begin(struct worker *worker, struct connection *connection, struct ack_of of, struct str payload,
                struct decision *decision);
