/* Brings the running HAProxy and the agent to a generation through the runtime socket, the files behind it;
 * by a reload only where the skeleton must change or the live state cannot be mended, and then the files come
 * first. */
#pragma once

#include "control/scribe.h"
#include "haproxy/apply.h"
#include "haproxy/process.h"
#include "health/prober.h"
#include "spop/server.h"

struct pusher_parts {
    const char *folder; /* of the artifacts, as in the configuration */
    struct scribe *scribe;
    struct haproxy *haproxy;
    struct agent *agent;
    struct prober *prober;
    struct log *log;
    const struct settings *settings;
};

/* What `status` tells of pushes; counted since the start of the daemon. */
struct push_stats {
    uint64_t pushes, reloads, reloads_failed, repairs, worker_changes, restarts;
    uint64_t reloads_ahead; /* of the reloads: those that no change had to wait for */
    uint64_t routes_changed, servers_changed;
    uint64_t looks;           /* at the live state, whole or in part, with no push as the reason */
    uint64_t foreign_changes; /* differences that such a look found, mended since */
    double last_look;         /* seconds since 1970; 0: none yet */
    int64_t last_push_ns;     /* how long the last one took, compile excluded */
    char last_reload_reason[256];
    char last_error[512]; /* empty: the last push succeeded */
};

struct pusher;

/* The parts stay the caller's and must outlive the pusher. */
struct pusher *pusher_create(const struct pusher_parts *parts);
void pusher_destroy(struct pusher *pusher);

/* The shape to compile the next generation for: of the running process, NULL before the start. */
const struct shape *pusher_shape(const struct pusher *pusher);

/* The generation that is served, or NULL. */
const struct generation *pusher_served(const struct pusher *pusher);

/* The same, held for the caller. */
struct generation *pusher_hold(const struct pusher *pusher);

/* The first generation: starts HAProxy with it, or takes over one that runs. Owns the generation from now on.
 * false with a message: the daemon cannot run. */
bool pusher_start(struct pusher *pusher, struct generation *first, char error[static 512]);

/* Serves the next generation, takes it over. Whatever fails, HAProxy goes on with what it had, and the next
 * call or pusher_tick tries again; false says that it is not served yet. */
bool pusher_push(struct pusher *pusher, struct generation *next);

/* The same tree on another skeleton, by a reload; takes the generation over. Its files are written and
 * checked, `written` is the name of their skeleton. false: HAProxy goes on with what it had. */
bool pusher_move(struct pusher *pusher, struct generation *next, const char *written, struct str reason);

/* Such a reload came to nothing before HAProxy was told of it. */
void pusher_move_failed(struct pusher *pusher, const char *error);

/* Milliseconds until the next reload may be made (they are coalesced); 0: now. */
int64_t pusher_reload_wait_ms(const struct pusher *pusher);

/* To be called several times a second: notices new and dead workers and mends, sweeps servers out of use,
 * trims old programs. Whether what pusher_push could not serve is served now. */
bool pusher_tick(struct pusher *pusher);

/* Compares the live state with what is served, in part or `whole`, and mends what another hand changed;
 * *mended counts that. false with a message where it could not be done. */
bool pusher_verify(struct pusher *pusher, bool whole, size_t *mended, char error[static 256]);

/* Whether the live state is known to be the served generation. */
bool pusher_is_ready(const struct pusher *pusher);

const struct push_stats *pusher_stats(const struct pusher *pusher);

/* What the commands of all pushes came to. */
void pusher_applied(const struct pusher *pusher, struct applier_counts *out);
