#include "control/growth.h"

#include <stdio.h>
#include <stdlib.h>

#include "sys/clock.h"

enum {
    QUIET_MS = 500, /* so long nothing has changed: what comes together shares a reload … */
    MOST_QUIET_DOUBLED =
        5, /* … twice as long after each attempt that was disturbed, so that few are made in vain */
    INTERVAL_MS = 10000, /* between two: each leaves an old worker behind for a while … */
    MOST_DOUBLED = 6,    /* … twice as long after each that failed, so ten minutes at most */
    SHARE = 20,          /* and they take at most that part of the time */
    PATIENCE_MS = 60000, /* for files and check */
};

enum growth_step { GROWTH_NONE, GROWTH_FILES, GROWTH_CHECK };

struct growth {
    struct growth_parts parts;
    struct growth_pace pace;
    enum growth_step step;
    struct generation *next; /* while there is a step */
    struct generation *seen; /* held: what was served at the last tick */
    struct room room;        /* of that */
    bool is_short;
    int64_t begun_ns;
};

struct growth *growth_create(const struct growth_parts *parts)
{
    struct growth *growth = xmalloc(sizeof *growth);
    *growth = (struct growth){ .parts = *parts };
    return growth;
}

bool growth_may_begin(const struct growth_pace *pace, int64_t now_ns)
{
    int64_t quiet = (int64_t)QUIET_MS
                    << (pace->disturbed < MOST_QUIET_DOUBLED ? pace->disturbed : MOST_QUIET_DOUBLED);
    int64_t interval = (int64_t)INTERVAL_MS << (pace->failed < MOST_DOUBLED ? pace->failed : MOST_DOUBLED);
    int64_t share = pace->took_ns * SHARE;
    if (now_ns - pace->changed_ns < quiet * NS_PER_MS)
        return false;
    interval = interval * NS_PER_MS > share ? interval * NS_PER_MS : share;
    return pace->ended_ns == 0 || now_ns - pace->ended_ns >= interval;
}

/* The folder gets the files of what is served back, if it has not got others since. */
static void give_up(struct growth *growth)
{
    char skeleton[SKELETON_NAME + 1], error[512];
    if (growth->step == GROWTH_NONE)
        return;
    haproxy_check_give_up(growth->parts.haproxy);
    if (scribe_prepared(growth->parts.scribe, skeleton, error) != PREPARED_NOT)
        scribe_follow(growth->parts.scribe, growth->seen);
    generation_release(growth->next);
    growth->next = NULL;
    growth->step = GROWTH_NONE;
}

void growth_destroy(struct growth *growth)
{
    if (!growth)
        return;
    give_up(growth);
    generation_release(growth->seen);
    free(growth);
}

/* Whether something else is served than at the last tick. */
static bool look_at_served(struct growth *growth)
{
    if (pusher_served(growth->parts.pusher) == growth->seen)
        return false;
    struct generation *served = pusher_hold(growth->parts.pusher);
    bool same_backends =
        served->change && served->change->before == growth->seen && !served->change->backends;
    generation_release(growth->seen);
    growth->seen = served;
    if (same_backends)
        return true;
    growth->room = room_of(&served->plan->shape, growth->parts.settings);
    growth->is_short = room_is_short(&growth->room);
    return true;
}

static void disturb(struct growth *growth, int64_t now)
{
    growth->pace.changed_ns = now;
    growth->pace.disturbed += growth->step != GROWTH_NONE;
    give_up(growth);
}

static void end_attempt(struct growth *growth, bool ok)
{
    int64_t now = clock_monotonic_ns();
    generation_release(growth->next);
    growth->next = NULL;
    growth->step = GROWTH_NONE;
    growth->pace = (struct growth_pace){ .changed_ns = now,
                                         .ended_ns = now,
                                         .took_ns = now - growth->begun_ns,
                                         .failed = ok ? 0 : growth->pace.failed + 1 };
}

static void fail(struct growth *growth, const char *error)
{
    give_up(growth);
    pusher_move_failed(growth->parts.pusher, error);
    end_attempt(growth, false);
}

static void begin(struct growth *growth, int64_t now)
{
    growth->next = generation_with_room(growth->seen);
    growth->begun_ns = now;
    if (!growth->next) { /* as long as this is served there is nothing to gain */
        growth->is_short = false;
        return;
    }
    log_line(growth->parts.log, LOG_LINE_INFO, "growth",
             "%zu of %zu spare backends are free: making room for new services", growth->room.free,
             growth->room.anew);
    growth->step = GROWTH_FILES;
    scribe_prepare(growth->parts.scribe, growth->next);
}

/* Files are written and good: the rest is one reload. */
static struct generation *move(struct growth *growth, const char *skeleton)
{
    char reason[128];
    struct generation *next = generation_hold(growth->next);
    snprintf(reason, sizeof reason,
             "room for new services ahead of need: %zu of %zu spare backends were free", growth->room.free,
             growth->room.anew);
    bool ok = pusher_move(growth->parts.pusher, next, skeleton, str_c(reason));
    end_attempt(growth, ok);
    return ok ? next : NULL;
}

static struct generation *go_on(struct growth *growth, int64_t now)
{
    char skeleton[SKELETON_NAME + 1], error[512];
    enum prepared prepared = scribe_prepared(growth->parts.scribe, skeleton, error);
    enum haproxy_check check = CHECK_RUNS;
    if (prepared == PREPARED_NOT) {
        disturb(growth, now); /* the files were wanted for something else */
    } else if (prepared == PREPARED_FAILED) {
        fail(growth, error);
    } else if (prepared == PREPARED_YES && growth->step == GROWTH_FILES) {
        growth->step = GROWTH_CHECK;
        if (!haproxy_check_begin(growth->parts.haproxy, error))
            fail(growth, error);
    } else if (growth->step == GROWTH_CHECK) {
        check = haproxy_check_look(growth->parts.haproxy, error);
    }
    if (check == CHECK_GOOD)
        return move(growth, skeleton);
    if (check == CHECK_BAD)
        fail(growth, error);
    else if (growth->step != GROWTH_NONE && now - growth->begun_ns > PATIENCE_MS * NS_PER_MS)
        fail(growth, "it took too long");
    return NULL;
}

struct generation *growth_tick(struct growth *growth, bool busy)
{
    int64_t now = clock_monotonic_ns();
    if (!pusher_served(growth->parts.pusher))
        return NULL;
    if (look_at_served(growth) || busy || !pusher_is_ready(growth->parts.pusher))
        disturb(growth, now);
    else if (growth->step != GROWTH_NONE)
        return go_on(growth, now);
    else if (growth->is_short && !haproxy_adds_backends(growth->parts.haproxy) &&
             growth_may_begin(&growth->pace, now))
        begin(growth, now);
    return NULL;
}
