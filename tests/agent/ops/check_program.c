#include "ops/program.h"

#include "ops/op.h"

#include <stdio.h>
#include <stdlib.h>

#include "suite.h"

#define LIMIT(members)                                                                                       \
    "{\"op\":\"rateLimit\",\"bucket\":\"r|m\",\"average\":10,\"period\":1000000000,\"burst\":20" members "}"
#define IP            ",\"source\":{\"kind\":\"ip\"}"
#define SET(programs) "{\"version\":1,\"revision\":7,\"programs\":{" programs "}}"
#define ONE(ops)      SET("\"ol1\":{\"ops\":[" ops "]}")

static struct program_set *parse(const char *json, char error[static 256])
{
    error[0] = '\0';
    return program_set_parse(str_c(json), error);
}

START_TEST(programs_are_found_by_their_ids)
{
    char error[256];
    struct program_set *set = parse(
        SET("\"ol1\":{\"ops\":[" LIMIT(IP) "]},\"cf2\":{\"ops\":[" LIMIT(IP) "," LIMIT(IP) "]}"), error);
    ck_assert_msg(set != NULL, "%s", error);
    ck_assert_uint_eq(program_set_count(set), 2);
    ck_assert_ptr_nonnull(program_set_find(set, STR("ol1")));
    ck_assert_ptr_nonnull(program_set_find(set, STR("cf2")));
    ck_assert_ptr_ne(program_set_find(set, STR("ol1")), program_set_find(set, STR("cf2")));
    ck_assert_ptr_null(program_set_find(set, STR("ol")));
    ck_assert_ptr_null(program_set_find(set, STR("")));
    program_set_release(set);
}
END_TEST

static const char *const good[] = {
    SET(""),
    "{\"programs\":{},\"version\":1}",
    " " SET("") " \n",
    ONE(""),
    ONE(LIMIT(IP)),
    ONE(LIMIT(",\"source\":{\"kind\":\"host\"}")),
    ONE(LIMIT(",\"source\":{\"kind\":\"header\",\"name\":\"X-Key\"}")),
    ONE("{\"op\":\"rateLimit\",\"bucket\":\"\",\"average\":-1,\"period\":1,\"burst\":9223372036854775807" IP
        "}"),
};

START_TEST(a_good_set_is_taken)
{
    char error[256];
    struct program_set *set = parse(good[_i], error);
    ck_assert_msg(set != NULL, "%s: %s", good[_i], error);
    program_set_release(set);
}
END_TEST

