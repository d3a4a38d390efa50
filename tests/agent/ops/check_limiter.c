#include "ops/limiter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ops/bucket.h"
#include "suite.h"

#define MS     INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static struct limit_answer take(struct limiter *limiter, const struct limit *limit, const char *source,
                                int64_t now_ns)
{
    return limiter_take(limiter, limit, 0, STR("router|limit"), str_c(source), now_ns);
}

static int allowed_of(struct limiter *limiter, const struct limit *limit, const char *source, int64_t now_ns,
                      int tries)
{
    int allowed = 0;
    for (int i = 0; i < tries; i++)
        allowed += take(limiter, limit, source, now_ns).allowed;
    return allowed;
}

START_TEST(sources_and_names_have_buckets_of_their_own)
{
    struct limiter *limiter = limiter_create(1024);
    struct limit limit = { 10, SECOND, 20 };
    ck_assert_int_eq(allowed_of(limiter, &limit, "a", 5 * SECOND, 30), 20);
    ck_assert_int_eq(allowed_of(limiter, &limit, "b", 5 * SECOND, 30), 20);
    ck_assert_int_eq(allowed_of(limiter, &limit, "", 5 * SECOND, 30), 20);
    ck_assert(limiter_take(limiter, &limit, 0, STR("other|limit"), STR("a"), 5 * SECOND).allowed);
    ck_assert(!take(limiter, &limit, "a", 5 * SECOND).allowed);
    limiter_destroy(limiter);
}
END_TEST

START_TEST(without_an_average_there_is_no_limit_and_no_bucket)
{
    struct limiter *limiter = limiter_create(16);
    struct limit off = { 0, SECOND, 1 }, negative = { -5, SECOND, 1 };
    size_t in_use;
    uint64_t evicted;
    ck_assert_int_eq(allowed_of(limiter, &off, "a", 0, 1000), 1000);
    ck_assert_int_eq(allowed_of(limiter, &negative, "a", 0, 1000), 1000);
    limiter_stats(limiter, &in_use, &evicted);
    ck_assert_uint_eq(in_use, 0);
    limiter_destroy(limiter);
}
END_TEST

START_TEST(a_refusal_says_when_to_come_back)
{
    struct limiter *limiter = limiter_create(16);
    struct limit limit = { 5, SECOND, 2 };
    ck_assert_int_eq(take(limiter, &limit, "a", 7 * SECOND).wait_ns, 0);
    ck_assert_int_eq(take(limiter, &limit, "a", 7 * SECOND).wait_ns, 0);
    struct limit_answer early = take(limiter, &limit, "a", 7 * SECOND + 62 * MS);
    ck_assert(!early.allowed);
    ck_assert_int_eq(early.wait_ns, 138 * MS);
    struct limit_answer slept = take(limiter, &limit, "a", 7 * SECOND + 110 * MS);
    ck_assert(slept.allowed); /* 90 ms are within the 100 that one sleeps */
    ck_assert_int_eq(slept.wait_ns, 90 * MS);
    limiter_destroy(limiter);
}
END_TEST

/* Traefik's bucket, written down as the reference has it: tokens as a double, moved by elapsed time. */
struct model {
    double rate, tokens;
    int64_t burst, max_delay_ns, ttl_s, last_ns, expiry_s;
};

static struct model model_of(const struct limit *limit)
{
    double rate = (double)limit->average * 1e9 / (double)limit->period_ns;
    struct model m = { .rate = rate, .burst = limit->burst, .max_delay_ns = 500 * MS, .ttl_s = 2 };
    if (rate >= 1)
        m.max_delay_ns = SECOND / ((int64_t)rate * 2);
    else
        m.ttl_s = 1 + (int64_t)(1 / rate);
    return m;
}

