/* Passes of authentication servers that are kept for a while, and questions that wait for the answer to the
 * same question (forwardAuth's own keys maitred/cacheTTL and maitred/cacheKey). Of one thread. */
#pragma once

#include "ops/forward.h"

struct forward_cache;

enum { FORWARD_KEY = 32 };

struct forward_cache *forward_cache_create(void);
void forward_cache_destroy(struct forward_cache *cache); /* NULL is allowed */

/* What a question is known by: a digest of the op, the method, and the headers that count, as the server is
 * sent them. */
void forward_cache_key(const struct forward_auth *op, struct str method, struct str headers,
                       unsigned char out[static FORWARD_KEY]);

/* The answer that is kept, or NULL; it may move with the next call. */
const struct forward_answer *forward_cache_find(const struct forward_cache *cache,
                                                const unsigned char key[static FORWARD_KEY], int64_t now_ns);

/* Keeps a copy until then. There is room for 2,048 answers; of a full set the one that is nearest to its end
 * goes, and one with more than 4 kB of headers is not kept. */
void forward_cache_put(struct forward_cache *cache, const unsigned char key[static FORWARD_KEY],
                       const struct forward_answer *answer, int64_t until_ns);

/* A question on its way. */
struct forward_flight {
    unsigned char key[FORWARD_KEY];
    struct forward_flight *next, *followers; /* the cache's own */
};

/* true: nobody asks that just now, so this one does. false: it follows one that is on its way. */
bool forward_cache_join(struct forward_cache *cache, struct forward_flight *flight);

/* The answer to one that led is there: returns those that followed it, linked by `next`. */
struct forward_flight *forward_cache_land(struct forward_cache *cache, struct forward_flight *leader);
