/* The relay: the way out for what neither HAProxy nor an agent's verdict can do. HAProxy hands a request over
 * a unix socket of a worker (relay-0.sock, …), with what is to be done in headers of its own; the worker asks
 * HAProxy's inner frontend (relayed.sock), once or several times, and answers. Bodies stream; what must be
 * read twice is kept, in memory or in a file. */
#pragma once

#include <stdint.h>

#include "sys/log.h"

struct relay_options {
    const char *folder; /* of the workers' sockets, and of bodies that are too long for memory */
    const char *inner;  /* the socket of HAProxy's inner frontend */
    int workers;        /* >= 1 */
};

/* Of all workers, since the start; "open": at present. */
struct relay_stats {
    uint64_t requests, open_requests, broken, aborted;
    uint64_t copies, open_copies, copies_dropped;
    uint64_t failovers, pages, retries, compressed;
};

struct relay;

/* Starts the workers. NULL with a message (and the remedy) otherwise. */
struct relay *relay_start(const struct relay_options *options, struct log *log, char error[static 256]);

void relay_stats(const struct relay *relay, struct relay_stats *out);

/* Ends what is on its way, and the workers. NULL is allowed. */
void relay_stop(struct relay *relay);