static struct limit_answer model_take(struct model *m, int64_t now_ns)
{
    if (now_ns / SECOND >= m->expiry_s) {
        m->tokens = (double)m->burst;
        m->last_ns = now_ns;
    }
    m->tokens += m->rate * (double)(now_ns - m->last_ns) / 1e9;
    if (m->tokens > (double)m->burst)
        m->tokens = (double)m->burst;
    m->tokens -= 1;
    int64_t wait = m->tokens < 0 ? (int64_t)(-m->tokens / m->rate * 1e9) : 0;
    bool allowed = wait <= m->max_delay_ns;
    if (!allowed)
        m->tokens += 1;
    m->last_ns = now_ns;
    m->expiry_s = now_ns / SECOND + m->ttl_s;
    return (struct limit_answer){ .allowed = allowed, .wait_ns = wait };
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Some four times what the limit lets through, in bursts; and, rarer where it takes long to use up the burst,
 * silences about as long as a bucket lives. */
static int64_t random_gap(uint64_t *state, const struct limit *limit, const struct bucket_terms *terms)
{
    if (next_random(state) % (uint64_t)(64 + 8 * limit->burst) == 0)
        return (int64_t)(next_random(state) % (uint64_t)(terms->ttl_s * 2 * SECOND));
    if (next_random(state) % 2 == 0)
        return (int64_t)(next_random(state) % 1000);
    return (int64_t)(next_random(state) % (uint64_t)terms->token_ns);
}

static const struct limit limits[] = {
    { 10, SECOND, 20 },         { 1, SECOND, 1 },         { 5, SECOND, 2 },       { 3, SECOND, 7 },
    { 100, SECOND, 50 },        { 1000, SECOND, 1 },      { 1000, SECOND, 5000 }, { 50000, SECOND, 100 },
    { 1000000, SECOND, 10000 }, { 1, 60 * SECOND, 1 },    { 1, 60 * SECOND, 5 },  { 7, 60 * SECOND, 3 },
    { 90, 60 * SECOND, 10 },    { 1, 3600 * SECOND, 10 }, { 3, 7 * SECOND, 4 },   { 2, 3 * SECOND, 1 },
    { 1, 86400 * SECOND, 100 }, { 6, 100 * MS, 100 },     { 1, 1500 * MS, 2 },    { 999, 1000 * SECOND, 17 },
};

/* Ours rounds a token's time to a nanosecond and each moment down to 2^scale ns; so after n requests the two
 * may be that much apart, n-fold. A bucket that fills up or expires starts over, but that is not made use of
 * here: the bound only grows. Where they fall on different sides of "sleeps at most that long", both must be
 * within the bound of it, and the comparison starts again with another bucket. */
START_TEST(it_agrees_with_the_model)
{
    const struct limit *limit = &limits[_i];
    struct limiter *limiter = limiter_create(4096);
    struct bucket_terms terms = bucket_terms(limit);
    struct model model = model_of(limit);
    uint64_t random = 0x9e3779b97f4a7c15u + (uint64_t)_i;
    int64_t now_ns = 1234 * SECOND, uses = 0;
    int buckets = 0, refused = 0, slept = 0;
    char source[16] = "0";
    for (int i = 0; i < 20000 + 8 * limit->burst; i++) {
        now_ns += random_gap(&random, limit, &terms);
        struct limit_answer ours = take(limiter, limit, source, now_ns), theirs = model_take(&model, now_ns);
        int64_t bound = ++uses * ((INT64_C(1) << terms.scale) + 1) + 2;
        int64_t apart = llabs(ours.wait_ns - theirs.wait_ns);
        ck_assert_msg(apart <= bound, "request %d of limit %d: %ld ns apart after %ld uses", i, _i,
                      (long)apart, (long)uses);
        refused += !theirs.allowed;
        slept += theirs.allowed && theirs.wait_ns > 0;
        if (ours.allowed == theirs.allowed)
            continue;
        ck_assert_int_le(llabs(theirs.wait_ns - terms.max_delay_ns), bound);
        snprintf(source, sizeof source, "%d", ++buckets);
        model = model_of(limit);
        uses = 0;
    }
    bool may_sleep = terms.max_delay_ns > terms.token_ns / 20;
    ck_assert_msg(refused > 500 && (slept > 50 || !may_sleep), "the traffic is too mild: %d, %d", refused,
                  slept);
    ck_assert_int_le(buckets, 10);
    limiter_destroy(limiter);
}
END_TEST

enum { THREADS = 4, TAKES = 50000 };

struct contest {
    struct limiter *limiter;
    struct limit limit;
    _Atomic int64_t clock_ns, allowed;
    int64_t step_ns;
    bool many_sources;
};

static void *contend(void *context)
{
    struct contest *c = context;
    int64_t allowed = 0;
    for (int i = 0; i < TAKES; i++) {
        int64_t now_ns = atomic_fetch_add(&c->clock_ns, c->step_ns);
        char source[16] = "one";
        if (c->many_sources)
            snprintf(source, sizeof source, "%d", i % 1000);
        allowed += take(c->limiter, &c->limit, source, now_ns).allowed;
    }
    atomic_fetch_add(&c->allowed, allowed);
    return NULL;
}

static int64_t run_contest(struct limit limit, int64_t step_ns, bool many_sources)
{
    struct contest c = { .limiter = limiter_create(1 << 16),
                         .limit = limit,
                         .clock_ns = 1000 * SECOND,
                         .step_ns = step_ns,
                         .many_sources = many_sources };
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, contend, &c), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    limiter_destroy(c.limiter);
    return c.allowed;
}

