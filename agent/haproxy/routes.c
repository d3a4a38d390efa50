#include <inttypes.h>

#include "diff/dual.h"
#include "emit/emit.h"
#include "haproxy/applier.h"
#include "sys/clock.h"
#include "sys/crash.h"

/* Before 3.0 a change of one record walks through the whole map, some 25 ns a record: so many steps cost less
 * than a new version of it. */
enum { MOST_STEPS = 1000000 };

/* A change of one key and the look-up behind it, in the same round trip. */
static void add_change(struct push *push, const struct step *step)
{
    const char *map = push->applier->map_word.p;
    struct str key = push_word(push, step->entry->key);
    if (step->kind == STEP_DELETE_ROUTE)
        batch_addf(push->batch, "del map %s %.*s", map, STR_ARG(key));
    else
        batch_addf(push->batch, "%s map %s %.*s %.*s", step->kind == STEP_SET_ROUTE ? "set" : "add", map,
                   STR_ARG(key), STR_ARG(push_word(push, step->entry->value)));
    batch_addf(push->batch, "get map %s %.*s", map, STR_ARG(key));
}

/* Looks a key up in the answer of `get map`. A prefix map finds shorter keys too: those are not meant. */
static enum apply_status read_back(struct push *push, struct str key, size_t i, struct reply_lookup *out)
{
    if (!reply_lookup(batch_answer(push->batch, i), out))
        return push_differs(push, "reading route %.*s back: %.*s", STR_ARG(key),
                            STR_ARG(str_trim(batch_answer(push->batch, i))));
    out->found = out->found && str_eq(out->entry.key, key);
    return APPLY_OK;
}

/* `first`: the change; its look-up is next. *left: a deletion, and the key is still there. */
static enum apply_status judge_change(struct push *push, const struct step *step, size_t first, bool *left)
{
    const struct plan_entry *entry = step->entry;
    struct reply reply = reply_classify(batch_answer(push->batch, first));
    struct reply_lookup lookup;
    bool deletion = step->kind == STEP_DELETE_ROUTE;
    *left = false;
    /* A key that is gone already is what a deletion wants. */
    if (reply.kind != REPLY_OK && !(deletion && reply.kind == REPLY_MISSING))
        return push_differs(push, "route %.*s: %.*s", STR_ARG(entry->key), STR_ARG(reply.text));
    enum apply_status status = read_back(push, entry->key, first + 1, &lookup);
    if (status != APPLY_OK)
        return status;
    *left = deletion && lookup.found;
    if (deletion)
        return APPLY_OK;
    if (!lookup.found)
        return push_differs(push, "route %.*s is not there", STR_ARG(entry->key));
    if (!str_eq(lookup.entry.value, entry->value))
        return push_differs(push, "route %.*s is \"%.*s\"", STR_ARG(entry->key), STR_ARG(lookup.entry.value));
    return APPLY_OK;
}

/* Duplicates, which nobody wants but `add map` makes: 3.4 deletes one at a time, older versions all. */
static enum apply_status delete_duplicates(struct push *push, const struct step *step)
{
    enum { ROUNDS = 16 };
    bool left = true;
    enum apply_status status = APPLY_OK;
    for (int i = 0; i < ROUNDS && left && status == APPLY_OK; i++) {
        batch_reset(push->batch);
        add_change(push, step);
        status = push_batch(push, "deleting a route");
        if (status == APPLY_OK)
            status = judge_change(push, step, 0, &left);
    }
    if (status == APPLY_OK && left)
        status = push_differs(push, "route %.*s is still there", STR_ARG(step->entry->key));
    return status;
}

