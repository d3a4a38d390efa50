#include "delta/splice.h"

#include <stdlib.h>

#include "plan/entry.h"

static int compare_entries(const void *a, const void *b)
{
    return str_cmp(((const struct plan_entry *)a)->key, ((const struct plan_entry *)b)->key);
}

struct entry_difference entries_differ(struct arena *arena, const struct plan_entry *list, size_t n,
                                       entry_changes *changes)
{
    struct plan_entry *from = ARENA_ARRAY(arena, struct plan_entry, changes->n),
                      *to = ARENA_ARRAY(arena, struct plan_entry, changes->n);
    struct entry_difference out = { from, to, 0, 0 };
    size_t at = 0;
    if (changes->n)
        qsort(changes->p, changes->n, sizeof *changes->p, compare_entries);
    for (size_t i = 0; i < changes->n; i++) {
        const struct plan_entry *change = &changes->p[i];
        if (i && str_eq(changes->p[i - 1].key, change->key))
            continue;
        at = entry_lower_bound(list, at, n, change->key);
        bool there = at < n && str_eq(list[at].key, change->key);
        if (there ? change->value.p && str_eq(list[at].value, change->value) : !change->value.p)
            continue;
        if (there)
            from[out.n_from++] = list[at];
        if (change->value.p)
            to[out.n_to++] = *change;
    }
    return out;
}

struct plan_entry *entries_splice(const struct plan_entry *list, size_t n,
                                  const struct entry_difference *difference, size_t *out)
{
    struct plan_entry *all = xmalloc((n + difference->n_to + 1) * sizeof *all), *next = all;
    size_t at = 0, i = 0, j = 0;
    while (i < difference->n_from || j < difference->n_to) {
        bool gone = j == difference->n_to ||
                    (i < difference->n_from && str_cmp(difference->from[i].key, difference->to[j].key) <= 0);
        struct str key = gone ? difference->from[i].key : difference->to[j].key;
        size_t until = entry_lower_bound(list, at, n, key);
        if (until > at)
            memcpy(next, list + at, (until - at) * sizeof *next);
        next += until - at;
        at = until + gone;
        i += gone;
        if (j < difference->n_to && str_eq(difference->to[j].key, key))
            *next++ = difference->to[j++];
    }
    if (n > at)
        memcpy(next, list + at, (n - at) * sizeof *next);
    next += n - at;
    *out = (size_t)(next - all);
    return all;
}
