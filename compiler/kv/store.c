#include "kv/store.h"

#include <stdlib.h>

#include "base/vec.h"

/* Two sorted lists that make one: the settled pairs, which a view shows, and the few that came since. So a
 * new key costs a move within the short list, and the long one is merged once for many changes: neither
 * loading nor emptying a store of 400,000 keys, event by event and in any order, is quadratic. A deleted pair
 * of the settled list stays in its place until then, without a value. */
enum { MOST_FRESH = 1024 };

struct contents {
    struct kv_pair *settled;
    size_t n_settled, cap;
    size_t n_dead, first_dead; /* pairs of `settled` without a value, and where the first may stand */
    struct kv_pair fresh[MOST_FRESH];
    size_t n_fresh;
};

/* The contents stand behind a pointer because a view of a const store may settle them: that moves pairs, and
 * changes nothing that can be seen. */
struct kv_store {
    struct str root, provider;
    struct contents *contents;
};

static struct str copy(struct str s)
{
    char *p = xmalloc(s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return str_of(p, s.n);
}

/* Key and value in one block that begins with the key. */
static struct kv_pair pair_create(struct str key, struct str value)
{
    char *p = xmalloc(key.n + value.n + 1);
    if (key.n)
        memcpy(p, key.p, key.n);
    if (value.n)
        memcpy(p + key.n, value.p, value.n);
    return (struct kv_pair){ str_of(p, key.n), str_of(p + key.n, value.n) };
}

static void pair_destroy(struct kv_pair pair)
{
    free((char *)pair.key.p);
}

static bool is_dead(const struct kv_pair *pair)
{
    return pair->value.p == NULL;
}

/* Offset of the first pair whose key is not below `key`. */
static size_t lower_bound(const struct kv_pair *pairs, size_t n, struct str key)
{
    size_t low = 0;
    while (n) {
        size_t half = n / 2;
        if (str_cmp(pairs[low + half].key, key) < 0) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

static bool stands_at(const struct kv_pair *pairs, size_t n, size_t at, struct str key)
{
    return at < n && str_eq(pairs[at].key, key);
}

static void remove_dead(struct contents *c)
{
    if (c->n_dead == 0)
        return;
    size_t kept = c->first_dead;
    for (size_t i = kept; i < c->n_settled; i++) {
        if (is_dead(&c->settled[i]))
            pair_destroy(c->settled[i]);
        else
            c->settled[kept++] = c->settled[i];
    }
    c->n_settled = kept;
    c->n_dead = 0;
}

/* From the end, in place: what stands before the first fresh key is not touched. */
static void merge_fresh(struct contents *c)
{
    size_t old = c->n_settled, fresh = c->n_fresh, to = old + fresh;
    if (to > c->cap) {
        c->cap = to + to / 2;
        c->settled = xrealloc(c->settled, c->cap * sizeof *c->settled);
    }
    c->n_settled = to;
    c->n_fresh = 0;
    while (fresh) {
        size_t from = lower_bound(c->settled, old, c->fresh[fresh - 1].key), moved = old - from;
        to -= moved;
        if (moved)
            memmove(c->settled + to, c->settled + from, moved * sizeof *c->settled);
        old = from;
        c->settled[--to] = c->fresh[--fresh];
    }
}

static void settle(struct contents *c)
{
    remove_dead(c);
    merge_fresh(c);
}

struct kv_store *kv_store_create(struct str root, struct str provider)
{
    struct kv_store *store = xmalloc(sizeof *store);
    *store = (struct kv_store){ copy(root), copy(provider), xmalloc(sizeof *store->contents) };
    struct contents *c = store->contents;
    c->settled = NULL;
    c->n_settled = c->cap = c->n_dead = c->first_dead = c->n_fresh = 0;
    return store;
}

void kv_store_destroy(struct kv_store *store)
{
    if (!store)
        return;
    struct contents *c = store->contents;
    for (size_t i = 0; i < c->n_settled; i++)
        pair_destroy(c->settled[i]);
    for (size_t i = 0; i < c->n_fresh; i++)
        pair_destroy(c->fresh[i]);
    free(c->settled);
    free(c);
    free((char *)store->root.p);
    free((char *)store->provider.p);
    free(store);
}

/* The new pair is made before the old one goes: key and value may point into the store. */
static bool pair_replace(struct kv_pair *pair, struct str key, struct str value)
{
    if (!is_dead(pair) && str_eq(pair->value, value))
        return false;
    struct kv_pair old = *pair;
    *pair = pair_create(key, value);
    pair_destroy(old);
    return true;
}

bool kv_store_put(struct kv_store *store, struct str key, struct str value)
{
    struct contents *c = store->contents;
    size_t at = lower_bound(c->settled, c->n_settled, key);
    if (stands_at(c->settled, c->n_settled, at, key)) {
        c->n_dead -= is_dead(&c->settled[at]);
        return pair_replace(&c->settled[at], key, value);
    }
    at = lower_bound(c->fresh, c->n_fresh, key);
    if (stands_at(c->fresh, c->n_fresh, at, key))
        return pair_replace(&c->fresh[at], key, value);

    struct kv_pair pair = pair_create(key, value);
    if (c->n_fresh == MOST_FRESH) {
        settle(c);
        at = 0;
    }
    memmove(c->fresh + at + 1, c->fresh + at, (c->n_fresh - at) * sizeof *c->fresh);
    c->fresh[at] = pair;
    c->n_fresh++;
    return true;
}

bool kv_store_delete(struct kv_store *store, struct str key)
{
    struct contents *c = store->contents;
    size_t at = lower_bound(c->settled, c->n_settled, key);
    if (stands_at(c->settled, c->n_settled, at, key)) {
        if (is_dead(&c->settled[at]))
            return false;
        c->settled[at].value = (struct str){ 0 };
        c->first_dead = c->n_dead++ && c->first_dead < at ? c->first_dead : at;
        return true;
    }
    at = lower_bound(c->fresh, c->n_fresh, key);
    if (!stands_at(c->fresh, c->n_fresh, at, key))
        return false;
    pair_destroy(c->fresh[at]);
    c->n_fresh--;
    memmove(c->fresh + at, c->fresh + at + 1, (c->n_fresh - at) * sizeof *c->fresh);
    return true;
}

struct str kv_store_get(const struct kv_store *store, struct str key)
{
    const struct contents *c = store->contents;
    size_t at = lower_bound(c->settled, c->n_settled, key);
    if (stands_at(c->settled, c->n_settled, at, key))
        return c->settled[at].value;
    at = lower_bound(c->fresh, c->n_fresh, key);
    return stands_at(c->fresh, c->n_fresh, at, key) ? c->fresh[at].value : (struct str){ 0 };
}

size_t kv_store_count(const struct kv_store *store)
{
    const struct contents *c = store->contents;
    return c->n_settled - c->n_dead + c->n_fresh;
}

void kv_store_collect(const struct kv_store *store, struct str prefix, struct kv_list *out)
{
    const struct contents *c = store->contents;
    size_t i = lower_bound(c->settled, c->n_settled, prefix), j = lower_bound(c->fresh, c->n_fresh, prefix);
    for (;;) {
        const struct kv_pair *a =
            i < c->n_settled && str_starts(c->settled[i].key, prefix) ? &c->settled[i] : NULL;
        const struct kv_pair *b = j < c->n_fresh && str_starts(c->fresh[j].key, prefix) ? &c->fresh[j] : NULL;
        if (!a && !b)
            return;
        bool settled = a && (!b || str_cmp(a->key, b->key) < 0);
        i += settled;
        j += !settled;
        if (!settled || !is_dead(a))
            vec_push(out, *(settled ? a : b));
    }
}

static bool holds_exactly(const struct contents *c, const struct kv_pair *pairs, size_t n)
{
    if (c->n_settled != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!str_eq(c->settled[i].key, pairs[i].key) || !str_eq(c->settled[i].value, pairs[i].value))
            return false;
    return true;
}

bool kv_store_replace(struct kv_store *store, const struct kv_pair *pairs, size_t n)
{
    struct contents *c = store->contents;
    settle(c);
    if (holds_exactly(c, pairs, n))
        return false;
    struct kv_pair *next = xmalloc(n * sizeof *next);
    for (size_t i = 0; i < n; i++)
        next[i] = pair_create(pairs[i].key, pairs[i].value);
    for (size_t i = 0; i < c->n_settled; i++)
        pair_destroy(c->settled[i]);
    free(c->settled);
    c->settled = next;
    c->n_settled = c->cap = n;
    return true;
}

struct kv_snapshot kv_store_view(const struct kv_store *store, int64_t revision)
{
    struct contents *c = store->contents;
    settle(c);
    return (struct kv_snapshot){ .pairs = c->settled,
                                 .n = c->n_settled,
                                 .revision = revision,
                                 .root = store->root,
                                 .provider = store->provider };
}