/* `commits`: it is the change that requests see. */
static enum apply_status change_records(struct push *push, const struct step *steps, size_t n, bool commits)
{
    batch_reset(push->batch);
    bool *left = ARENA_ARRAY(push->arena, bool, n);
    if (commits)
        turn_begin(push);
    size_t first = batch_count(push->batch);
    for (size_t i = 0; i < n; i++)
        add_change(push, &steps[i]);
    if (commits)
        turn_end(push);
    enum apply_status status = push_batch(push, "changing a route");
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        status = judge_change(push, &steps[i], first + 2 * i, &left[i]);
    if (status == APPLY_OK && commits)
        status = turn_judge(push);
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        if (left[i])
            status = delete_duplicates(push, &steps[i]);
    return status;
}

enum apply_status routes_change(struct push *push, const struct step *steps, size_t n)
{
    return change_records(push, steps, n, true);
}

/* Tells a number; `mark` is "~" while records of two meanings are in the map, which only Lua can read. */
static enum apply_status tell_number(struct push *push, const char *mark, int64_t number, bool commits)
{
    const char *map = push->applier->map_word.p, *key = push_word(push, STR(PLAN_VERSION_KEY)).p;
    static const char *const verbs[] = {
        "set", "add"
    }; /* there is none until the first change of several records */
    enum apply_status status = APPLY_OK;
    struct reply reply = { .kind = REPLY_MISSING };
    for (size_t i = 0; i < 2 && status == APPLY_OK && reply.kind == REPLY_MISSING; i++) {
        batch_reset(push->batch);
        if (commits)
            turn_begin(push);
        size_t told = batch_addf(push->batch, "%s map %s %s %s%" PRId64, verbs[i], map, key, mark, number);
        if (commits)
            turn_end(push);
        status = push_batch(push, "telling the number of the routes");
        if (status == APPLY_OK)
            reply = reply_classify(batch_answer(push->batch, told));
        if (status == APPLY_OK && commits)
            status = turn_judge(push);
    }
    batch_reset(push->batch);
    if (status == APPLY_OK && reply.kind != REPLY_OK)
        status = push_differs(push, "telling the number of the routes: %.*s", STR_ARG(reply.text));
    return status;
}

/* Whether records may have two meanings for a moment. Handshakes read theirs without Lua. */
static bool can_switch(struct push *push, const struct dual *duals, size_t n, size_t n_routes)
{
    bool can = n * n_routes <= MOST_STEPS || push_version_is(push, 3, 0);
    for (size_t i = 0; i < n && can; i++) {
        size_t words = 2 * (duals[i].key.n + duals[i].old.n + duals[i].new.n); /* quoted, at the most */
        can = duals[i].key.p[0] != '$' && words + push->applier->map_word.n + 128 < RUNTIME_COMMAND_MAX;
    }
    return can;
}

/* The number that counts now is told last: what came before it is in every record then. What the records say
 * alone waits: servers that are used no more go first, for a request that sees the change shall see all of
 * it. */
static enum apply_status switch_duals(struct push *push, const struct dual *duals, size_t n)
{
    int64_t number = clock_monotonic_ns(); /* one that no request has met yet */
    struct plan_entry *entries = ARENA_ARRAY(push->arena, struct plan_entry, 2 * n);
    struct step *both = ARENA_ARRAY(push->arena, struct step, n),
                *alone = ARENA_ARRAY(push->arena, struct step, n);
    struct buf value = { 0 };
    for (size_t i = 0; i < n; i++) {
        buf_reset(&value);
        dual_put(&value, &duals[i], number);
        entries[i] = (struct plan_entry){ duals[i].key, arena_copy(push->arena, buf_str(&value)) };
        entries[n + i] = (struct plan_entry){ duals[i].key, duals[i].new };
        both[i] =
            (struct step){ .kind = duals[i].was ? STEP_SET_ROUTE : STEP_ADD_ROUTE, .entry = &entries[i] };
        alone[i] = (struct step){ .kind = duals[i].stays ? STEP_SET_ROUTE : STEP_DELETE_ROUTE,
                                  .entry = &entries[n + i] };
    }
    buf_fini(&value);
    enum apply_status status = tell_number(push, "~", number - 1, false);
    crash_at(CRASH_UNSETTLED);
    if (status == APPLY_OK)
        status = change_records(push, both, n, false);
    crash_at(CRASH_DUAL);
    if (status == APPLY_OK)
        status = tell_number(push, "~", number, true);
    crash_at(CRASH_TOLD);
    push->alone = alone;
    push->n_alone = n;
    push->number = number;
    return status;
}

