/* Shared by process.c (what the caller sees), check.c (`haproxy -c`) and lifetime.c (birth and death of the
 * processes); nobody else includes it. */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "haproxy/launch.h"
#include "haproxy/process.h"
#include "haproxy/tail.h"

/* More than that of a program's output is not kept. */
enum { HAPROXY_OUTPUT_MAX = 1 << 18 };

struct haproxy {
    struct arena *arena; /* of the strings */
    struct log *log;
    bool ours;
    const char *binary; /* NULL: not ours */
    struct haproxy_version binary_version;
    const char *config, *backends, *relayed_socket, *closed_socket, *pid_file, *lock_file;
    const char *master_socket, *runtime_socket;
    struct runtime runtime;

    pid_t master;               /* 0: none runs */
    bool is_child;              /* else taken over */
    int master_fd;              /* pidfd of the master, or -1 */
    struct tail *tail;          /* its standard error, if it is our child */
    struct runtime_info worker; /* as last seen; pid 0: none */
    int64_t next_look;          /* clock_monotonic_ns */
    struct launch_job check;    /* haproxy_check_begin */
    struct buf check_output;
};

/* Takes over what answers on the master socket. false: nothing does, or (message in `error`) nothing that can
 * be used. */
bool lifetime_adopt(struct haproxy *haproxy, char error[static 512]);

/* The same as long as something of an HAProxy of this folder lives and nothing answers: an earlier daemon may
 * have died just when it had started a master, and a second one would fight with that for sockets and ports;
 * or one has died and its workers are about to. */
bool lifetime_adopt_late(struct haproxy *haproxy, int timeout_ms, char error[static 512]);

/* Starts a master. false with a message. */
bool lifetime_launch(struct haproxy *haproxy, char error[static 512]);

/* Waits until the worker that the master names answers on the runtime socket, and no other one does, and
 * notes it. false with a message: out of time, or the master is dead. */
bool lifetime_await_worker(struct haproxy *haproxy, int timeout_ms, char error[static 512]);

bool lifetime_is_alive(const struct haproxy *haproxy);

/* Ends what is left of the processes, by force, and forgets them. */
void lifetime_bury(struct haproxy *haproxy);

/* Ends the master and its workers softly within the time, then by force. */
void lifetime_end(struct haproxy *haproxy, int grace_ms);
