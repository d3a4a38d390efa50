/* One worker of the agent: a thread with an event loop, a listening socket and its connections. */
#pragma once

#include <pthread.h>
#include <sys/queue.h>

#include "ops/decide.h"
#include "ops/inbox.h"
#include "spop/counters.h"
#include "spop/delays.h"
#include "spop/refusal.h"
#include "sys/log.h"
#include "sys/loop.h"

struct connection;

struct worker {
    struct tools tools; /* shared by all workers, but for the inbox */
    struct log *log;
    struct counters counters;

    /* What the agent's thread leaves for the worker; under `lock`. */
    pthread_mutex_t lock;
    pthread_cond_t taken; /* the worker has looked */
    struct program_set *next;
    bool has_next, stop;

    /* The worker's own. */
    struct loop loop;
    uv_async_t wake;
    uv_timer_t timer;
    uv_check_t check;
    uv_poll_t events; /* of the first worker only: has_events */
    bool has_events;
    struct program_set *programs; /* NULL before the first were published */
    LIST_HEAD(, connection) connections;
    struct delays delays;
    struct inbox inbox;
    struct verdict verdict; /* of the question at hand */
    uint64_t answered;      /* of the bytes at hand */
    int64_t armed_ns;       /* the timer's time; INT64_MAX: it is off */
    int64_t warned_ns;
    struct refusals refusals;        /* that were told */
    bool dense;                      /* questions came one upon the other */
    bool patient;                    /* it lets others finish before it runs */
    uint64_t looked_ms, frames_then; /* when that was looked at, and how many had come by then */
    char *scratch;                   /* what is read, before a session sees it */
};

/* Listens on FOLDER/agent-INDEX.sock (mode 0600) and starts the thread; `tools` are copied. false with a
 * message; nothing is left then. */
bool worker_start(struct worker *worker, const char *folder, int index, const struct tools *tools,
                  struct log *log, char error[static 256]);

/* Hands the worker a reference to a set (and wakes it); worker_settle waits until it uses that set. */
void worker_publish(struct worker *worker, struct program_set *set);
void worker_settle(struct worker *worker);

/* Says good-bye on all connections, ends the thread, removes the socket. What is being computed for the
 * worker elsewhere must come back to it before (hasher_destroy). */
void worker_stop(struct worker *worker);

/* For connections: sends `answer` on the connection at due_ns. false: too many wait. */
bool worker_delay(struct worker *worker, struct connection *connection, struct str answer, int64_t due_ns);
