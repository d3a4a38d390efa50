/* A connection of a worker: moves bytes between its socket and its session. */
#pragma once

#include "spop/ack.h"
#include "spop/worker.h"

/* Accepts the connection that waits at the worker's listener. It belongs to the worker's list until it is
 * gone. */
void connection_accept(struct worker *worker);

/* Sends an answer that waited. Also says that it waits no more: a connection stays in memory while any does.
 */
void connection_send_delayed(struct connection *connection, struct str answer);

/* Sends the answer to a question that took time; waits no more for it. */
void connection_decided(struct connection *connection, struct ack_of of, const struct decision *decision);

/* Says good-bye to all of a worker's connections and closes them. */
void connections_close(struct worker *worker);
