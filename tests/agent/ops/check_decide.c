#include "ops/decide.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ops/verdict.h"
#include "suite.h"

#define MS     INT64_C(1000000)
#define SECOND INT64_C(1000000000)

/* A limiter and a set with one program, "p". */
struct desk {
    struct limiter *limiter;
    struct program_set *set;
};

static struct desk desk_open(const char *ops)
{
    char json[2048], error[256];
    snprintf(json, sizeof json, "{\"version\":1,\"programs\":{\"p\":{\"ops\":[%s]}}}", ops);
    struct desk desk = { limiter_create(1024), program_set_parse(str_c(json), error) };
    ck_assert_msg(desk.set != NULL, "%s", error);
    return desk;
}

static void desk_close(struct desk *desk)
{
    limiter_destroy(desk->limiter);
    program_set_release(desk->set);
}

static void ask(struct desk *desk, const struct request *request, int64_t now_ns, struct verdict *out)
{
    struct tools tools = { .limiter = desk->limiter };
    verdict_init(out);
    struct decision d = decision_begin(program_set_find(desk->set, STR("p")), request, &tools, now_ns, out);
    ck_assert(decision_run(&d));
    decision_end(&d);
}

static bool passes(struct desk *desk, const struct request *request, int64_t now_ns)
{
    struct verdict verdict;
    ask(desk, request, now_ns, &verdict);
    return verdict.pass;
}

static char *limit(char *out, const char *bucket, int average, const char *period, int burst,
                   const char *source)
{
    snprintf(
        out, 512,
        "{\"op\":\"rateLimit\",\"bucket\":\"%s\",\"average\":%d,\"period\":%s,\"burst\":%d,\"source\":{%s}}",
        bucket, average, period, burst, source);
    return out;
}

static const struct request nobody = { 0 };

START_TEST(no_ops_pass)
{
    struct desk desk = desk_open("");
    struct verdict v;
    ask(&desk, &nobody, 0, &v);
    ck_assert(v.pass && v.delay_ns == 0);
    desk_close(&desk);
}
END_TEST

static struct str header(const struct verdict *v, const char *name)
{
    for (size_t i = 0; i < v->n_headers; i++)
        if (strcmp(v->headers[i].name, name) == 0)
            return v->headers[i].value;
    return STR("none");
}

static const struct {
    const char *period;
    int average, burst;
    int64_t later_ns; /* after the burst */
    const char *retry_after, *retry_in;
} refusals[] = {
    { "1000000000", 5, 2, 62019774, "1", "137.980226ms" },
    { "10000000000", 1, 1, 16148811, "10", "9.983851189s" },
    { "60000000000", 1, 2, 0, "60", "1m0s" },
    { "60000000000", 1, 1, 1, "60", "59.999999999s" },
    { "300000000000", 1, 1, 10000000, "300", "4m59.99s" },
    { "3600000000000", 1, 1, 0, "3600", "59m59.999999488s" },
    { "1000000000", 1000, 1, 0, "1", "1ms" },
    { "2000000000", 1, 1, 501000000, "2", "1.499s" },
};

/* A limit of one an hour counts in steps of 1,024 ns. */
START_TEST(a_refusal_looks_like_traefiks)
{
    char ops[512];
    struct desk desk = desk_open(
        limit(ops, "b", refusals[_i].average, refusals[_i].period, refusals[_i].burst, "\"kind\":\"ip\""));
    for (int i = 0; i < refusals[_i].burst; i++)
        ck_assert(passes(&desk, &nobody, 1024 * SECOND));
    struct verdict v;
    ask(&desk, &nobody, 1024 * SECOND + refusals[_i].later_ns, &v);
    ck_assert(!v.pass);
    ck_assert_int_eq(v.status, 429);
    ck_assert_str_eq(v.body, "Too Many Requests");
    ck_assert_str_eq(v.op, "rateLimit");
    ck_assert_uint_eq(v.n_headers, 2);
    ck_assert_msg(str_eq(header(&v, "Retry-After"), str_c(refusals[_i].retry_after)), "%.*s",
                  STR_ARG(header(&v, "Retry-After")));
    ck_assert_msg(str_eq(header(&v, "X-Retry-In"), str_c(refusals[_i].retry_in)), "%.*s",
                  STR_ARG(header(&v, "X-Retry-In")));
    desk_close(&desk);
}
END_TEST

static struct request from(const char *address, unsigned length)
{
    struct request r = { .source.n = length };
    memcpy(r.source.bytes, address, length);
    return r;
}

START_TEST(addresses_have_buckets_of_their_own)
{
    char ops[512];
    struct desk desk = desk_open(limit(ops, "b", 1, "60000000000", 1, "\"kind\":\"ip\""));
    struct request a = from("\x0a\0\0\1", 4), b = from("\x0a\0\0\2", 4),
                   six = from("\x0a\0\0\1\0\0\0\0\0\0\0\0\0\0\0\1", 16),
                   a_mapped = from("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", 16);
    ck_assert(passes(&desk, &a, SECOND));
    ck_assert(passes(&desk, &b, SECOND));
    ck_assert(passes(&desk, &six, SECOND));
    ck_assert(passes(&desk, &nobody, SECOND));
    ck_assert(!passes(&desk, &a, SECOND));
    ck_assert(!passes(&desk, &six, SECOND));
    ck_assert(!passes(&desk, &nobody, SECOND));
    ck_assert(!passes(&desk, &a_mapped, SECOND)); /* the same client, come in by the other family's socket */
    desk_close(&desk);
}
END_TEST