static const struct {
    const char *json, *error;
} bad[] = {
    { "", "not JSON" },
    { "{", "not JSON" },
    { "{}x", "not JSON at byte 2: " },
    { SET("") SET(""), "not JSON at byte 40: " },
    { "[]", "expected an object" },
    { "null", "ends too early" },
    { "7 ", "expected an object" },
    { "null ", "expected an object" },
    { "{}", "\"version\" is missing" },
    { "{\"version\":1}", "\"programs\" is missing" },
    { "{\"version\":\"1\",\"programs\":{}}", "\"version\" is not of type int" },
    { "{\"version\":2,\"programs\":{}}", "version 2; this agent knows 1" },
    { "{\"version\":1,\"programs\":{},\"more\":0}", "unknown member \"more\"" },
    { "{\"version\":1,\"programs\":[]}", "\"programs\" is not of type object" },
    { SET("\"a\":[]"), "program \"a\": op 0: expected an object" },
    { SET("\"a\":null"), "program \"a\"" },
    { SET("\"a\":{}"), "program \"a\": op 0: member \"ops\" is missing" },
    { SET("\"a\":{\"ops\":[],\"if\":1}"), "unknown member \"if\"" },
    { ONE("1"), "program \"ol1\": op 1: an op has a name" },
    { ONE("{}"), "an op has a name" },
    { ONE("{\"op\":7}"), "an op has a name" },
    { ONE("{\"op\":\"oddAuth\"}"), "op 1: unknown op \"oddAuth\"" },
    { ONE("{\"op\":\"basicAuth\"}"), "op 1: member \"users\" is missing" },
    { ONE("{\"op\":\"basicAuth\",\"users\":[],\"realm\":\"r\"}"), "op 1: there are no users" },
    { ONE("{\"op\":\"basicAuth\",\"users\":[\"a:b\",\"secret\"],\"realm\":\"r\"}"),
      "op 1: user 2 is not name:secret" },
    { ONE(LIMIT(IP) ",{\"op\":\"ratelimit\"}"), "op 2: unknown op \"ratelimit\"" },
    { ONE(LIMIT("")), "\"source\" is missing" },
    { ONE(LIMIT(IP ",\"x\":1")), "unknown member \"x\"" },
    { ONE(LIMIT(",\"source\":\"ip\"")), "\"source\" is not of type object" },
    { ONE(LIMIT(",\"source\":{}")), "\"kind\" is missing" },
    { ONE(LIMIT(",\"source\":{\"kind\":\"cookie\"}")), "unknown kind of source \"cookie\"" },
    { ONE(LIMIT(",\"source\":{\"kind\":\"header\"}")), "a source has a name if" },
    { ONE(LIMIT(",\"source\":{\"kind\":\"header\",\"name\":\"\"}")), "a source has a name if" },
    { ONE(LIMIT(",\"source\":{\"kind\":\"ip\",\"name\":\"x\"}")), "a source has a name if" },
    { ONE(LIMIT(",\"source\":{\"kind\":\"ip\",\"depth\":1}")),
      "a source has a depth if, and only if, it is one by depth" },
    { ONE(LIMIT(",\"source\":{\"kind\":\"depth\"}")), "a source has a depth if, and only if" },
    { ONE(LIMIT(",\"source\":{\"kind\":\"excluded\",\"excluded\":[\"::/129\"]}")),
      "excluded 1 is no network" },
    { ONE(LIMIT(",\"source\":{\"kind\":\"ip\",\"mask\":1}")), "unknown member \"mask\"" },
    { ONE("{\"op\":\"rateLimit\",\"bucket\":\"b\",\"average\":1.5,\"period\":1,\"burst\":1" IP "}"),
      "\"average\" is not of type int" },
    { ONE("{\"op\":\"rateLimit\",\"bucket\":\"b\",\"average\":1,\"period\":0,\"burst\":1" IP "}"),
      "at least 1" },
    { ONE("{\"op\":\"rateLimit\",\"bucket\":\"b\",\"average\":1,\"period\":1,\"burst\":0" IP "}"),
      "at least 1" },
    { ONE("{\"op\":\"rateLimit\",\"average\":1,\"period\":1,\"burst\":1" IP "}"), "\"bucket\" is missing" },
    { "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{"
      "\"a\":{"
      "\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1",
      "not JSON" },
};

START_TEST(one_fault_refuses_the_whole_set)
{
    char error[256];
    struct program_set *set = parse(bad[_i].json, error);
    ck_assert_msg(set == NULL, "taken: %s", bad[_i].json);
    ck_assert_msg(strstr(error, bad[_i].error) != NULL, "%s: \"%s\" is not \"%s\"", bad[_i].json, error,
                  bad[_i].error);
}
END_TEST

START_TEST(a_cut_set_is_refused_wherever_it_is_cut)
{
    static const char whole[] = ONE(LIMIT(IP));
    char error[256];
    for (size_t n = 0; n + 1 < sizeof whole; n++) {
        char *exact = malloc(n + 1);
        memcpy(exact, whole, n);
        ck_assert_ptr_null(program_set_parse(str_of(exact, n), error));
        free(exact);
    }
}
END_TEST

START_TEST(long_names_fit_in_the_message)
{
    char json[4096], error[256], name[1001];
    memset(name, 'n', 1000);
    name[1000] = '\0';
    snprintf(json, sizeof json, SET("\"%s\":{\"ops\":[{\"op\":\"%s\"}]}"), name, name);
    ck_assert_ptr_null(parse(json, error));
    ck_assert_uint_lt(strlen(error), sizeof error);
    ck_assert_ptr_nonnull(strstr(error, "unknown op"));
}
END_TEST

#define SOURCE(id, text)                                                                                     \
    {                                                                                                        \
        STR(id), STR(text), false                                                                            \
    }

START_TEST(a_set_is_built_of_old_and_new_programs)
{
    char error[256];
    const struct program_source first[] = { SOURCE("ol1", "{\"ops\":[" LIMIT(IP) "]}"),
                                            SOURCE("ol2", "{\"ops\":[]}") };
    const struct program_source second[] = { SOURCE("ol1", "not read again"), SOURCE("ol3", "{\"ops\":[]}") };
    struct program_set *old = program_set_build(NULL, first, 2, error);
    ck_assert_msg(old != NULL, "%s", error);
    const struct program *shared = program_set_find(old, STR("ol1"));
    struct program_set *new = program_set_build(old, second, 2, error);
    ck_assert_msg(new != NULL, "%s", error);
    program_set_release(old);
    ck_assert_uint_eq(program_set_count(new), 2);
    ck_assert_ptr_eq(program_set_find(new, STR("ol1")), shared);
    ck_assert_ptr_nonnull(program_set_find(new, STR("ol3")));
    ck_assert_ptr_null(program_set_find(new, STR("ol2")));
    program_set_release(new);
}
END_TEST

