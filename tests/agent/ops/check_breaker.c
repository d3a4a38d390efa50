/* Circuit breakers in time (reference/traefik-middlewares.md 3.5). */
#include "ops/breaker.h"

#include "ops/breaker_condition.h"
#include "ops/breaker_event.h"
#include "ops/breaker_metrics.h"
#include "suite.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)
#define START  (INT64_C(5000) * SECOND)

static struct breaker *breaker_of(const char *condition, int64_t fallback_ns, int64_t recovery_ns)
{
    struct json_object *steps = json_tokener_parse(condition);
    struct breaker *breaker =
        breaker_create(steps, &(struct breaker_times){ 100 * MS, fallback_ns, recovery_ns });
    json_object_put(steps);
    return breaker;
}

/* [ran] 2 s open and 2 s recovering, a request about each 200 ms after the 2 s: which pass. */
START_TEST(it_recovers_as_traefik_does)
{
    static const char *const want = "000010110111";
    struct breaker *breaker = breaker_of("[[\"codes\",500,600,0,600,\">\",0.3]]", 2 * SECOND, 2 * SECOND);
    int64_t now = START;
    ck_assert(breaker_lets_pass(breaker, now));
    breaker_record(breaker, 500, MS, now);
    ck_assert(!breaker_lets_pass(breaker, now + 1) && !breaker_lets_pass(breaker, now + 2 * SECOND - 1));
    now += 2 * SECOND;
    for (size_t i = 0; want[i]; i++, now += 215 * MS) {
        bool passes = breaker_lets_pass(breaker, now);
        ck_assert_msg(passes == (want[i] == '1'), "request %zu", i);
        if (passes)
            breaker_record(breaker, 200, MS, now);
    }
    breaker_destroy(breaker);
}
END_TEST

START_TEST(a_failure_while_it_recovers_opens_it_again)
{
    struct breaker *breaker = breaker_of("[[\"network\",\">\",0.5]]", SECOND, SECOND);
    breaker_record(breaker, 502, MS, START);
    ck_assert(!breaker_lets_pass(breaker, START + SECOND));
    ck_assert(!breaker_lets_pass(breaker, START + 1100 * MS));
    ck_assert(breaker_lets_pass(breaker, START + 1700 * MS)); /* 1 of 3 is less than 0.35 */
    breaker_record(breaker, 504, MS, START + 1700 * MS);
    ck_assert(!breaker_lets_pass(breaker, START + 2700 * MS - 1));
    ck_assert(!breaker_lets_pass(breaker, START + 2700 * MS)); /* recovers: the first is refused */
    ck_assert(breaker_lets_pass(breaker, START + 3700 * MS + 1));
    breaker_destroy(breaker);
}
END_TEST

START_TEST(it_looks_once_in_a_period)
{
    struct breaker *breaker = breaker_of("[[\"requests\",\">\",2]]", SECOND, SECOND);
    for (int i = 0; i < 10; i++)
        breaker_record(breaker, 200, MS, START + i);
    ck_assert(breaker_lets_pass(breaker, START + 50 * MS));
    breaker_record(breaker, 200, MS, START + 101 * MS);
    ck_assert(!breaker_lets_pass(breaker, START + 102 * MS));
    breaker_destroy(breaker);
}
END_TEST

START_TEST(the_longest_times_are_no_short_ones)
{
    struct breaker *breaker = breaker_of("[[\"network\",\">\",0.5]]", INT64_MAX, INT64_MAX);
    breaker_record(breaker, 502, MS, START);
    ck_assert(!breaker_lets_pass(breaker, START + 1));
    ck_assert(!breaker_lets_pass(breaker, START + 1000000 * SECOND));
    breaker_destroy(breaker);
}
END_TEST

static const struct {
    const char *condition;
    bool opens; /* after 200 200 500 502 404, 10 to 50 ms */
} conditions[] = {
    { "[[\"network\",\">\",0.19]]", true },
    { "[[\"network\",\">\",0.2]]", false },
    { "[[\"network\",\">=\",0.2]]", true },
    { "[[\"network\",\"==\",0.2]]", true },
    { "[[\"network\",\"!=\",0.2]]", false },
    { "[[\"codes\",500,600,0,600,\">\",0.39]]", true },
    { "[[\"codes\",500,502,400,500,\"==\",1]]", true },
    { "[[\"codes\",500,600,600,700,\">=\",0]]", true },
    { "[[\"requests\",\"==\",5]]", true },
    { "[[\"requests\",\"<=\",4]]", false },
    { "[[\"latency\",50,\">=\",30]]", true },
    { "[[\"latency\",50,\">\",30]]", false },
    { "[[\"latency\",100,\"==\",50]]", true },
    { "[[\"network\",\">\",0.9],[\"requests\",\">\",1],\"or\"]", true },
    { "[[\"network\",\">\",0.9],[\"requests\",\">\",1],\"and\"]", false },
};

