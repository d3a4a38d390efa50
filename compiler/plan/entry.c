#include "plan/entry.h"

static size_t common_length(struct str a, struct str b)
{
    size_t n = 0;
    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

size_t entry_lower_bound(const struct plan_entry *entries, size_t from, size_t n, struct str key)
{
    while (from < n) {
        size_t middle = from + (n - from) / 2;
        if (str_cmp(entries[middle].key, key) < 0)
            from = middle + 1;
        else
            n = middle;
    }
    return from;
}

const struct plan_entry *entry_find(const struct plan_entry *entries, size_t n, struct str key)
{
    size_t i = entry_lower_bound(entries, 0, n, key);
    return i < n && str_eq(entries[i].key, key) ? &entries[i] : NULL;
}

/* What comes right before the line shares with it all that the longest key can have. */
const struct plan_entry *entry_find_beginning(const struct plan_entry *entries, size_t n, struct str line)
{
    for (;;) {
        size_t i = entry_lower_bound(entries, 0, n, line);
        if (i < n && str_eq(entries[i].key, line))
            return &entries[i];
        if (i == 0)
            return NULL;
        size_t common = common_length(entries[i - 1].key, line);
        if (common == entries[i - 1].key.n)
            return &entries[i - 1];
        if (common == 0)
            return NULL;
        line = str_head(line, common);
    }
}
