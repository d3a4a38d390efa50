#include "ops/bucket.h"

#include <stdlib.h>

#include "suite.h"

#define MS     INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static const struct {
    struct limit limit;
    int64_t token_ns, burst_ns, max_delay_ns, ttl_s;
    unsigned scale;
} rows[] = {
    { { 10, SECOND, 20 }, 100 * MS, 2 * SECOND, 50 * MS, 2, 0 },
    { { 5, SECOND, 2 }, 200 * MS, 400 * MS, 100 * MS, 2, 0 },
    { { 1, SECOND, 1 }, SECOND, SECOND, 500 * MS, 2, 0 },
    { { 3, 2 * SECOND, 1 }, 666666667, 666666667, 500 * MS, 2, 0 },
    { { 1, 60 * SECOND, 5 }, 60 * SECOND, 300 * SECOND, 500 * MS, 61, 7 },
    { { 1, 10 * SECOND, 1 }, 10 * SECOND, 10 * SECOND, 500 * MS, 11, 2 },
    { { 2, 60 * SECOND, 1 }, 30 * SECOND, 30 * SECOND, 500 * MS, 31, 3 },
    { { 7, 60 * SECOND, 1 }, 8571428571, 8571428571, 500 * MS, 9, 2 },
    { { 1, 365 * 86400 * SECOND, 1 }, 365 * 86400 * SECOND, 365 * 86400 * SECOND, 500 * MS, 31536001, 23 },
    { { 1000000, SECOND, 1000000 }, 1000, SECOND, 500, 2, 0 },
    { { 1, SECOND, 1000000 }, SECOND, 1000000 * SECOND, 500 * MS, 2, 18 },
    /* Nonsense, and safe. */
    { { INT64_MAX, 1, INT64_MAX }, 1, INT64_C(1) << 61, 0, 2, 30 },
    { { 1, INT64_MAX, INT64_MAX }, INT64_C(1) << 61, INT64_C(1) << 61, 500 * MS, INT64_C(1) << 25, 30 },
    { { INT64_MAX, INT64_MAX, 1 }, 1, 1, 500, 2, 0 },
};

START_TEST(terms_are_traefiks)
{
    struct bucket_terms terms = bucket_terms(&rows[_i].limit);
    ck_assert_int_eq(terms.token_ns, rows[_i].token_ns);
    ck_assert_int_eq(terms.burst_ns, rows[_i].burst_ns);
    ck_assert_int_eq(terms.ttl_s, rows[_i].ttl_s);
    ck_assert_uint_eq(terms.scale, rows[_i].scale);
    if (rows[_i].limit.average != INT64_MAX)
        ck_assert_int_eq(terms.max_delay_ns, rows[_i].max_delay_ns);
}
END_TEST

static const int64_t starts[] = { 0, 1, SECOND - 1, 123456789012345, INT64_C(1) << 61 };

/* Whatever the limit and the clock: exactly the burst at once, then waits that a later moment confirms. */
START_TEST(a_new_bucket_gives_its_burst_and_no_more)
{
    struct bucket_terms terms = bucket_terms(&rows[_i].limit);
    int64_t burst = rows[_i].limit.burst;
    if (burst > 1000 || terms.token_ns < 1000)
        return;
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
        struct limit_answer answer;
        uint64_t word = 0;
        for (int64_t i = 0; i < burst; i++) {
            word = bucket_take(word, &terms, starts[s], &answer);
            ck_assert(answer.allowed && answer.wait_ns == 0);
        }
        word = bucket_take(word, &terms, starts[s], &answer);
        ck_assert(!answer.allowed);
        int64_t off = terms.token_ns - answer.wait_ns;
        ck_assert_int_ge(off, 0);
        ck_assert_int_le(off, (burst + 1) << terms.scale);
        uint64_t same = bucket_take(word, &terms, starts[s], &answer);
        ck_assert_uint_eq(same, word); /* a flood does not write */
    }
}
END_TEST

START_TEST(no_limit_and_no_clock_overflows)
{
    struct bucket_terms terms = bucket_terms(&rows[_i].limit);
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
        struct limit_answer answer;
        uint64_t word = 0;
        for (int i = 0; i < 100; i++) {
            word = bucket_take(word, &terms, starts[s] + i * (terms.token_ns / 64), &answer);
            ck_assert_int_ge(answer.wait_ns, 0);
            ck_assert_uint_ne(word, 0);
        }
    }
}
END_TEST

