#include "spop/server.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/events.h"
#include "ops/hasher.h"
#include "ops/nonces.h"
#include "spop/worker.h"

enum { DIGEST_CLIENTS = 1 << 16 }; /* 2 MB, shared by all digestAuth */

struct agent {
    struct tools tools;
    struct worker *workers; /* do not move: their loops know them */
    int n_workers;
    pthread_mutex_t publishing;   /* one publication at a time; guards `programs` */
    struct program_set *programs; /* NULL before the first */
};

struct agent *agent_start(const struct agent_options *options, struct log *log, char error[static 256])
{
    assert(options->workers >= 1);
    curl_global_init(CURL_GLOBAL_DEFAULT); /* counted: agent_stop gives it back */
    struct agent *agent = xmalloc(sizeof *agent);
    *agent = (struct agent){ .workers = xmalloc((size_t)options->workers * sizeof *agent->workers) };
    agent->tools.limiter = limiter_create(options->buckets);
    agent->tools.verified = verified_create();
    agent->tools.nonces = nonces_create(DIGEST_CLIENTS);
    agent->tools.hasher =
        hasher_create(options->hashers > 0 ? options->hashers : options->workers, agent->tools.verified);
    pthread_mutex_init(&agent->publishing, NULL);
    agent->tools.events = events_open(options->folder, error);
    if (!agent->tools.events) {
        agent_stop(agent);
        return NULL;
    }
    for (; agent->n_workers < options->workers; agent->n_workers++)
        if (!worker_start(&agent->workers[agent->n_workers], options->folder, agent->n_workers, &agent->tools,
                          log, error)) {
            agent_stop(agent);
            return NULL;
        }
    log_line(log, LOG_LINE_INFO, "agent", "%d workers listen in %s", options->workers, options->folder);
    return agent;
}

void agent_publish(struct agent *agent, struct program_set *set)
{
    pthread_mutex_lock(&agent->publishing);
    for (int i = 0; i < agent->n_workers; i++)
        worker_publish(&agent->workers[i], program_set_hold(set));
    for (int i = 0; i < agent->n_workers; i++)
        worker_settle(&agent->workers[i]);
    program_set_release(agent->programs); /* here, since to free a large set takes a worker's time */
    agent->programs = set;
    pthread_mutex_unlock(&agent->publishing);
}

void agent_stats(struct agent *agent, struct agent_stats *out)
{
    *out = (struct agent_stats){ 0 };
    for (int i = 0; i < agent->n_workers; i++) {
        const struct counters *c = &agent->workers[i].counters;
        out->connections += counter_get(&c->connections);
        out->open_connections += counter_get(&c->open_connections);
        out->frames += counter_get(&c->frames);
        out->broken_frames += counter_get(&c->broken_frames);
        out->passed += counter_get(&c->passed);
        out->refused += counter_get(&c->refused);
        out->delayed += counter_get(&c->delayed);
        out->unknown_program += counter_get(&c->unknown_program);
        out->rate_limited += counter_get(&c->rate_limited);
        out->held += counter_get(&c->held);
        for (size_t op = 0; op < OP_NUMBERS; op++) {
            out->ops[op].passed += counter_get(&c->ops[op].passed);
            out->ops[op].refused += counter_get(&c->ops[op].refused);
        }
        for (size_t l = 0; l < LATENCIES; l++)
            out->latencies[l] += counter_get(&c->latencies[l]);
    }
    out->hashes_queued = hasher_queued(agent->tools.hasher);
    limiter_stats(agent->tools.limiter, &out->buckets_in_use, &out->buckets_evicted);
    pthread_mutex_lock(&agent->publishing);
    out->programs = agent->programs ? program_set_count(agent->programs) : 0;
    pthread_mutex_unlock(&agent->publishing);
}

void agent_stop(struct agent *agent)
{
    if (!agent)
        return;
    hasher_stop(agent->tools.hasher); /* what waits for it comes back to the workers */
    for (int i = 0; i < agent->n_workers; i++)
        worker_stop(&agent->workers[i]);
    program_set_release(agent->programs);
    pthread_mutex_destroy(&agent->publishing);
    hasher_destroy(agent->tools.hasher);
    nonces_destroy(agent->tools.nonces);
    verified_destroy(agent->tools.verified);
    limiter_destroy(agent->tools.limiter);
    events_close(agent->tools.events);
    free(agent->workers);
    free(agent);
    curl_global_cleanup();
}