START_TEST(threads_share_a_bucket_exactly)
{
    /* Time stands still, so nothing comes back: the burst, not one more or less. */
    ck_assert_int_eq(run_contest((struct limit){ 1, SECOND, 777 }, 0, false), 777);
}
END_TEST

START_TEST(threads_share_a_thousand_buckets_exactly)
{
    ck_assert_int_eq(run_contest((struct limit){ 1, SECOND, 33 }, 0, true), 33 * 1000);
}
END_TEST

START_TEST(threads_share_what_comes_back)
{
    /* 200,000 requests in 0.2 s at 50,000 a second: 10,000 come back, and a half can be slept for. */
    int64_t allowed = run_contest((struct limit){ 50000, SECOND, 100 }, 1000, false);
    ck_assert_int_ge(allowed, 10100 - 1);
    ck_assert_int_le(allowed, 10100 + 1);
}
END_TEST

START_TEST(a_full_table_throws_out_who_is_nearest_to_expiry)
{
    struct limiter *limiter = limiter_create(1); /* one set of 16 */
    struct limit limit = { 1, 10 * SECOND, 1 };  /* lives 11 s */
    size_t in_use;
    uint64_t evicted;
    char source[16];
    for (int i = 0; i < 16; i++) { /* i = 5 is the oldest */
        snprintf(source, sizeof source, "%d", i);
        ck_assert(take(limiter, &limit, source, (100 + (i == 5 ? 0 : 2)) * SECOND).allowed);
    }
    limiter_stats(limiter, &in_use, &evicted);
    ck_assert_uint_eq(in_use, 16);
    ck_assert_uint_eq(evicted, 0);
    ck_assert(take(limiter, &limit, "new", 103 * SECOND).allowed);
    limiter_stats(limiter, &in_use, &evicted);
    ck_assert_uint_eq(in_use, 16);
    ck_assert_uint_eq(evicted, 1);
    for (int i = 0; i < 16; i++) {
        snprintf(source, sizeof source, "%d", i);
        if (i != 5)
            ck_assert_msg(!take(limiter, &limit, source, 103 * SECOND).allowed, "bucket %d was forgotten", i);
    }
    ck_assert(take(limiter, &limit, "5", 103 * SECOND).allowed);
    limiter_destroy(limiter);
}
END_TEST

