#include "ops/verified.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"
#include "ops/digest.h"

/* 16,384 credentials at most, in sets of 8; of a full set the oldest goes. */
enum { SETS = 2048, WAYS = 8, LOCKS = 64, BLOCK = 64 };

struct entry {
    struct verified_tag tag;
    int64_t until_ns; /* 0: free */
};

struct verified {
    struct sha256 inner, outer; /* HMAC's states behind the key */
    pthread_mutex_t locks[LOCKS];
    struct entry sets[SETS][WAYS];
};

static void start_with(struct sha256 *h, const unsigned char key[static BLOCK], unsigned char mask)
{
    char block[BLOCK];
    for (size_t i = 0; i < BLOCK; i++)
        block[i] = (char)(key[i] ^ mask);
    sha256_init(h);
    sha256_add(h, str_of(block, BLOCK));
    explicit_bzero(block, sizeof block);
}

struct verified *verified_create(void)
{
    unsigned char key[BLOCK];
    struct verified *v = xmalloc(sizeof *v);
    memset(v->sets, 0, sizeof v->sets);
    ssize_t got = getrandom(key, sizeof key, 0);
    assert(got == sizeof key); /* so few bytes never come in part */
    start_with(&v->inner, key, 0x36);
    start_with(&v->outer, key, 0x5c);
    explicit_bzero(key, sizeof key);
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_init(&v->locks[i], NULL);
    return v;
}

void verified_destroy(struct verified *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&v->locks[i]);
    explicit_bzero(v, sizeof *v);
    free(v);
}

struct verified_tag verified_tag(const struct verified *v, struct str hash, struct str password)
{
    struct verified_tag inner, tag;
    uint64_t length = hash.n; /* so that no two pairs give the same bytes */
    struct sha256 h = v->inner;
    sha256_add(&h, str_of((const char *)&length, sizeof length));
    sha256_add(&h, hash);
    sha256_add(&h, password);
    sha256_end(&h, inner.bytes);
    h = v->outer;
    sha256_add(&h, str_of((const char *)inner.bytes, sizeof inner.bytes));
    sha256_end(&h, tag.bytes);
    return tag;
}

static size_t set_of(const struct verified_tag *tag)
{
    return ((size_t)tag->bytes[0] << 8 | tag->bytes[1]) % SETS;
}

static bool same(const struct verified_tag *a, const struct verified_tag *b)
{
    return secret_equal(str_of((const char *)a->bytes, sizeof a->bytes),
                        str_of((const char *)b->bytes, sizeof b->bytes));
}

bool verified_has(struct verified *v, const struct verified_tag *tag, int64_t now_ns)
{
    size_t set = set_of(tag);
    bool found = false;
    pthread_mutex_lock(&v->locks[set % LOCKS]);
    for (size_t i = 0; i < WAYS; i++)
        found |= v->sets[set][i].until_ns > now_ns && same(&v->sets[set][i].tag, tag);
    pthread_mutex_unlock(&v->locks[set % LOCKS]);
    return found;
}

void verified_put(struct verified *v, const struct verified_tag *tag, int64_t now_ns)
{
    size_t set = set_of(tag), oldest = 0;
    pthread_mutex_lock(&v->locks[set % LOCKS]);
    struct entry *entries = v->sets[set];
    for (size_t i = 1; i < WAYS; i++)
        if (entries[i].until_ns < entries[oldest].until_ns)
            oldest = i;
    for (size_t i = 0; i < WAYS; i++)
        if (same(&entries[i].tag, tag))
            oldest = i;
    entries[oldest] = (struct entry){ *tag, now_ns + VERIFIED_LIFE_NS };
    pthread_mutex_unlock(&v->locks[set % LOCKS]);
}
