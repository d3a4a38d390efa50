#include "haproxy/applier.h"
#include "sys/clock.h"

enum {
    SINGLY = 32,             /* so many entries are sent one by one, each read back */
    RETIRE_AFTER_MS = 10000, /* longer than any request waits between its record and its programs */
};

/* Whether a look-up of a key's own text finds its entry: not where keys are regular expressions, or parts of
 * what is looked up. */
static bool is_found_by_key(enum plan_map_id map)
{
    return map == MAP_PROGRAMS || map == MAP_LABELS;
}

static enum apply_status entries_listed(struct push *push, size_t answer, const struct applier_map *map,
                                        int64_t *count)
{
    struct reply_map listed;
    if (!reply_map_find(batch_answer(push->batch, answer), map->name, &listed))
        return push_differs(push, "%s is not listed", map->name.p);
    *count = listed.entries;
    return APPLY_OK;
}

static enum apply_status compare_count(struct push *push, const struct applier_map *map, int64_t added,
                                       size_t n)
{
    return added == (int64_t)n
               ? APPLY_OK
               : push_differs(push, "%s got %lld entries instead of %zu", map->name.p, (long long)added, n);
}

/* Few entries: whatever is under their keys goes first (nothing, but for damage), then each is added, and
 * read back. */
static enum apply_status fill_singly(struct push *push, const struct applier_map *map,
                                     const struct plan_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str key = push_word(push, entries[i].key);
        batch_addf(push->batch, "del map %s %.*s", map->word.p, STR_ARG(key));
        batch_addf(push->batch, "add map %s %.*s %.*s", map->word.p, STR_ARG(key),
                   STR_ARG(push_word(push, entries[i].value)));
        batch_addf(push->batch, "get map %s %.*s", map->word.p, STR_ARG(key));
    }
    enum apply_status status = push_batch(push, "filling a map");
    for (size_t i = 0; i < n && status == APPLY_OK; i++) {
        struct reply_lookup found;
        bool read = reply_lookup(batch_answer(push->batch, 3 * i + 2), &found);
        if (!read || !found.found || !str_eq(found.entry.key, entries[i].key) ||
            !str_eq(found.entry.value, entries[i].value))
            status = push_differs(push, "the entry %.*s of %s is not as sent", STR_ARG(entries[i].key),
                                  map->name.p);
    }
    return status;
}

/* The same where reading back is no use: they are counted. */
static enum apply_status fill_counted(struct push *push, const struct applier_map *map,
                                      const struct plan_entry *entries, size_t n)
{
    int64_t before = 0, after = 0;
    for (size_t i = 0; i < n; i++)
        batch_addf(push->batch, "del map %s %.*s", map->word.p, STR_ARG(push_word(push, entries[i].key)));
    batch_add(push->batch, STR("show map"));
    for (size_t i = 0; i < n; i++)
        batch_addf(push->batch, "add map %s %.*s %.*s", map->word.p, STR_ARG(push_word(push, entries[i].key)),
                   STR_ARG(push_word(push, entries[i].value)));
    batch_add(push->batch, STR("show map"));
    enum apply_status status = push_batch(push, "filling a map");
    if (status == APPLY_OK)
        status = entries_listed(push, n, map, &before);
    if (status == APPLY_OK)
        status = entries_listed(push, 2 * n + 1, map, &after);
    return status == APPLY_OK ? compare_count(push, map, after - before, n) : status;
}

static enum apply_status count_entries(struct push *push, const struct applier_map *map, int64_t *count)
{
    batch_reset(push->batch);
    batch_add(push->batch, STR("show map"));
    enum apply_status status = push_batch(push, "counting the entries of a map");
    return status == APPLY_OK ? entries_listed(push, 0, map, count) : status;
}

/* Many: in payloads, and counted. */
static enum apply_status fill_at_once(struct push *push, const struct applier_map *map,
                                      const struct plan_entry *entries, size_t n)
{
    int64_t before = 0, after = 0;
    struct str command = arena_printf(push->arena, "add map %s <<", map->word.p);
    enum apply_status status = count_entries(push, map, &before);
    if (status == APPLY_OK)
        status = push_entries(push, command, entries, n, "sending entries of a map");
    if (status == APPLY_OK)
        status = count_entries(push, map, &after);
    return status == APPLY_OK ? compare_count(push, map, after - before, n) : status;
}

/* Retired ones that are wanted again: they are in use, so they cannot be sent anew, but another hand may have
 * taken them. */
static enum apply_status check_revived(struct push *push, const struct applier_map *map,
                                       const struct plan_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++)
        batch_addf(push->batch, "get map %s %.*s", map->word.p, STR_ARG(push_word(push, entries[i].key)));
    enum apply_status status = n ? push_batch(push, "looking for entries of a map") : APPLY_OK;
    for (size_t i = 0; i < n && status == APPLY_OK; i++) {
        struct reply_lookup found;
        if (!reply_lookup(batch_answer(push->batch, i), &found) || !found.found ||
            !str_eq(found.entry.key, entries[i].key) || !str_eq(found.entry.value, entries[i].value))
            status = push_differs(push, "the entry %.*s of %s is gone", STR_ARG(entries[i].key), map->name.p);
    }
    batch_reset(push->batch);
    return status;
}

enum apply_status maps_fill(struct push *push, const struct step *step)
{
    struct retired *retired = &push->applier->retired;
    const struct applier_map *map = &push->applier->maps[step->map];
    struct plan_entry *wanted = ARENA_ARRAY(push->arena, struct plan_entry, step->n_entries);
    struct plan_entry *revived = ARENA_ARRAY(push->arena, struct plan_entry, step->n_entries);
    size_t n = 0, n_revived = 0;
    for (size_t i = 0; i < step->n_entries; i++) {
        size_t at = retired_find(retired, step->map, step->entries[i].key);
        if (at < retired->n) {
            retired_drop(retired, at);
            revived[n_revived++] = step->entries[i];
        } else {
            wanted[n++] = step->entries[i];
        }
    }
    enum apply_status status =
        is_found_by_key(step->map) ? check_revived(push, map, revived, n_revived) : APPLY_OK;
    if (status != APPLY_OK)
        return status;
    if (n > SINGLY)
        return fill_at_once(push, map, wanted, n);
    return is_found_by_key(step->map) ? fill_singly(push, map, wanted, n)
                                      : fill_counted(push, map, wanted, n);
}

void maps_retire(struct push *push, const struct step *step)
{
    int64_t now = clock_monotonic_ns();
    for (size_t i = 0; i < step->n_entries; i++)
        retired_add(&push->applier->retired, step->map, step->entries[i].key, now);
}

void maps_sweep(struct push *push)
{
    struct retired *retired = &push->applier->retired;
    int64_t due = clock_monotonic_ns() - RETIRE_AFTER_MS * NS_PER_MS;
    size_t n = 0;
    batch_reset(push->batch);
    for (size_t i = 0; i < retired->n; i++)
        if (retired->p[i].since_ns < due) {
            batch_addf(push->batch, "del map %s %.*s", push->applier->maps[retired->p[i].map].word.p,
                       STR_ARG(push_word(push, retired->p[i].key)));
            n++;
        }
    if (n == 0 || push_batch(push, "deleting entries of maps") != APPLY_OK)
        return;
    for (size_t i = retired->n; i-- > 0;)
        if (retired->p[i].since_ns < due)
            retired_drop(retired, i);
}
