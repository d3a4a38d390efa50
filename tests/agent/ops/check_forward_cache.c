#include "ops/forward_cache.h"

#include "ops/op.h"
#include "suite.h"

#define SECOND INT64_C(1000000000)

static struct str listed[] = { STR("Authorization"), STR("x-forwarded-uri") };

static const struct {
    const char *a, *b;
    size_t n_listed;
    bool same;
} pairs[] = {
    { "authorization: x\nx-a: 1\n", "authorization: x\nx-a: 1\n", 0, true },
    { "authorization: x\nx-a: 1\n", "authorization: x\nx-a: 2\n", 0, false },
    { "authorization: x\nx-a: 1\n", "AUTHORIZATION: x\n", 0, false },
    { "authorization: x\nx-a: 1\n", "authorization: x\nx-a: 2\n", 2, true },
    { "authorization: x\n", "authorization: y\n", 2, false },
    { "authorization: x\nX-Forwarded-Uri: /a\n", "authorization: x\nX-Forwarded-Uri: /b\n", 2, false },
    { "authorization: x\nX-Forwarded-Uri: /a\n", "authorization: x\nX-Forwarded-Uri: /b\n", 1, true },
    { "authorization: x\nauthorization: y\n", "authorization: x\n", 1, false },
    { "authorization: ab\n", "authorization: a\nb: \n", 0, false },
};

START_TEST(questions_are_told_apart)
{
    struct forward_auth op = { .instance = "i", .cache_key = { listed, pairs[_i].n_listed } }, other = op;
    unsigned char a[FORWARD_KEY], b[FORWARD_KEY], c[FORWARD_KEY];
    forward_cache_key(&op, STR("GET"), str_c(pairs[_i].a), a);
    forward_cache_key(&op, STR("GET"), str_c(pairs[_i].b), b);
    ck_assert_int_eq(memcmp(a, b, FORWARD_KEY) == 0, pairs[_i].same);
    forward_cache_key(&op, STR("PUT"), str_c(pairs[_i].a), c);
    ck_assert(memcmp(a, c, FORWARD_KEY) != 0);
    other.instance[0] = 'j';
    forward_cache_key(&other, STR("GET"), str_c(pairs[_i].a), c);
    ck_assert(memcmp(a, c, FORWARD_KEY) != 0);
}
END_TEST

static struct forward_answer answer_of(int status, const char *headers)
{
    struct forward_answer answer = { .status = status };
    buf_puts(&answer.headers, headers);
    return answer;
}

static void put(struct forward_cache *cache, unsigned key, const char *headers, int64_t until_ns)
{
    unsigned char bytes[FORWARD_KEY] = { 7, (unsigned char)key, (unsigned char)(key >> 8) };
    struct forward_answer answer = answer_of(200, headers);
    forward_cache_put(cache, bytes, &answer, until_ns);
    buf_fini(&answer.headers);
}

static bool has(const struct forward_cache *cache, unsigned key, const char *headers, int64_t now_ns)
{
    unsigned char bytes[FORWARD_KEY] = { 7, (unsigned char)key, (unsigned char)(key >> 8) };
    const struct forward_answer *answer = forward_cache_find(cache, bytes, now_ns);
    return answer && answer->status == 200 && str_eq(buf_str(&answer->headers), str_c(headers));
}

START_TEST(answers_live_as_long_as_they_shall)
{
    struct forward_cache *cache = forward_cache_create();
    put(cache, 1, "x: 1\n", 5 * SECOND);
    put(cache, 2, "x: 2\n", 6 * SECOND);
    ck_assert(has(cache, 1, "x: 1\n", 4 * SECOND) && has(cache, 2, "x: 2\n", 4 * SECOND));
    ck_assert(!has(cache, 1, "x: 1\n", 5 * SECOND) && has(cache, 2, "x: 2\n", 5 * SECOND));
    put(cache, 2, "x: 3\n", 9 * SECOND);
    ck_assert(has(cache, 2, "x: 3\n", 8 * SECOND));
    forward_cache_destroy(cache);
}
END_TEST

START_TEST(the_room_is_bounded)
{
    static char large[5000];
    memset(large, 'h', sizeof large - 1);
    struct forward_cache *cache = forward_cache_create();
    unsigned kept = 0;
    for (unsigned i = 0; i < 1000; i++)
        put(cache, i, "x: 1\n", (1000 + i) * SECOND);
    for (unsigned i = 0; i < 1000; i++)
        kept += has(cache, i, "x: 1\n", SECOND);
    ck_assert_uint_eq(kept, 8);
    ck_assert(has(cache, 999, "x: 1\n", SECOND));
    put(cache, 1000, large, 5000 * SECOND);
    ck_assert(!has(cache, 1000, large, SECOND));
    forward_cache_destroy(cache);
}
END_TEST

START_TEST(the_same_question_is_asked_once)
{
    struct forward_cache *cache = forward_cache_create();
    struct forward_flight a = { .key = { 1 } }, b = { .key = { 1 } }, c = { .key = { 1 } },
                          other = { .key = { 1, 1 } };
    ck_assert(forward_cache_join(cache, &a));
    ck_assert(!forward_cache_join(cache, &b));
    ck_assert(forward_cache_join(cache, &other));
    ck_assert(!forward_cache_join(cache, &c));
    struct forward_flight *followers = forward_cache_land(cache, &a);
    ck_assert(followers == &c && c.next == &b && !b.next);
    ck_assert_ptr_null(forward_cache_land(cache, &other));
    ck_assert(forward_cache_join(cache, &b));
    ck_assert_ptr_null(forward_cache_land(cache, &b));
    forward_cache_destroy(cache);
}
END_TEST

static const struct {
    const char *headers;
    bool shared;
} sharing[] = {
    { "", true },
    { "X-User: u\n", true },
    { "set-cookie: a=b\n", false },
    { "Cache-Control: max-age=5\n", true },
    { "Cache-Control: max-age=5, No-Store\n", false },
    { "Cache-Control: private\n", false },
    { "Cache-Control: no-cache=\"x\"\n", false },
    { "Cache-Control: privately\n", true },
};

START_TEST(what_is_one_clients_is_not_shared)
{
    struct forward_answer answer = answer_of(200, sharing[_i].headers);
    ck_assert_int_eq(forward_may_share(&answer), sharing[_i].shared);
    buf_fini(&answer.headers);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { questions_are_told_apart, ROWS(pairs) },
        { answers_live_as_long_as_they_shall, 0 },
        { the_room_is_bounded, 0 },
        { the_same_question_is_asked_once, 0 },
        { what_is_one_clients_is_not_shared, ROWS(sharing) },
        { NULL, 0 },
    };
    return run_suite("forward cache", tests);
}
