#include "ops/nonces.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"
#include "ops/digest.h"
#include "ops/siphash.h"

/* A nonce is 6 bytes of number (seconds of the clock, and 16 bits to count on) and 6 bytes of its keyed
 * digest. */
enum { BYTES = 12, NUMBER = 6, SEQUENCE_BITS = 16, WAYS = 8, LIFE_S = 3600 };

struct client {
    uint64_t number; /* of its nonce, for its instance; 0: free */
    uint64_t instance;
    uint64_t count;
    int64_t used_ns;
};

struct nonces {
    struct siphash_key secret;
    _Atomic uint64_t last; /* number given out */
    pthread_mutex_t lock;
    struct client *clients;
    size_t n_sets;
    uint64_t forgotten; /* greatest number of a client that had to make room */
};

struct nonces *nonces_create(size_t clients)
{
    struct nonces *nonces = xmalloc(sizeof *nonces);
    *nonces = (struct nonces){ .n_sets = 1 };
    while (nonces->n_sets * WAYS < clients)
        nonces->n_sets *= 2;
    size_t size = nonces->n_sets * WAYS * sizeof *nonces->clients;
    nonces->clients = xmalloc(size);
    memset(nonces->clients, 0, size);
    ssize_t got = getrandom(&nonces->secret, sizeof nonces->secret, 0);
    assert(got == sizeof nonces->secret); /* so few bytes never come in part */
    pthread_mutex_init(&nonces->lock, NULL);
    return nonces;
}

void nonces_destroy(struct nonces *nonces)
{
    if (!nonces)
        return;
    pthread_mutex_destroy(&nonces->lock);
    free(nonces->clients);
    free(nonces);
}

static void write_nonce(const struct nonces *nonces, struct str instance, uint64_t number,
                        char out[static NONCE_LENGTH])
{
    unsigned char bytes[BYTES], text[NONCE_LENGTH + 1];
    uint64_t mac = siphash_pair(&nonces->secret, number, instance, STR("nonce"));
    for (size_t i = 0; i < NUMBER; i++) {
        bytes[i] = (unsigned char)(number >> (40 - 8 * i));
        bytes[NUMBER + i] = (unsigned char)(mac >> (40 - 8 * i));
    }
    EVP_EncodeBlock(text, bytes, BYTES);
    memcpy(out, text, NONCE_LENGTH);
}

void nonces_make(struct nonces *nonces, struct str instance, int64_t now_ns, char out[static NONCE_LENGTH])
{
    uint64_t now = ((uint64_t)now_ns / 1000000000 + 1) << SEQUENCE_BITS, last, next;
    last = atomic_load_explicit(&nonces->last, memory_order_relaxed);
    do
        next = now > last ? now : last + 1;
    while (!atomic_compare_exchange_weak_explicit(&nonces->last, &last, next, memory_order_relaxed,
                                                  memory_order_relaxed));
    write_nonce(nonces, instance, next, out);
}

void nonces_opaque(const struct nonces *nonces, struct str instance, char out[static NONCE_LENGTH])
{
    write_nonce(nonces, instance, siphash_pair(&nonces->secret, 0, instance, STR("opaque")), out);
}

/* The number of a nonce of that instance, 0 where it is none. */
static uint64_t number_of(const struct nonces *nonces, struct str instance, struct str nonce)
{
    unsigned char bytes[BYTES];
    char expected[NONCE_LENGTH];
    uint64_t number = 0;
    if (nonce.n != NONCE_LENGTH ||
        EVP_DecodeBlock(bytes, (const unsigned char *)nonce.p, NONCE_LENGTH) != BYTES)
        return 0;
    for (size_t i = 0; i < NUMBER; i++)
        number = number << 8 | bytes[i];
    write_nonce(nonces, instance, number, expected);
    return secret_equal(nonce, str_of(expected, NONCE_LENGTH)) ? number : 0;
}

static enum nonce_state count_up(struct client *client, uint64_t count, int64_t now_ns)
{
    if (count == 0 || count == client->count)
        return NONCE_UNKNOWN;
    if (count < client->count)
        return NONCE_STALE;
    client->count = count;
    client->used_ns = now_ns;
    return NONCE_GOOD;
}

enum nonce_state nonces_use(struct nonces *nonces, struct str instance, struct str nonce, uint64_t count,
                            int64_t now_ns)
{
    uint64_t number = number_of(nonces, instance, nonce);
    uint64_t name = siphash_pair(&nonces->secret, 1, instance, STR("instance"));
    enum nonce_state state = NONCE_STALE;
    if (number == 0 || count == 0)
        return NONCE_UNKNOWN;
    pthread_mutex_lock(&nonces->lock);
    struct client *set =
        &nonces->clients[siphash_pair(&nonces->secret, number, nonce, STR("")) % nonces->n_sets * WAYS];
    struct client *found = NULL, *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].number == number && set[i].instance == name)
            found = &set[i];
        if (set[i].used_ns < oldest->used_ns)
            oldest = &set[i];
    }
    int64_t age_s = now_ns / 1000000000 + 1 - (int64_t)(number >> SEQUENCE_BITS);
    if (found) {
        state = count_up(found, count, now_ns);
    } else if (number > nonces->forgotten && age_s <= LIFE_S) {
        if (oldest->number > nonces->forgotten)
            nonces->forgotten = oldest->number;
        *oldest = (struct client){ .number = number, .instance = name, .count = count, .used_ns = now_ns };
        state = NONCE_GOOD;
    }
    pthread_mutex_unlock(&nonces->lock);
    return state;
}
