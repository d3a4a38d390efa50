#include "ops/bucket.h"

enum {
    EXPIRY_BITS = 26,
    SCALE_BITS = 5,
    OFFSET_BITS = 33, /* with its sign */
};

#define SECOND INT64_C(1000000000)
#define MAX_NS (INT64_C(1) << 61)
/* Longest life. What is further ahead than that, modulo 2^26, is in the past. One token a year just fits. */
#define MAX_TTL (INT64_C(1) << (EXPIRY_BITS - 1))

static int64_t token_time(const struct limit *limit)
{
    int64_t whole = limit->period_ns / limit->average, rest = limit->period_ns % limit->average;
    whole += rest >= limit->average - rest; /* to nearest */
    return whole < 1 ? 1 : whole < MAX_NS ? whole : MAX_NS;
}

static int64_t longest_delay(double rate)
{
    if (rate < 1)
        return SECOND / 2;
    return rate < 1e9 ? SECOND / (2 * (int64_t)rate) : 0;
}

static int64_t life(double rate)
{
    if (rate >= 1)
        return 2;
    return 1 / rate < (double)(MAX_TTL - 1) ? 1 + (int64_t)(1 / rate) : MAX_TTL;
}

/* The finest scale in which the farthest offset fits. */
static unsigned scale_for(int64_t farthest)
{
    int bits = 64 - __builtin_clzll((unsigned long long)farthest);
    return bits >= OFFSET_BITS ? (unsigned)(bits - (OFFSET_BITS - 1)) : 0;
}

struct bucket_terms bucket_terms(const struct limit *limit)
{
    double rate =
        (double)limit->average * 1e9 / (double)limit->period_ns; /* tokens a second, as Traefik has it */
    struct bucket_terms terms = { .token_ns = token_time(limit),
                                  .max_delay_ns = longest_delay(rate),
                                  .ttl_s = life(rate) };
    terms.burst_ns = limit->burst < MAX_NS / terms.token_ns ? limit->burst * terms.token_ns : MAX_NS;
    int64_t ahead = terms.burst_ns + terms.max_delay_ns, back = (terms.ttl_s + 1) * SECOND;
    terms.scale = scale_for(ahead > back ? ahead : back);
    return terms;
}

int64_t bucket_life(uint64_t word, int64_t now_s)
{
    if (word == 0)
        return MAX_TTL;
    uint64_t expiry = word >> (64 - EXPIRY_BITS);
    int64_t ahead = (int64_t)((expiry - (uint64_t)now_s) & ((1u << EXPIRY_BITS) - 1));
    return ahead <= MAX_TTL ? ahead : 0;
}

/* Time until the bucket is full; 0: it is. */
static int64_t debt(uint64_t word, int64_t now_ns)
{
    int64_t left = word ? bucket_life(word, now_ns / SECOND) : 0;
    if (left == 0)
        return 0;
    int64_t offset = (int64_t)(word << (64 - OFFSET_BITS)) >> (64 - OFFSET_BITS);
    int64_t unit = INT64_C(1) << (word >> OFFSET_BITS & ((1u << SCALE_BITS) - 1));
    int64_t until_full = left * SECOND - now_ns % SECOND + offset * unit;
    return until_full > 0 ? until_full : 0;
}

/* Rounds in favour of the client: a token that is there to the nanosecond must not cost a delay. */
static uint64_t encode(const struct bucket_terms *terms, int64_t now_ns, int64_t until_full)
{
    int64_t expiry = now_ns / SECOND + terms->ttl_s;
    int64_t offset = (until_full + now_ns % SECOND - terms->ttl_s * SECOND) >> terms->scale;
    uint64_t word = (uint64_t)expiry << (64 - EXPIRY_BITS) | (uint64_t)terms->scale << OFFSET_BITS |
                    ((uint64_t)offset & ((UINT64_C(1) << OFFSET_BITS) - 1));
    return word ? word : 1;
}

uint64_t bucket_take(uint64_t word, const struct bucket_terms *terms, int64_t now_ns,
                     struct limit_answer *answer)
{
    int64_t most = terms->burst_ns + terms->max_delay_ns;
    int64_t before = debt(word, now_ns);
    /* Much more debt than this limit allows was made under a stricter one: nobody is to pay for that. A
     * little more is only a caller whose clock was read before that of others. */
    if (before > most + SECOND)
        before = most;
    int64_t after = before + terms->token_ns;
    int64_t wait = after > terms->burst_ns ? after - terms->burst_ns : 0;
    bool allowed = wait <= terms->max_delay_ns;
    *answer = (struct limit_answer){ .allowed = allowed, .wait_ns = wait };
    return encode(terms, now_ns, allowed ? after : before); /* a refused request is a use, too */
}