enum apply_status routes_settle(struct push *push)
{
    if (push->n_alone == 0)
        return APPLY_OK;
    enum apply_status status = change_records(push, push->alone, push->n_alone, false);
    crash_at(CRASH_ALONE);
    return status == APPLY_OK ? tell_number(push, "", push->number, false) : status;
}

enum apply_status routes_switch(struct push *push, const struct step *step,
                                const struct runtime_state *before, const struct runtime_state *to)
{
    if (before) {
        struct dual *duals = dual_of_changes(push->arena, step->changes, step->n_changes, before, to);
        if (can_switch(push, duals, step->n_changes, to->n_routes))
            return switch_duals(push, duals, step->n_changes);
    }
    return routes_replace(push, to);
}

static enum apply_status prepare(struct push *push, int64_t *version)
{
    batch_addf(push->batch, "prepare map %s", push->applier->map_word.p);
    enum apply_status status = push_batch(push, "preparing a version of the routes");
    if (status == APPLY_OK && !reply_new_version(batch_answer(push->batch, 0), version))
        status = push_differs(push, "preparing a version of the routes: %.*s",
                              STR_ARG(reply_classify(batch_answer(push->batch, 0)).text));
    batch_reset(push->batch);
    return status;
}

static enum apply_status commit(struct push *push, int64_t version, size_t entries)
{
    struct reply_map map;
    const char *word = push->applier->map_word.p;
    turn_begin(push);
    size_t committed = batch_addf(push->batch, "commit map @%lld %s", (long long)version, word);
    size_t listed = batch_add(push->batch, STR("show map"));
    turn_end(push);
    enum apply_status status = push_batch(push, "committing the routes");
    crash_at(CRASH_COMMITTED);
    if (status != APPLY_OK)
        return status;
    struct reply reply = reply_classify(batch_answer(push->batch, committed));
    if (reply.kind != REPLY_OK)
        return push_differs(push, "committing the routes: %.*s", STR_ARG(reply.text));
    if (!reply_map_find(batch_answer(push->batch, listed), push->applier->routes_map, &map))
        return push_differs(push, "reading the routes back: %s is not listed", push->applier->routes_map.p);
    if (map.current != version || map.entries != (int64_t)entries)
        return push_differs(push, "the route map has %lld entries in version %lld, wanted %zu in %lld",
                            (long long)map.entries, (long long)map.current, entries, (long long)version);
    return turn_judge(push);
}

enum apply_status routes_replace(struct push *push, const struct runtime_state *to)
{
    int64_t version;
    enum apply_status status = prepare(push, &version);
    if (status != APPLY_OK)
        return status;
    crash_at(CRASH_PREPARED);
    push->applier->counts.replacements++;
    struct str command =
        arena_printf(push->arena, "add map @%lld %s <<", (long long)version, push->applier->map_word.p);
    struct plan_entry number = { STR(PLAN_VERSION_KEY),
                                 arena_printf(push->arena, "%lld", (long long)version) };
    status = push_entries(push, command, to->routes, to->n_routes, "sending routes");
    if (status == APPLY_OK)
        status = push_entries(push, command, &number, 1, "sending the number of a version");
    if (status == APPLY_OK) {
        crash_at(CRASH_SENT);
        return commit(push, version, to->n_routes + 1);
    }
    if (status == APPLY_DIFFERS) {
        /* Nobody sees what was sent, but it takes memory. Where this is without effect (3.4 keeps a version
         * that was never committed) the next commit frees it. */
        batch_addf(push->batch, "clear map @%lld %s", (long long)version, push->applier->map_word.p);
        (void)batch_run(push->batch);
    }
    return status;
}
