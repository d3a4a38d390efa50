#include "bench.h"

#define APR1               "$apr1$iOod6HCr$L5.hXenY46AtofuUz75t50"                        /* secret */
#define SHA                "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="                            /* secret */
#define BCRYPT             "$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a" /* U*U*U */
#define BASIC(users, more) "{\"op\":\"basicAuth\",\"users\":[" users "],\"realm\":\"traefik\"" more "}"
#define ALL                "\"apr:" APR1 "\",\"sha:" SHA "\",\"bc:" BCRYPT "\",\"none:\",\"plain:secret\""
#define TEST_SECRET        "Basic YXByOnNlY3JldA==" /* apr:secret */

static struct request with(const char *authorization)
{
    return (struct request){ .source = { 4, { 127, 0, 0, 1 } }, .authorization = str_c(authorization) };
}

static const struct {
    const char *authorization;
    bool passes;
    int waits;
} tries[] = {
    { TEST_SECRET, true, 1 },
    { "Basic c2hhOnNlY3JldA==", true, 0 },  /* sha:secret */
    { "Basic YmM6VSpVKlU=", true, 1 },      /* bc:U*U*U */
    { "Basic YXByOndyb25n", false, 1 },     /* apr:wrong */
    { "Basic c2hhOndyb25n", false, 0 },     /* sha:wrong */
    { "Basic YmM6c2VjcmV0", false, 1 },     /* bc:secret */
    { "Basic cGxhaW46c2VjcmV0", false, 0 }, /* plain:secret */
    { "Basic ", false, 0 },
    { NULL, false, 0 },
};

START_TEST(hashes_of_all_kinds)
{
    struct bench b;
    struct verdict v;
    struct request request = with(tries[_i].authorization);
    bench_open(&b, BASIC(ALL, ""));
    bench_ask(&b, &request, &v);
    ck_assert_int_eq(v.pass, tries[_i].passes);
    ck_assert_int_eq(b.waits, tries[_i].waits);
    if (!v.pass) {
        ck_assert_int_eq(v.status, 401);
        ck_assert_str_eq(v.body, "401 Unauthorized\n");
        ck_assert(str_eq(verdict_header(&v, "WWW-Authenticate"), STR("Basic realm=\"traefik\"")));
    }
    ck_assert_uint_eq(v.request.n, 0);
    verdict_fini(&v);
    bench_close(&b);
}
END_TEST

/* No waiting for a password that was right a moment ago; a wrong one is computed each time. */
START_TEST(a_right_password_is_computed_once)
{
    struct bench b;
    struct verdict v;
    struct request right = with(TEST_SECRET), wrong = with("Basic YXByOndyb25n");
    bench_open(&b, BASIC(ALL, ""));
    for (int i = 0; i < 10; i++) {
        bench_ask(&b, &right, &v);
        ck_assert(v.pass);
        verdict_fini(&v);
    }
    ck_assert_int_eq(b.waits, 1);
    for (int i = 0; i < 3; i++) {
        bench_ask(&b, &wrong, &v);
        ck_assert(!v.pass);
        verdict_fini(&v);
    }
    ck_assert_int_eq(b.waits, 4);
    bench_close(&b);
}
END_TEST

/* The password of the user whose hash is computed in its stead opens nothing, also once it is known. */
START_TEST(an_unknown_name_costs_a_hash_and_never_passes)
{
    struct bench b;
    struct verdict v;
    struct request known = with(TEST_SECRET), unknown = with("Basic YW55OnNlY3JldA=="),
                   none = with("Basic bm9uZTpzZWNyZXQ=");
    bench_open(&b, BASIC("\"apr:" APR1 "\",\"none:\"", ""));
    for (int i = 0; i < 2; i++) {
        bench_ask(&b, &known, &v);
        ck_assert(v.pass);
        verdict_fini(&v);
        bench_ask(&b, &unknown, &v);
        ck_assert(!v.pass && v.status == 401);
        verdict_fini(&v);
        bench_ask(&b, &none, &v);
        ck_assert(!v.pass && v.status == 401);
        verdict_fini(&v);
    }
    bench_close(&b);
    bench_open(&b, BASIC("\"apr:" APR1 "\"", ""));
    bench_ask(&b, &unknown, &v);
    ck_assert(!v.pass);
    ck_assert_int_eq(b.waits, 1);
    verdict_fini(&v);
    bench_close(&b);
}
END_TEST

START_TEST(a_changed_hash_is_another_password)
{
    struct bench b;
    struct verdict v;
    struct request request = with(TEST_SECRET);
    bench_open(&b, BASIC("\"apr:" APR1 "\"", ""));
    bench_ask(&b, &request, &v);
    ck_assert(v.pass);
    verdict_fini(&v);
    bench_load(&b, BASIC("\"apr:$apr1$wD8t6BR/$3A.YPS.bnLSli/OiFAX2l0\"", ""));
    bench_ask(&b, &request, &v);
    ck_assert(!v.pass);
    verdict_fini(&v);
    bench_close(&b);
}
END_TEST

