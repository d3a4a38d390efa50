#include "kv/snapshot.h"

#include <stdlib.h>

/* Length of the ascending run (equal keys count as ascending) that begins at `from`. */
static size_t run_length(const struct kv_pair *pairs, size_t from, size_t n)
{
    size_t end = from + 1;
    while (end < n && str_cmp(pairs[end - 1].key, pairs[end].key) <= 0)
        end++;
    return end - from;
}

/* Merges two runs that stand side by side into out; of equal keys those of the first run come first. */
static void merge_runs(const struct kv_pair *first, size_t n_first, const struct kv_pair *second,
                       size_t n_second, struct kv_pair *out)
{
    const struct kv_pair *first_end = first + n_first, *second_end = second + n_second;
    while (first < first_end && second < second_end)
        *out++ = str_cmp(first->key, second->key) <= 0 ? *first++ : *second++;
    memcpy(out, first, (size_t)(first_end - first) * sizeof *first);
    out += first_end - first;
    memcpy(out, second, (size_t)(second_end - second) * sizeof *second);
}

/* One pass of the sort: merges runs two by two from `from` into `to`; returns how many runs there were. */
static size_t merge_pass(const struct kv_pair *from, struct kv_pair *to, size_t n)
{
    size_t runs = 0;
    for (size_t at = 0; at < n; runs += 2) {
        size_t first = run_length(from, at, n);
        if (at + first == n) {
            memcpy(to + at, from + at, first * sizeof *from);
            return runs + 1;
        }
        size_t second = run_length(from, at + first, n);
        merge_runs(from + at, first, from + at + first, second, to + at);
        at += first + second;
    }
    return runs;
}

/* A natural merge sort: stable, one look where the pairs are in order already, and few passes where only some
 * are out of place, which is what stores and files deliver. */
static void sort_pairs(struct kv_pair *pairs, size_t n)
{
    if (n < 2 || run_length(pairs, 0, n) == n)
        return;
    struct kv_pair *spare = xmalloc(n * sizeof *spare), *from = pairs, *to = spare;
    for (bool more = true; more;) {
        more = merge_pass(from, to, n) > 2;
        struct kv_pair *swap = from;
        from = to;
        to = swap;
    }
    if (from != pairs)
        memcpy(pairs, from, n * sizeof *pairs);
    free(spare);
}

/* Keeps the last of equal keys, which stand in the order of the input. */
static size_t drop_repeated(struct kv_pair *pairs, size_t n, struct diag *diag)
{
    size_t kept = 0;
    for (size_t i = 0; i < n;) {
        size_t same = 1;
        while (i + same < n && str_eq(pairs[i].key, pairs[i + same].key))
            same++;
        if (same > 1)
            diag_report(diag, FINDING_DUPLICATE_KEY, pairs[i].key,
                        "the key occurs %zu times, and the last one counts", same);
        pairs[kept++] = pairs[i + same - 1];
        i += same;
    }
    return kept;
}

struct kv_snapshot kv_snapshot_of(struct kv_pair *pairs, size_t n, struct str root, struct str provider,
                                  struct diag *diag)
{
    sort_pairs(pairs, n);
    n = drop_repeated(pairs, n, diag);
    return (struct kv_snapshot){ .pairs = pairs, .n = n, .root = root, .provider = provider };
}

struct str kv_snapshot_get(const struct kv_snapshot *snapshot, struct str key)
{
    size_t low = 0, high = snapshot->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(snapshot->pairs[middle].key, key);
        if (order == 0) {
            struct str value = snapshot->pairs[middle].value;
            return value.p ? value : STR(""); /* an empty value is not an absent one */
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (struct str){ 0 };
}

struct kv_snapshot kv_snapshot_copy(struct arena *arena, const struct kv_snapshot *from)
{
    struct kv_snapshot copy = *from;
    struct kv_pair *pairs = ARENA_ARRAY(arena, struct kv_pair, from->n);
    for (size_t i = 0; i < from->n; i++)
        pairs[i] = (struct kv_pair){ arena_copy(arena, from->pairs[i].key),
                                     arena_copy(arena, from->pairs[i].value) };
    copy.pairs = pairs;
    copy.root = arena_copy(arena, from->root);
    copy.provider = arena_copy(arena, from->provider);
    return copy;
}