START_TEST(expired_buckets_make_room_first)
{
    struct limiter *limiter = limiter_create(16);
    struct limit limit = { 1, SECOND, 1 };
    size_t in_use;
    uint64_t evicted;
    char source[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(source, sizeof source, "%d", i);
        ck_assert(take(limiter, &limit, source, (100 + i / 8) * SECOND).allowed);
    }
    limiter_stats(limiter, &in_use, &evicted);
    ck_assert_uint_eq(evicted, 0);
    ck_assert_uint_eq(in_use, 16); /* 8 of this second, 8 of the last one */
    take(limiter, &limit, "late", 100000 * SECOND);
    limiter_stats(limiter, &in_use, &evicted);
    ck_assert_uint_eq(in_use, 1);
    limiter_destroy(limiter);
}
END_TEST

START_TEST(a_flood_of_sources_stays_in_bounds)
{
    struct limiter *limiter = limiter_create(4096);
    struct limit limit = { 1, 60 * SECOND, 1 };
    size_t in_use;
    uint64_t evicted;
    for (uint32_t i = 0; i < 100000; i++)
        ck_assert(
            limiter_take(limiter, &limit, 0, STR("n"), str_of((char *)&i, sizeof i), 50 * SECOND).allowed);
    limiter_stats(limiter, &in_use, &evicted);
    ck_assert_uint_eq(in_use, 4096);
    ck_assert_uint_eq(evicted, 100000 - 4096);
    limiter_destroy(limiter);
}
END_TEST

START_TEST(destroying_nothing_is_allowed)
{
    limiter_destroy(NULL);
}
END_TEST

static int64_t thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

/* The longest that one of a million keys took, by the thread's own time, which knows no other processes. */
static int64_t longest_of_a_million_ns(void)
{
    struct limiter *limiter = limiter_create(1 << 16);
    struct limit limit = { 1, 3600 * SECOND, 1 };
    int64_t longest_ns = 0;
    size_t in_use;
    uint64_t evicted;
    for (int i = 0; i < 1000000; i++) {
        char source[16];
        snprintf(source, sizeof source, "%d", i);
        int64_t before_ns = thread_ns();
        ck_assert(take(limiter, &limit, source, 5 * SECOND + i).allowed);
        int64_t took_ns = thread_ns() - before_ns;
        longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
    }
    limiter_stats(limiter, &in_use, &evicted);
    ck_assert_uint_le(in_use, 1 << 16);
    ck_assert_uint_eq(in_use + evicted, 1000000);
    limiter_destroy(limiter);
    return longest_ns;
}

/* No key makes the table grow, and none waits for others to be moved. A stall of ours would come each time; one
 * of the machine below (which counts as the thread's time in a virtual one) does not. */
START_TEST(a_million_keys_have_bounded_memory_and_no_stall)
{
    int64_t longest_ns = INT64_MAX;
    for (int i = 0; i < 5 && longest_ns >= 5 * MS; i++) {
        int64_t again_ns = longest_of_a_million_ns();
        longest_ns = again_ns < longest_ns ? again_ns : longest_ns;
    }
    ck_assert_int_lt(longest_ns, 5 * MS);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { a_million_keys_have_bounded_memory_and_no_stall, 0 },
        { sources_and_names_have_buckets_of_their_own, 0 },
        { without_an_average_there_is_no_limit_and_no_bucket, 0 },
        { a_refusal_says_when_to_come_back, 0 },
        { it_agrees_with_the_model, ROWS(limits) },
        { threads_share_a_bucket_exactly, 0 },
        { threads_share_a_thousand_buckets_exactly, 0 },
        { threads_share_what_comes_back, 0 },
        { a_full_table_throws_out_who_is_nearest_to_expiry, 0 },
        { expired_buckets_make_room_first, 0 },
        { a_flood_of_sources_stays_in_bounds, 0 },
        { destroying_nothing_is_allowed, 0 },
        { NULL, 0 },
    };
    return run_suite("limiter", tests);
}