static void check_changes(const char *ops, struct request request, const char *changes)
{
    struct bench b;
    struct verdict v;
    bench_open(&b, ops);
    bench_ask(&b, &request, &v);
    ck_assert(v.pass == (changes != NULL));
    if (changes)
        ck_assert_msg(str_eq(buf_str(&v.request), str_c(changes)), "%.*s", STR_ARG(buf_str(&v.request)));
    verdict_fini(&v);
    bench_close(&b);
}

START_TEST(headers_are_changed_as_the_options_say)
{
    check_changes(BASIC(ALL, ",\"remove\":true"), with(TEST_SECRET), "-authorization\n");
    check_changes(BASIC(ALL, ",\"header\":\"x-WebAuth-user\""), with(TEST_SECRET),
                  "-x-WebAuth-user\nx-WebAuth-user: apr\n");
    check_changes(BASIC(ALL, ",\"header\":\"X-U\",\"remove\":true"), with(TEST_SECRET),
                  "-X-U\nX-U: apr\n-authorization\n");
    /* "a\nb:secret": no line end gets into a header */
    check_changes(BASIC("\"a\\nb:" SHA "\"", ",\"header\":\"X-U\""), with("Basic YQpiOnNlY3JldA=="),
                  "-X-U\nX-U: a b\n");
}
END_TEST

START_TEST(the_next_op_sees_what_the_last_one_left)
{
    char headers[64] = "\1x\1y\15Authorization\26" TEST_SECRET "\1z\1y";
    struct request full = { .headers = str_of(headers, 4 + 1 + 13 + 1 + 22 + 4) };
    check_changes(BASIC(ALL, ""), full, "");
    check_changes(BASIC(ALL, "") "," BASIC(ALL, ""), full, "");
    check_changes(BASIC(ALL, ",\"remove\":true") "," BASIC(ALL, ""), full, NULL);
    check_changes(BASIC(ALL, ",\"remove\":true") "," BASIC(ALL, ""), with(TEST_SECRET), NULL);
    check_changes(BASIC(ALL, ",\"header\":\"authorization\"") "," BASIC(ALL, ""), full, NULL);
}
END_TEST

/* Everybody waits behind himself: a client whose share of the queue is full is told so, and another is not.
 */
START_TEST(one_client_cannot_fill_the_queue)
{
    struct bench b;
    bench_open(&b, BASIC("\"bc:$2b$10$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a\"", ""));
    enum { MANY = 200 };
    static struct bench_wait waits[MANY];
    static struct verdict verdicts[MANY];
    struct request wrong = with("Basic YmM6c2VjcmV0"), other = wrong;
    other.source.bytes[3] = 77;
    int busy = 0;
    for (int i = 0; i < MANY; i++) {
        verdict_init(&verdicts[i]);
        waits[i] = (struct bench_wait){ .waiting.done = bench_done };
        waits[i].waiting.decision =
            decision_begin(program_set_find(b.set, STR("p")), i == MANY - 1 ? &other : &wrong, &b.tools,
                           clock_monotonic_ns(), &verdicts[i]);
        ck_assert(!decision_run(&waits[i].waiting.decision));
        decision_wait(&waits[i].waiting);
        busy += waits[i].over && verdicts[i].status == 503;
    }
    ck_assert_int_gt(busy, 20);
    ck_assert_int_lt(busy, MANY - 100);
    int64_t start_ns = clock_monotonic_ns();
    while (!waits[MANY - 1].over)
        bench_sleep(&b);
    ck_assert_int_eq(verdicts[MANY - 1].status, 401);
    ck_assert_int_lt(clock_monotonic_ns() - start_ns,
                     3000000000); /* not after all of the other's, some 10 s of work */
    bench_close(&b);
    for (int i = 0; i < MANY; i++) {
        ck_assert(waits[i].over && !verdicts[i].pass);
        verdict_fini(&verdicts[i]);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { hashes_of_all_kinds, ROWS(tries) },
                                     { a_right_password_is_computed_once, 0 },
                                     { an_unknown_name_costs_a_hash_and_never_passes, 0 },
                                     { a_changed_hash_is_another_password, 0 },
                                     { headers_are_changed_as_the_options_say, 0 },
                                     { the_next_op_sees_what_the_last_one_left, 0 },
                                     { one_client_cannot_fill_the_queue, 0 },
                                     { 0 } };
    return run_suite("basic_auth", rows);
}