static uint64_t life(const struct program_set *set, const char *id)
{
    return program_set_find(set, str_c(id))->ops[0].rate_limit.life;
}

/* Traefik's limits are full again after any change; ours after one of their own. */
START_TEST(a_limit_that_comes_again_begins_anew)
{
    char error[256];
    struct program_source one[] = { { STR("ol1"), STR("{\"ops\":[" LIMIT(IP) "]}"), true } };
    struct program_source changed[] = { { STR("ol2"), STR("{\"ops\":[" LIMIT(IP) "," LIMIT(IP) "]}"), true },
                                        { STR("ol1"), STR("{\"ops\":[" LIMIT(IP) "]}"), false } };
    struct program_set *first = program_set_build(NULL, one, 1, error);
    struct program_set *again = program_set_build(first, one, 1, error);
    struct program_set *other = program_set_build(first, changed, 2, error);
    one[0].fresh = false;
    struct program_set *same = program_set_build(first, one, 1, error);
    ck_assert_uint_ne(life(first, "ol1"), life(again, "ol1")); /* it was gone meanwhile */
    ck_assert_uint_eq(life(first, "ol1"), life(same, "ol1"));
    ck_assert_uint_eq(life(first, "ol1"),
                      life(other, "ol2")); /* the bucket's program has changed, the bucket has not */
    struct program_set *const all[] = { first, again, other, same };
    for (size_t i = 0; i < 4; i++)
        program_set_release(all[i]);
}
END_TEST

START_TEST(a_bad_source_refuses_the_set_that_is_built)
{
    char error[256];
    const struct program_source cut[] = { SOURCE("ol1", "{\"ops\":[]}"), SOURCE("ol2", "{\"ops\":") };
    const struct program_source unknown[] = { SOURCE("ol1", "{\"ops\":[{\"op\":\"x\"}]}") };
    ck_assert_ptr_null(program_set_build(NULL, cut, 2, error));
    ck_assert_ptr_nonnull(strstr(error, "program \"ol2\": not JSON at byte 7"));
    ck_assert_ptr_null(program_set_build(NULL, unknown, 1, error));
    ck_assert_ptr_nonnull(strstr(error, "program \"ol1\": op 1: unknown op \"x\""));
}
END_TEST

START_TEST(a_program_may_be_named_twice)
{
    char error[256];
    const struct program_source twice[] = { SOURCE("ol1", "{\"ops\":[]}"), SOURCE("ol1", "{\"ops\":[]}") };
    struct program_set *set = program_set_build(NULL, twice, 2, error),
                       *next = program_set_build(set, twice, 2, error);
    ck_assert_uint_eq(program_set_count(set), 1);
    program_set_release(set);
    ck_assert_ptr_nonnull(program_set_find(next, STR("ol1")));
    program_set_release(next);
}
END_TEST

START_TEST(a_set_lives_as_long_as_it_is_held)
{
    char error[256];
    struct program_set *set = parse(ONE(LIMIT(IP)), error);
    ck_assert_ptr_eq(program_set_hold(set), set);
    program_set_release(set);
    ck_assert_ptr_nonnull(program_set_find(set, STR("ol1")));
    program_set_release(set);
    program_set_release(NULL);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { programs_are_found_by_their_ids, 0 },
        { a_good_set_is_taken, ROWS(good) },
        { one_fault_refuses_the_whole_set, ROWS(bad) },
        { a_cut_set_is_refused_wherever_it_is_cut, 0 },
        { long_names_fit_in_the_message, 0 },
        { a_set_is_built_of_old_and_new_programs, 0 },
        { a_limit_that_comes_again_begins_anew, 0 },
        { a_bad_source_refuses_the_set_that_is_built, 0 },
        { a_program_may_be_named_twice, 0 },
        { a_set_lives_as_long_as_it_is_held, 0 },
        { NULL, 0 },
    };
    return run_suite("program", tests);
}
