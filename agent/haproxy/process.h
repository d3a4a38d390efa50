/* HAProxy as a process: found, checked, started as master and worker, reloaded, watched, stopped. Or somebody
 * else's HAProxy, driven through its two sockets. Blocking calls with time limits; the caller owns the order.
 */
#pragma once

#include "haproxy/runtime.h"
#include "sys/log.h"

struct haproxy_options {
    const char *binary; /* NULL: "haproxy" on PATH */
    const char *folder; /* the state folder: configuration files in it, sockets beside them */
    const char *master_socket, *runtime_socket; /* both given: not ours to start */
};

struct haproxy;

/* Finds the binary and its version (2.6 or newer). NULL with a message that names the remedy otherwise.
 * Starts nothing. */
struct haproxy *haproxy_create(const struct haproxy_options *options, struct log *log,
                               char error[static 512]);

/* Releases the memory only: a HAProxy that was not stopped goes on serving, and the next haproxy_start in
 * this folder takes it over. NULL is allowed. */
void haproxy_destroy(struct haproxy *haproxy);

const char *haproxy_master_path(const struct haproxy *haproxy);
const char *haproxy_runtime_path(const struct haproxy *haproxy);
bool haproxy_is_ours(const struct haproxy *haproxy);

/* `haproxy -c` over the files of the folder: true if it would start; else its message. Not ours: true, its
 * own reload will tell. */
bool haproxy_check(struct haproxy *haproxy, char error[static 512]);

/* The same beside everything else: to be begun, then looked at from time to time; an earlier one that still
 * runs is given up. */
enum haproxy_check { CHECK_RUNS, CHECK_GOOD, CHECK_BAD };
bool haproxy_check_begin(struct haproxy *haproxy, char error[static 512]);
enum haproxy_check haproxy_check_look(struct haproxy *haproxy, char error[static 512]);
void haproxy_check_give_up(struct haproxy *haproxy);

/* true: one answers on the master socket already, so haproxy_start would take it over (or find it, if it is
 * not ours). */
bool haproxy_is_running(const struct haproxy *haproxy);

/* Starts the master (an HAProxy that still runs in this folder from an earlier daemon is taken over instead)
 * and waits until a worker answers on the runtime socket. false with a message and the remedy (a port in use,
 * …); nothing runs then. Not ours: only waits, a few seconds. */
bool haproxy_start(struct haproxy *haproxy, char error[static 512]);

/* true if this start took over a running one. */
bool haproxy_was_adopted(const struct haproxy *haproxy);

/* Hitless reload through the master; returns when the new worker answers (haproxy_poll does not report that
 * one again). false: the old worker goes on serving; the message is HAProxy's. */
bool haproxy_reload(struct haproxy *haproxy, char error[static 512]);

enum haproxy_condition {
    HAPROXY_RUNNING,
    HAPROXY_NEW_WORKER, /* another worker than at the last call: its state must be verified */
    HAPROXY_GONE        /* master dead: start it again (not ours: it does not answer) */
};

/* Cheap; call it often (several times a second): one system call, and four questions a second to the worker.
 */
enum haproxy_condition haproxy_poll(struct haproxy *haproxy);

/* A descriptor that becomes readable when the master dies, for an event loop, which shall call haproxy_poll
 * then; -1: there is none. (A worker that dies takes its master along, in all versions.) Changes with every
 * start. */
int haproxy_exit_fd(const struct haproxy *haproxy);

int haproxy_worker_pid(const struct haproxy *haproxy);

/* The name of the skeleton that the worker was started with, as it says itself; empty: it says none, or there
 * is no worker. */
const char *haproxy_skeleton(const struct haproxy *haproxy);

/* Of the running worker; before there was one, of the binary. */
void haproxy_version(const struct haproxy *haproxy, struct haproxy_version *out);

/* Whether the running one takes new backends (3.4 or newer): a new service needs no spare one then. */
bool haproxy_adds_backends(const struct haproxy *haproxy);

/* Ends it within `grace_ms` (only if it is ours): soft stop, then by force. Removes its sockets. */
void haproxy_stop(struct haproxy *haproxy, int grace_ms);

/* How many requests passed unlimited because the agent did not answer (HAProxy's count, all workers since the
 * last start), or -1. */
int64_t haproxy_agent_failures(const struct haproxy *haproxy);
