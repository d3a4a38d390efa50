#include "haproxy/retired.h"

#include "base/vec.h"

static int order(const struct retired_entry *entry, size_t map, struct str key)
{
    return entry->map != map ? (entry->map < map ? -1 : 1) : str_cmp(entry->key, key);
}

/* Where it is, or belongs. */
static size_t place_of(const struct retired *retired, size_t map, struct str key)
{
    size_t low = 0, high = retired->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(&retired->p[middle], map, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t retired_find(const struct retired *retired, size_t map, struct str key)
{
    size_t at = place_of(retired, map, key);
    return at < retired->n && order(&retired->p[at], map, key) == 0 ? at : retired->n;
}

void retired_add(struct retired *retired, size_t map, struct str key, int64_t now_ns)
{
    size_t at = place_of(retired, map, key);
    if (at < retired->n && order(&retired->p[at], map, key) == 0)
        return;
    char *copy = xmalloc(key.n + 1);
    memcpy(copy, key.p, key.n);
    vec_push(retired, (struct retired_entry){ map, { copy, key.n }, now_ns });
    struct retired_entry new = retired->p[retired->n - 1];
    memmove(&retired->p[at + 1], &retired->p[at], (retired->n - 1 - at) * sizeof *retired->p);
    retired->p[at] = new;
}

void retired_drop(struct retired *retired, size_t i)
{
    free((char *)retired->p[i].key.p);
    retired->n--;
    memmove(&retired->p[i], &retired->p[i + 1], (retired->n - i) * sizeof *retired->p);
}

void retired_clear(struct retired *retired)
{
    while (retired->n > 0)
        retired_drop(retired, retired->n - 1);
    vec_fini(retired);
}
