#include "emit/emit.h"
#include "haproxy/applier.h"
#include "sys/crash.h"

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

enum apply_status routes_change(struct push *push, const struct step *steps, size_t n)
{
    bool *left = ARENA_ARRAY(push->arena, bool, n);
    for (size_t i = 0; i < n; i++)
        add_change(push, &steps[i]);
    enum apply_status status = push_batch(push, "changing a route");
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        status = judge_change(push, &steps[i], 2 * i, &left[i]);
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        if (left[i])
            status = delete_duplicates(push, &steps[i]);
    return status;
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
    batch_addf(push->batch, "commit map @%lld %s", (long long)version, word);
    batch_add(push->batch, STR("show map"));
    enum apply_status status = push_batch(push, "committing the routes");
    crash_at(CRASH_COMMITTED);
    if (status != APPLY_OK)
        return status;
    struct reply reply = reply_classify(batch_answer(push->batch, 0));
    if (reply.kind != REPLY_OK)
        return push_differs(push, "committing the routes: %.*s", STR_ARG(reply.text));
    if (!reply_map_find(batch_answer(push->batch, 1), push->applier->routes_map, &map))
        return push_differs(push, "reading the routes back: %s is not listed", push->applier->routes_map.p);
    if (map.current != version || map.entries != (int64_t)entries)
        return push_differs(push, "the route map has %lld entries in version %lld, wanted %zu in %lld",
                            (long long)map.entries, (long long)map.current, entries, (long long)version);
    return APPLY_OK;
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
    struct plan_entry number = { STR(PLAN_VERSION_KEY), arena_printf(push->arena, "%lld", (long long)version) };
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
