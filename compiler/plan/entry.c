#include "plan/entry.h"

static size_t common_length(struct str a, struct str b)
{
    size_t n = 0;
    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

size_t entry_count_up_to(const struct plan_entry *entries, size_t n, struct str key)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(entries[middle].key, key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What comes right before the line is it, or shares with it all that the longest one can have. */
const struct plan_entry *entry_find_beginning(const struct plan_entry *entries, size_t n, struct str line)
{
    for (size_t i; (i = entry_count_up_to(entries, n, line)) > 0;) {
        const struct plan_entry *entry = &entries[i - 1];
        size_t common = common_length(entry->key, line);
        if (common == entry->key.n)
            return entry;
        if (common == 0)
            return NULL;
        line = str_head(line, common);
    }
    return NULL;
}

const struct plan_entry *entry_find(const struct plan_entry *entries, size_t n, struct str key)
{
    size_t i = entry_count_up_to(entries, n, key);
    return i && str_eq(entries[i - 1].key, key) ? &entries[i - 1] : NULL;
}
