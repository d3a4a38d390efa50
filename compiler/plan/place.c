#include "plan/place.h"

void place_list_fini(struct place_list *list)
{
    vec_fini(&list->places);
}

void place_list_add(struct place_list *list, struct arena *arena, struct str key, size_t path_at,
                    size_t router)
{
    vec_push(&list->places, (struct place){ arena_copy(arena, key), path_at, router, NOBODY });
}

static int place_compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int c = str_cmp(x->key, y->key);
    return c ? c : x->router < y->router ? -1 : x->router > y->router;
}

/* Best router over index ranges, in constant time: a sparse table. */
static void build_levels(struct place_list *list, struct arena *arena)
{
    size_t n = list->places.n;
    list->level[0] = ARENA_ARRAY(arena, size_t, n);
    for (size_t i = 0; i < n; i++)
        list->level[0][i] = list->places.p[i].router;
    for (size_t k = 1; ((size_t)1 << k) <= n; k++) {
        size_t half = (size_t)1 << (k - 1);
        list->level[k] = ARENA_ARRAY(arena, size_t, n);
        for (size_t i = 0; i + 2 * half <= n; i++) {
            size_t a = list->level[k - 1][i], b = list->level[k - 1][i + half];
            list->level[k][i] = a < b ? a : b;
        }
    }
}

void place_list_fold(struct place_list *list, struct arena *arena)
{
    struct place *all = list->places.p;
    size_t n = 0, top = NOBODY;
    if (list->places.n)
        qsort(all, list->places.n, sizeof *all, place_compare);
    for (size_t i = 0; i < list->places.n; i++) {
        if (n && str_eq(all[n - 1].key, all[i].key))
            continue;
        struct place *place = &all[n];
        *place = all[i];
        while (top != NOBODY && !str_starts(place->key, all[top].key))
            top = all[top].parent;
        place->parent = top;
        if (top != NOBODY && all[top].router < place->router)
            place->router = all[top].router;
        top = n++;
    }
    list->places.n = n;
    build_levels(list, arena);
}

/* How many keys are < key; with `below`, also those that begin with it. */
static size_t count_before(const struct place_list *list, struct str key, bool below)
{
    size_t low = 0, high = list->places.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct str at = list->places.p[middle].key;
        if (str_cmp(at, key) < 0 || (below && str_starts(at, key)))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t place_list_find(const struct place_list *list, struct str key)
{
    size_t i = count_before(list, key, false);
    if (i < list->places.n && str_eq(list->places.p[i].key, key))
        return i;
    size_t at = i ? i - 1 : NOBODY;
    while (at != NOBODY && !str_starts(key, list->places.p[at].key))
        at = list->places.p[at].parent;
    return at;
}

static size_t range_best(const struct place_list *list, size_t from, size_t to)
{
    if (from >= to)
        return NOBODY;
    size_t k = 0;
    while (((size_t)2 << k) <= to - from)
        k++;
    size_t a = list->level[k][from], b = list->level[k][to - ((size_t)1 << k)];
    return a < b ? a : b;
}

size_t place_list_best(const struct place_list *list, struct str key)
{
    if (list->places.n == 0)
        return NOBODY;
    size_t at = place_list_find(list, key);
    size_t above = at == NOBODY ? NOBODY : list->places.p[at].router;
    size_t below = range_best(list, count_before(list, key, false), count_before(list, key, true));
    return above < below ? above : below;
}
