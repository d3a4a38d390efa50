#include "ops/limiter.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "base/arena.h"
#include "ops/bucket.h"
#include "ops/siphash.h"

/* Two lines of keys, two of buckets. With 16 ways a table that is half full throws out one bucket in 300 for
 * want of room in its set. */
enum { WAYS = 16 };

struct set {
    _Atomic uint64_t keys[WAYS];  /* keyed hash of name and source; 0: free */
    _Atomic uint64_t words[WAYS]; /* see bucket.h */
};

struct limiter {
    struct set *sets;
    size_t n_sets; /* a power of two */
    struct siphash_key secret;
    _Atomic int64_t newest_s; /* latest second that was seen */
    _Atomic uint64_t evicted;
};

struct limiter *limiter_create(size_t buckets)
{
    struct limiter *limiter = xmalloc(sizeof *limiter);
    *limiter = (struct limiter){ .n_sets = 1 };
    while (limiter->n_sets * WAYS < buckets && limiter->n_sets < SIZE_MAX / (4 * sizeof(struct set)))
        limiter->n_sets *= 2;
    /* Fresh pages: zero, on line boundaries, and not there before they are used. */
    limiter->sets = mmap(NULL, limiter->n_sets * sizeof(struct set), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (limiter->sets == MAP_FAILED) {
        fputs("maitred: no memory for the buckets of the rate limits\n", stderr);
        abort();
    }
    ssize_t got = getrandom(&limiter->secret, sizeof limiter->secret, 0);
    assert(got == sizeof limiter->secret); /* so few bytes never come in part */
    return limiter;
}

void limiter_destroy(struct limiter *limiter)
{
    if (!limiter)
        return;
    munmap(limiter->sets, limiter->n_sets * sizeof(struct set));
    free(limiter);
}

static uint64_t get(const _Atomic uint64_t *at)
{
    return atomic_load_explicit(at, memory_order_relaxed);
}

/* The buckets carry all of their meaning in one word, so no order between words is needed. */
static bool swap(_Atomic uint64_t *at, uint64_t from, uint64_t to)
{
    return atomic_compare_exchange_strong_explicit(at, &from, to, memory_order_relaxed, memory_order_relaxed);
}

static size_t find(const struct set *set, uint64_t key)
{
    size_t i = 0;
    while (i < WAYS && get(&set->keys[i]) != key)
        i++;
    return i;
}

/* A place for a new key: a free one, else an expired one, else the one nearest to expiry. WAYS: another
 * thread was faster, look again. Threads that throw out at the same moment may pass a taken token to the
 * wrong bucket or forget it; nothing else can go wrong between them, and while there are free places not even
 * that. */
static size_t claim(struct limiter *limiter, struct set *set, uint64_t key, int64_t now_s)
{
    size_t best = 0;
    uint64_t old_key = 0, old_word = 0;
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < WAYS && least > 0; i++) {
        uint64_t k = get(&set->keys[i]), word = get(&set->words[i]);
        int64_t life = k ? bucket_life(word, now_s) : 0;
        if (k == key)
            return i; /* another thread's, for the same source */
        if (life < least) {
            least = life;
            best = i;
            old_key = k;
            old_word = word;
        }
    }
    if (least > 0 && !swap(&set->words[best], old_word, 0))
        return WAYS; /* it has just been used */
    if (!swap(&set->keys[best], old_key, key))
        return WAYS;
    if (least > 0)
        atomic_fetch_add_explicit(&limiter->evicted, 1, memory_order_relaxed);
    return best;
}

static void note_second(struct limiter *limiter, int64_t now_s)
{
    if (now_s > atomic_load_explicit(&limiter->newest_s, memory_order_relaxed))
        atomic_store_explicit(&limiter->newest_s, now_s, memory_order_relaxed);
}

struct limit_answer limiter_take(struct limiter *limiter, const struct limit *limit, uint64_t life,
                                 struct str name, struct str source, int64_t now_ns)
{
    struct limit_answer answer = { .allowed = true };
    if (limit->average <= 0)
        return answer;
    struct bucket_terms terms = bucket_terms(limit);
    uint64_t key = siphash_pair(&limiter->secret, name.n | life << 32, name, source);
    struct set *set = &limiter->sets[key & (limiter->n_sets - 1)];
    int64_t now_s = now_ns / 1000000000;
    key += key == 0;
    note_second(limiter, now_s);
    for (;;) {
        size_t i = find(set, key);
        if (i == WAYS && (i = claim(limiter, set, key, now_s)) == WAYS)
            continue;
        uint64_t word = get(&set->words[i]), next = bucket_take(word, &terms, now_ns, &answer);
        /* Most of a flood changes nothing: it does not even write. */
        if (next == word || swap(&set->words[i], word, next))
            return answer;
    }
}

void limiter_stats(const struct limiter *limiter, size_t *in_use, uint64_t *evicted)
{
    int64_t now_s = atomic_load_explicit(&limiter->newest_s, memory_order_relaxed);
    *in_use = 0;
    for (size_t s = 0; s < limiter->n_sets; s++)
        for (size_t i = 0; i < WAYS; i++)
            *in_use +=
                get(&limiter->sets[s].keys[i]) && bucket_life(get(&limiter->sets[s].words[i]), now_s) > 0;
    *evicted = atomic_load_explicit(&limiter->evicted, memory_order_relaxed);
}