/* Of so many tries, those allowed within `patience`. 1 a second, burst 20: slow enough that only expiry
 * explains a full bucket. */
static int allowed_at(uint64_t *word, int64_t now_ns, int tries, int64_t patience)
{
    struct bucket_terms terms = bucket_terms(&(struct limit){ 1, SECOND, 20 });
    int allowed = 0;
    for (int i = 0; i < tries; i++) {
        struct limit_answer answer;
        *word = bucket_take(*word, &terms, now_ns, &answer);
        allowed += answer.allowed && answer.wait_ns <= patience;
    }
    return allowed;
}

START_TEST(an_expired_bucket_is_full_again)
{
    uint64_t word = 0;
    int64_t t = 1000 * SECOND + 900 * MS; /* the last tenth of a second of the clock: expires at 1002.0 */
    ck_assert_int_eq(allowed_at(&word, t, 50, 0), 20);
    ck_assert_int_eq(bucket_life(word, 1000), 2);
    ck_assert_int_eq(bucket_life(word, 1001), 1);
    ck_assert_int_eq(bucket_life(word, 1002), 0);
    uint64_t copy = word;
    ck_assert_int_eq(allowed_at(&copy, 1002 * SECOND - 1, 50, 0), 1);
    ck_assert_int_eq(allowed_at(&word, 1002 * SECOND, 50, 0), 20);
}
END_TEST

START_TEST(a_refused_request_keeps_the_bucket_alive)
{
    uint64_t word = 0;
    ck_assert_int_eq(allowed_at(&word, 1000 * SECOND, 50, 0), 20);
    int allowed = 0;
    for (int i = 1; i <= 100; i++)
        allowed += allowed_at(&word, 1000 * SECOND + i * 100 * MS, 1, 500 * MS);
    ck_assert_int_eq(allowed, 10); /* at 500 ms, 1.5 s, … each sleeping for half a second */
}
END_TEST

START_TEST(a_slow_limit_lives_long)
{
    struct bucket_terms terms = bucket_terms(&(struct limit){ 1, 60 * SECOND, 1 });
    struct limit_answer answer;
    uint64_t word = bucket_take(0, &terms, 5 * SECOND, &answer);
    uint64_t later = bucket_take(word, &terms, 59 * SECOND, &answer);
    ck_assert(!answer.allowed);
    ck_assert_int_eq(bucket_life(later, 59), 61);
    bucket_take(word, &terms, 65 * SECOND, &answer);
    ck_assert(answer.allowed && answer.wait_ns == 0);
}
END_TEST

START_TEST(a_changed_limit_goes_on_with_the_debt_that_it_allows)
{
    struct bucket_terms strict = bucket_terms(&(struct limit){ 1, 3600 * SECOND, 5 });
    struct bucket_terms mild = bucket_terms(&(struct limit){ 10, SECOND, 3 });
    struct limit_answer answer;
    uint64_t word = 0;
    for (int i = 0; i < 5; i++)
        word = bucket_take(word, &strict, 77 * SECOND, &answer);
    word = bucket_take(word, &mild, 77 * SECOND, &answer);
    ck_assert(!answer.allowed);
    ck_assert_int_le(answer.wait_ns, 150 * MS); /* not five hours */
    bucket_take(word, &mild, 77 * SECOND + answer.wait_ns, &answer);
    ck_assert(answer.allowed);
}
END_TEST

START_TEST(the_clock_of_another_thread_may_be_behind)
{
    struct bucket_terms terms = bucket_terms(&(struct limit){ 1, SECOND, 2 });
    struct limit_answer answer;
    uint64_t word = bucket_take(0, &terms, 10 * SECOND, &answer);
    word = bucket_take(word, &terms, 10 * SECOND - 1, &answer);
    ck_assert(answer.allowed && answer.wait_ns <= 1);
    word = bucket_take(word, &terms, 10 * SECOND + 1, &answer);
    ck_assert(!answer.allowed);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { terms_are_traefiks, ROWS(rows) },
        { a_new_bucket_gives_its_burst_and_no_more, ROWS(rows) },
        { no_limit_and_no_clock_overflows, ROWS(rows) },
        { an_expired_bucket_is_full_again, 0 },
        { a_refused_request_keeps_the_bucket_alive, 0 },
        { a_slow_limit_lives_long, 0 },
        { a_changed_limit_goes_on_with_the_debt_that_it_allows, 0 },
        { the_clock_of_another_thread_may_be_behind, 0 },
        { NULL, 0 },
    };
    return run_suite("bucket", tests);
}
