#include "ops/forward_cache.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "ops/op.h"

enum { SETS = 256, WAYS = 8, LARGEST = 4096 };

struct kept {
    unsigned char key[FORWARD_KEY];
    int64_t until_ns; /* 0: free */
    struct forward_answer answer;
};

struct forward_cache {
    struct kept sets[SETS][WAYS];
    struct forward_flight *flights[SETS];
};

struct forward_cache *forward_cache_create(void)
{
    struct forward_cache *cache = xmalloc(sizeof *cache);
    memset(cache, 0, sizeof *cache);
    return cache;
}

static void forget(struct kept *kept)
{
    buf_fini(&kept->answer.headers);
    *kept = (struct kept){ 0 };
}

void forward_cache_destroy(struct forward_cache *cache)
{
    for (size_t i = 0; cache && i < SETS; i++)
        for (size_t j = 0; j < WAYS; j++)
            forget(&cache->sets[i][j]);
    free(cache);
}

static void add_part(struct sha256 *h, struct str part)
{
    uint64_t length = part.n; /* so that no two lists give the same bytes */
    sha256_add(h, str_of((const char *)&length, sizeof length));
    sha256_add(h, part);
}

void forward_cache_key(const struct forward_auth *op, struct str method, struct str headers,
                       unsigned char out[static FORWARD_KEY])
{
    struct sha256 h;
    struct str name, value;
    sha256_init(&h);
    add_part(&h, str_of(op->instance, FORWARD_INSTANCE));
    add_part(&h, method);
    while (forward_line(&headers, &name, &value)) {
        if (op->cache_key.n && !forward_is_in(name, op->cache_key.p, op->cache_key.n))
            continue;
        add_part(&h, name);
        add_part(&h, value);
    }
    sha256_end(&h, out);
}

const struct forward_answer *forward_cache_find(const struct forward_cache *cache,
                                                const unsigned char key[static FORWARD_KEY], int64_t now_ns)
{
    const struct kept *set = cache->sets[key[0] % SETS];
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].until_ns > now_ns && memcmp(set[i].key, key, FORWARD_KEY) == 0)
            return &set[i].answer;
    return NULL;
}

void forward_cache_put(struct forward_cache *cache, const unsigned char key[static FORWARD_KEY],
                       const struct forward_answer *answer, int64_t until_ns)
{
    struct kept *set = cache->sets[key[0] % SETS], *place = set;
    if (answer->headers.n > LARGEST)
        return;
    for (size_t i = 1; i < WAYS; i++)
        if (set[i].until_ns < place->until_ns)
            place = &set[i];
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].until_ns && memcmp(set[i].key, key, FORWARD_KEY) == 0)
            place = &set[i];
    forget(place);
    memcpy(place->key, key, FORWARD_KEY);
    place->until_ns = until_ns;
    place->answer.status = answer->status;
    buf_put(&place->answer.headers, buf_str(&answer->headers));
}

bool forward_cache_join(struct forward_cache *cache, struct forward_flight *flight)
{
    struct forward_flight **head = &cache->flights[flight->key[0] % SETS], *leader = *head;
    while (leader && memcmp(leader->key, flight->key, FORWARD_KEY) != 0)
        leader = leader->next;
    flight->followers = NULL;
    flight->next = leader ? leader->followers : *head;
    *(leader ? &leader->followers : head) = flight;
    return !leader;
}

struct forward_flight *forward_cache_land(struct forward_cache *cache, struct forward_flight *leader)
{
    struct forward_flight **at = &cache->flights[leader->key[0] % SETS];
    while (*at != leader)
        at = &(*at)->next;
    *at = leader->next;
    return leader->followers;
}
