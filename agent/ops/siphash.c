#include "ops/siphash.h"

struct state {
    uint64_t v0, v1, v2, v3;
    uint64_t tail; /* bytes that do not fill a word yet, the first one lowest */
    uint64_t total;
};

static inline uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static inline void mix(struct state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static inline void add_word(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    mix(s);
    mix(s);
    s->v0 ^= word;
}

/* Up to 8 bytes as a number, the first one lowest. */
static inline uint64_t load(const char *p, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return word;
}

static inline uint64_t load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static void add(struct state *s, struct str in)
{
    unsigned held = s->total & 7;
    s->total += in.n;
    for (; in.n >= 8; in = str_from(in, 8)) {
        uint64_t word = load8(in.p);
        add_word(s, held ? s->tail | word << (8 * held) : word);
        s->tail = held ? word >> (64 - 8 * held) : 0;
    }
    uint64_t rest = load(in.p, in.n);
    s->tail |= rest << (8 * held);
    if (held + in.n >= 8) {
        add_word(s, s->tail);
        s->tail = held ? rest >> (64 - 8 * held) : 0;
    }
}

static struct state start(const struct siphash_key *key)
{
    return (struct state){ .v0 = key->k0 ^ 0x736f6d6570736575u,
                           .v1 = key->k1 ^ 0x646f72616e646f6du,
                           .v2 = key->k0 ^ 0x6c7967656e657261u,
                           .v3 = key->k1 ^ 0x7465646279746573u };
}

static uint64_t finish(struct state *s)
{
    add_word(s, s->tail | s->total << 56);
    s->v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        mix(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t siphash_pair(const struct siphash_key *key, uint64_t prefix, struct str a, struct str b)
{
    struct state s = start(key);
    add_word(&s, prefix);
    s.total = 8;
    add(&s, a);
    add(&s, b);
    return finish(&s);
}

uint64_t siphash(const struct siphash_key *key, struct str in)
{
    struct state s = start(key);
    add(&s, in);
    return finish(&s);
}
