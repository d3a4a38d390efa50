/* One worker of the relay: a thread with an event loop, a listening socket, connections from HAProxy and
 * fetches from it. */
#pragma once

#include <sys/queue.h>

#include "relay/exchange.h"
#include "sys/counter.h"
#include "sys/log.h"
#include "sys/loop.h"

struct relay_connection;
struct copies;
struct inner;
LIST_HEAD(inner_list, inner);

/* Of one worker: only it writes, anybody reads. */
struct relay_counters {
    _Atomic uint64_t requests, open_requests;
    _Atomic uint64_t broken;  /* answers that broke off, or never came */
    _Atomic uint64_t aborted; /* requests that HAProxy gave up */
    _Atomic uint64_t copies, open_copies, copies_dropped;
    _Atomic uint64_t pages, retries, compressed;
    _Atomic uint64_t failovers; /* requests that the fallback got */
};

struct relay_worker {
    struct log *log;
    const char *folder; /* of bodies that are too long for memory */
    const char *inner;  /* HAProxy's socket */
    struct relay_counters counters;
    struct loop loop;
    uv_async_t end;
    uv_prepare_t
        before; /* what timers brought is sent before the loop waits, what sockets brought behind that */
    uv_check_t behind;
    struct inner_list inners, kept; /* to HAProxy: in use, and not */
    size_t n_kept;
    LIST_HEAD(, relay_connection) connections;
    struct relay_connection
        *unsent; /* those with something to send, or to do, at the end of this turn of the loop */
    LIST_HEAD(, copies) copies;
};

/* Listens on FOLDER/relay-INDEX.sock (mode 0600) and starts the thread; `inner` is the socket of HAProxy's
 * inner frontend. Both texts must outlive the worker. false with a message; nothing is left then. */
bool relay_worker_start(struct relay_worker *worker, const char *folder, int index, const char *inner,
                        struct log *log, char error[static 256]);

/* Ends everything that is on its way. */
void relay_worker_stop(struct relay_worker *worker);
