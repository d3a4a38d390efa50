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

/* To be called several times a second; `busy`: a change waits to be served. Returns the generation that is
 * served now, the same tree under other names of backends; NULL: nothing has happened. The generation stays
 * the pusher's. */
struct generation *growth_tick(struct growth *growth, bool busy);

/* When the next attempt may begin. Pure: times in nanoseconds of one clock. */
struct growth_pace {
    int64_t changed_ns; /* the last change */
    int64_t ended_ns;   /* the last reload of this kind, or the failure of one; 0: none yet */
    int64_t took_ns;    /* how long that took from its beginning */
    int disturbed;      /* attempts that changes ended, since one came to its end */
    int failed;         /* that failed, since one did not */
};
bool growth_may_begin(const struct growth_pace *pace, int64_t now_ns);
