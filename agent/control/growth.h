/* Growth ahead of need: below HAProxy 3.4 new services take spare backends, and before the last one is taken
 * a reload makes room again. No change waits for it: it begins when nothing has changed for a moment, files
 * and `haproxy -c` go on beside everything else, and a change that comes meanwhile goes first, by the socket;
 * the next attempt takes that in. The reload itself, a start of HAProxy, is all that holds the loop up. Where
 * changes never pause for so long it is made when a service needs it, as part of that change. */
#pragma once

#include "control/pusher.h"
#include "plan/room.h"

struct growth_parts {
    struct pusher *pusher;
    struct scribe *scribe;
    struct haproxy *haproxy;
    const struct settings *settings;
    struct log *log;
};

struct growth;

/* The parts must outlive it. */
struct growth *growth_create(const struct growth_parts *parts);

/* Gives an attempt up, so that the files become those of what is served again. NULL is allowed. */
void growth_destroy(struct growth *growth);

/* To be called several times a second, and more often while growth_is_active; `busy`: a change waits to be
 * served. Returns the generation that is served now, the same tree under other names of backends; NULL:
 * nothing has happened. The generation stays the pusher's. */
struct generation *growth_tick(struct growth *growth, bool busy);

/* Whether an attempt is being made. */
bool growth_is_active(const struct growth *growth);

/* How long after an attempt that took so long and ended so the next one may begin, if need be; nanoseconds.
 * `failed`: how many have in a row. Pure. */
enum growth_end { GROWTH_DONE, GROWTH_DISTURBED, GROWTH_FAILED };
int64_t growth_pause(enum growth_end end, int64_t took_ns, int failed);
