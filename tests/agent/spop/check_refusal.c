#include "spop/refusal.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "ops/op.h"
#include "ops/verdict.h"
#include "suite.h"

#define SECOND INT64_C(1000000000)

/* A program without ops, whose verdict is a refusal. */
struct scene {
    char path[64];
    struct log *log;
    struct refusals refusals;
    struct program_set *set;
    struct verdict verdict;
    struct decision decision;
};

static void scene_open(struct scene *s)
{
    char error[256];
    *s = (struct scene){ .path = "/tmp/maitred-refusal.XXXXXX" };
    close(mkstemp(s->path));
    s->log = log_open(s->path, LOG_LINE_INFO, false);
    s->set = program_set_parse(STR("{\"version\":1,\"programs\":{\"cabc\":{\"ops\":[]}}}"), error);
    verdict_init(&s->verdict);
    struct request request = { .source = { 4, { 10, 0, 0, 7 } },
                               .url = STR("/?secret"),
                               .authorization = STR("Basic secret") };
    static const struct tools tools;
    s->decision =
        decision_begin(program_set_find(s->set, STR("cabc")), &request, &tools, 5 * SECOND, &s->verdict);
    verdict_refuse(&s->verdict, "basicAuth", 401, "no");
    s->verdict.why = "wrong password";
}

static struct buf scene_close(struct scene *s)
{
    struct buf told = { 0 };
    log_close(s->log);
    ck_assert(file_read(s->path, 1 << 20, &told));
    unlink(s->path);
    decision_end(&s->decision);
    verdict_fini(&s->verdict);
    program_set_release(s->set);
    return told;
}

START_TEST(a_refusal_says_why_and_no_more)
{
    struct scene s;
    scene_open(&s);
    refusal_tell(&s.refusals, s.log, &s.decision);
    struct buf told = scene_close(&s);
    ck_assert(str_ends(
        buf_str(&told),
        STR("agent: refused with 401 by basicAuth: wrong password; client 10.0.0.7, program cabc\n")));
    ck_assert(str_search(buf_str(&told), STR("secret")) == SIZE_MAX);
    buf_fini(&told);
}
END_TEST

START_TEST(ten_a_second_are_told_and_the_others_counted)
{
    struct scene s;
    scene_open(&s);
    for (int i = 0; i < 1000; i++)
        refusal_tell(&s.refusals, s.log, &s.decision);
    s.decision.now_ns += SECOND;
    refusal_tell(&s.refusals, s.log, &s.decision);
    struct buf told = scene_close(&s);
    size_t lines = 0;
    for (size_t i = 0; i < told.n; i++)
        lines += told.p[i] == '\n';
    ck_assert_uint_eq(lines, 11);
    ck_assert(str_ends(buf_str(&told), STR("; 990 more were refused before\n")));
    buf_fini(&told);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { a_refusal_says_why_and_no_more, 0 },
        { ten_a_second_are_told_and_the_others_counted, 0 },
        { NULL, 0 },
    };
    return run_suite("refusal", tests);
}