START_TEST(conditions_hold_as_they_say)
{
    static const int statuses[] = { 200, 200, 500, 502, 404 };
    struct breaker_metrics m;
    struct json_object *steps = json_tokener_parse(conditions[_i].condition);
    struct breaker_condition *condition = breaker_condition_create(steps);
    ck_assert_ptr_nonnull(condition);
    breaker_metrics_init(&m, breaker_condition_wants_latency(condition));
    for (size_t i = 0; i < 5; i++)
        breaker_metrics_record(&m, statuses[i], (10 + 10 * (int64_t)i) * MS, START);
    ck_assert_msg(breaker_condition_holds(condition, &m, START) == conditions[_i].opens, "%s",
                  conditions[_i].condition);
    breaker_metrics_fini(&m);
    breaker_condition_destroy(condition);
    json_object_put(steps);
}
END_TEST

static const char *const broken[] = { "[]",
                                      "[\"and\"]",
                                      "[[\"network\",\">\",0.5],\"and\"]",
                                      "[[\"network\",\"~\",0.5]]",
                                      "[[\"network\",\">\",0.5],[\"network\",\">\",0.5]]",
                                      "[[\"codes\",1,2,\">\",0.5]]",
                                      "[[]]",
                                      "[[\"latency\",\"x\",\">\",1]]",
                                      "{}",
                                      "[[\"network\",\">\",\"1\"]]" };

START_TEST(what_is_no_condition_is_refused)
{
    ck_assert_ptr_null(breaker_of(broken[_i], SECOND, SECOND));
}
END_TEST

START_TEST(counts_are_of_ten_seconds)
{
    struct breaker_metrics m;
    breaker_metrics_init(&m, true);
    for (int i = 0; i < 20; i++)
        breaker_metrics_record(&m, 200, 3 * MS, START + i * SECOND);
    ck_assert_int_eq(breaker_requests(&m, START + 19 * SECOND), 10);
    ck_assert_int_eq(breaker_requests(&m, START + 24 * SECOND), 5);
    ck_assert_int_eq(breaker_requests(&m, START + 60 * SECOND), 0);
    ck_assert_int_eq(breaker_latency_ms(&m, 50), 3);
    breaker_metrics_reset(&m, START);
    ck_assert_int_eq(breaker_latency_ms(&m, 50), 0);
    breaker_metrics_fini(&m);
}
END_TEST

/* Two significant digits: at most 1 % too much. */
START_TEST(latencies_keep_two_digits)
{
    for (int64_t ms = 1; ms < 3600000; ms = ms * 3 / 2 + 1) {
        struct breaker_metrics m;
        breaker_metrics_init(&m, true);
        breaker_metrics_record(&m, 200, ms * MS, START);
        int64_t got = breaker_latency_ms(&m, 99);
        ck_assert_msg(got >= ms && got <= ms + ms / 100, "%lld ms give %lld", (long long)ms, (long long)got);
        breaker_metrics_fini(&m);
    }
}
END_TEST

static const struct {
    const char *line;
    int status; /* 0: no event */
    int64_t latency_ms;
} events[] = {
    { "oa12.0; 502 0 -1 -1", 502, 0 },
    { "oa12.0;oa13.4; 200 1 2 30\n", 200, 33 },
    { "- 200 0 0 0", 200, 0 },
    { "oa12.0; 200 0 0", 0, 0 },
    { "oa12.0; 200 0 0 0 0", 0, 0 },
    { "oa12.0; x 0 0 0", 0, 0 },
    { " 200 0 0 0", 0, 0 },
    { "a.0; 99 0 0 0", 0, 0 },
    { "a.0; 99999999999999999999 0 0 0", 0, 0 },
    { "", 0, 0 },
};

START_TEST(events_are_read)
{
    struct breaker_event event;
    bool ok = breaker_event_read(str_c(events[_i].line), &event);
    ck_assert(ok == (events[_i].status != 0));
    if (ok) {
        ck_assert_int_eq(event.status, events[_i].status);
        ck_assert_int_eq(event.latency_ns, events[_i].latency_ms * MS);
    }
}
END_TEST

START_TEST(an_event_names_breakers)
{
    struct str passed = STR("oa12.0;ob.17;x;"), id;
    size_t op;
    ck_assert(breaker_event_next(&passed, &id, &op) && str_eq(id, STR("oa12")) && op == 0);
    ck_assert(breaker_event_next(&passed, &id, &op) && str_eq(id, STR("ob")) && op == 17);
    ck_assert(!breaker_event_next(&passed, &id, &op));
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { it_recovers_as_traefik_does, 0 },
        { a_failure_while_it_recovers_opens_it_again, 0 },
        { it_looks_once_in_a_period, 0 },
        { the_longest_times_are_no_short_ones, 0 },
        { conditions_hold_as_they_say, ROWS(conditions) },
        { what_is_no_condition_is_refused, ROWS(broken) },
        { counts_are_of_ten_seconds, 0 },
        { latencies_keep_two_digits, 0 },
        { events_are_read, ROWS(events) },
        { an_event_names_breakers, 0 },
        { 0 },
    };
    return run_suite("breaker", tests);
}
