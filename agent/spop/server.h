/* The SPOE agent: worker threads, each an event loop with a unix socket of its own (agent-0.sock, …), so
 * HAProxy spreads its connections over them. */
#pragma once

#include "base/str.h"
#include "ops/decide.h"
#include "spop/counters.h"
#include "sys/log.h"

struct agent_options {
    const char *folder; /* of the sockets */
    int workers;        /* >= 1 */
    size_t buckets;     /* of the limiter */
    int hashers;        /* threads for slow password hashes; 0: as many as workers */
};

struct agent_stats {
    uint64_t connections, open_connections, frames, broken_frames;
    uint64_t passed, refused, delayed, unknown_program, rate_limited;
    size_t buckets_in_use;
    uint64_t buckets_evicted;
    size_t programs;
    uint64_t held;        /* decisions that take time, at present */
    size_t hashes_queued; /* passwords that wait for a thread */
    struct {
        uint64_t passed, refused;
    } ops[OP_NUMBERS];
    uint64_t latencies[LATENCIES];
};

struct agent;

/* Starts the workers; they answer as soon as this returns. NULL with a message (and the remedy) otherwise. */
struct agent *agent_start(const struct agent_options *options, struct log *log, char error[static 256]);

/* Gives every worker a new set of programs and returns when all of them use it. Takes the reference over. */
void agent_publish(struct agent *agent, struct program_set *set);

void agent_stats(struct agent *agent, struct agent_stats *out);

/* Says AGENT-DISCONNECT on all connections, ends the workers, removes the sockets. NULL is allowed. */
void agent_stop(struct agent *agent);
