#include "control/growth.h"

#include <stdio.h>
#include <stdlib.h>

#include "sys/clock.h"

enum {
    QUIET_MS = 200,      /* so long nothing has changed: what comes together shares a reload */
    INTERVAL_MS = 10000, /* between two: each leaves an old worker behind for a while … */
    MOST_DOUBLED = 6,    /* … twice as long after each that failed, so ten minutes at most */
    SHARE = 20,          /* they take at most that part of the time … */
    SHARE_IN_VAIN = 5, /* … and those that a change ends that one: a part of one processor, beside the loop */
    PATIENCE_MS = 60000, /* for files and check */
};

enum growth_step { GROWTH_NONE, GROWTH_FILES, GROWTH_CHECK };

struct growth {
    struct growth_parts parts;
    enum growth_step step;
    struct generation *next; /* while there is a step */
    struct generation *seen; /* held: what was served at the last tick */
    struct room room;        /* of that */
    bool is_short;
    int64_t changed_ns;        /* the last change */
    int64_t begun_ns, next_ns; /* this attempt; not before then the next one */
    int failed;                /* attempts in a row */
};

struct growth *growth_create(const struct growth_parts *parts)
{
    struct growth *growth = xmalloc(sizeof *growth);
    *growth = (struct growth){ .parts = *parts };
    return growth;
}

int64_t growth_pause(enum growth_end end, int64_t took_ns, int failed)
{
    int64_t interval = (int64_t)INTERVAL_MS << (failed < MOST_DOUBLED ? failed : MOST_DOUBLED);
    if (end == GROWTH_DISTURBED)
        return took_ns * (SHARE_IN_VAIN - 1);
    return interval * NS_PER_MS > took_ns * SHARE ? interval * NS_PER_MS : took_ns * SHARE;
}

bool growth_is_active(const struct growth *growth)
{
    return growth->step != GROWTH_NONE;
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

static void end_attempt(struct growth *growth, enum growth_end end)
{
    int64_t now = clock_monotonic_ns();
    if (growth->step == GROWTH_NONE)
        return;
    give_up(growth);
    growth->failed = end == GROWTH_FAILED ? growth->failed + 1 : end == GROWTH_DONE ? 0 : growth->failed;
    growth->next_ns = now + growth_pause(end, now - growth->begun_ns, growth->failed);
}

static void fail(struct growth *growth, const char *error)
{
    end_attempt(growth, GROWTH_FAILED);
    pusher_move_failed(growth->parts.pusher, error);
}

static void begin(struct growth *growth, int64_t now)
{
    growth->next = generation_with_room(growth->seen);
    growth->begun_ns = now;
    if (!growth->next) { /* as long as this is served there is nothing to gain */
        growth->is_short = false;
        return;
    }
    log_line(growth->parts.log, LOG_LINE_DEBUG, "growth",
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
    end_attempt(growth, ok ? GROWTH_DONE : GROWTH_FAILED);
    return ok ? next : NULL;
}

static struct generation *go_on(struct growth *growth, int64_t now)
{
    char skeleton[SKELETON_NAME + 1], error[512];
    enum prepared prepared = scribe_prepared(growth->parts.scribe, skeleton, error);
    enum haproxy_check check = CHECK_RUNS;
    if (prepared == PREPARED_NOT) {
        end_attempt(growth, GROWTH_DISTURBED); /* the files were wanted for something else */
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
    if (look_at_served(growth) || busy || !pusher_is_ready(growth->parts.pusher)) {
        growth->changed_ns = now;
        end_attempt(growth, GROWTH_DISTURBED);
        return NULL;
    }
    if (growth->step != GROWTH_NONE)
        return go_on(growth, now);
    if (growth->is_short && now >= growth->next_ns && now - growth->changed_ns >= QUIET_MS * NS_PER_MS &&
        !haproxy_adds_backends(growth->parts.haproxy))
        begin(growth, now);
    return NULL;
}