START_TEST(a_header_is_a_source)
{
    char ops[512];
    struct desk desk =
        desk_open(limit(ops, "b", 1, "60000000000", 1, "\"kind\":\"header\",\"name\":\"X-Key\""));
    struct request one = { .headers = STR("\5x-key\1a\5x-key\1b\0\0") },
                   two = { .headers = STR("\5x-key\1b\0\0") }, none = { .headers = STR("\4host\1a\0\0") },
                   broken = { .headers = STR("\5x-ke") };
    ck_assert(passes(&desk, &one, SECOND));
    ck_assert(passes(&desk, &two, SECOND));
    ck_assert(passes(&desk, &none, SECOND));
    ck_assert(!passes(&desk, &one, SECOND));
    ck_assert(!passes(&desk, &broken, SECOND)); /* all without the header share a bucket */
    desk_close(&desk);
}
END_TEST

START_TEST(the_host_is_a_source_as_received)
{
    char ops[512];
    struct desk desk = desk_open(limit(ops, "b", 1, "60000000000", 1, "\"kind\":\"host\""));
    struct request a = { .host = STR("a.example:80") }, upper = { .host = STR("A.example:80") },
                   plain = { .host = STR("a.example") };
    ck_assert(passes(&desk, &a, SECOND));
    ck_assert(passes(&desk, &upper, SECOND));
    ck_assert(passes(&desk, &plain, SECOND));
    ck_assert(!passes(&desk, &a, SECOND));
    desk_close(&desk);
}
END_TEST

START_TEST(a_pass_may_have_to_wait)
{
    char ops[512];
    struct desk desk = desk_open(limit(ops, "b", 10, "1000000000", 1, "\"kind\":\"ip\""));
    struct verdict v;
    ask(&desk, &nobody, SECOND, &v);
    ck_assert(v.pass && v.delay_ns == 0);
    ask(&desk, &nobody, SECOND + 60 * MS, &v);
    ck_assert(v.pass);
    ck_assert_int_eq(v.delay_ns, 40 * MS);
    verdict_refuse_delay(&v);
    ck_assert(!v.pass && v.delay_ns == 0 && v.status == 429);
    ck_assert(str_eq(header(&v, "X-Retry-In"), STR("40ms")));
    desk_close(&desk);
}
END_TEST

/* What sleeps at the first limit reaches the second one later: there, the token is back by then. */
START_TEST(limits_in_a_row_see_the_request_one_after_the_other)
{
    char first[512], second[512], both[1100];
    limit(first, "1", 10, "1000000000", 1, "\"kind\":\"ip\"");
    limit(second, "2", 10, "1000000000", 1, "\"kind\":\"ip\"");
    snprintf(both, sizeof both, "%s,%s", first, second);
    struct desk desk = desk_open(both);
    ck_assert(passes(&desk, &nobody, SECOND));
    struct verdict v;
    ask(&desk, &nobody, SECOND + 50 * MS, &v);
    ck_assert(v.pass);
    ck_assert_int_eq(v.delay_ns, 50 * MS);
    desk_close(&desk);
}
END_TEST

START_TEST(the_first_refusal_ends_the_program)
{
    char first[512], second[512], both[1100];
    limit(first, "1", 1, "60000000000", 1, "\"kind\":\"ip\"");
    limit(second, "2", 1, "60000000000", 2, "\"kind\":\"ip\"");
    snprintf(both, sizeof both, "%s,%s", first, second);
    struct desk desk = desk_open(both);
    ck_assert(passes(&desk, &nobody, SECOND));
    for (int i = 0; i < 5; i++)
        ck_assert(!passes(&desk, &nobody, SECOND));
    struct request other = from("\1\2\3\4", 4);
    ck_assert(passes(&desk, &other, SECOND));
    struct limit_answer left =
        limiter_take(desk.limiter, &(struct limit){ 1, 60 * SECOND, 2 }, 0, STR("2"), STR(""), SECOND);
    ck_assert(left.allowed && left.wait_ns == 0); /* refused requests took nothing of the second limit */
    desk_close(&desk);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { no_ops_pass, 0 },
        { a_refusal_looks_like_traefiks, ROWS(refusals) },
        { addresses_have_buckets_of_their_own, 0 },
        { a_header_is_a_source, 0 },
        { the_host_is_a_source_as_received, 0 },
        { a_pass_may_have_to_wait, 0 },
        { limits_in_a_row_see_the_request_one_after_the_other, 0 },
        { the_first_refusal_ends_the_program, 0 },
        { NULL, 0 },
    };
    return run_suite("decide", tests);
}
