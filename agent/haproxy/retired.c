#include "haproxy/retired.h"

#include "base/vec.h"

size_t retired_find(const struct retired *retired, size_t map, struct str key)
{
    size_t i = 0;
    while (i < retired->n && !(retired->p[i].map == map && str_eq(retired->p[i].key, key)))
        i++;
    return i;
}

void retired_add(struct retired *retired, size_t map, struct str key, int64_t now_ns)
{
    if (retired_find(retired, map, key) < retired->n)
        return;
    char *copy = xmalloc(key.n + 1);
    memcpy(copy, key.p, key.n);
    vec_push(retired, (struct retired_entry){ map, { copy, key.n }, now_ns });
}

void retired_drop(struct retired *retired, size_t i)
{
    free((char *)retired->p[i].key.p);
    retired->p[i] = retired->p[--retired->n];
}

void retired_clear(struct retired *retired)
{
    while (retired->n > 0)
        retired_drop(retired, retired->n - 1);
    vec_fini(retired);
}
