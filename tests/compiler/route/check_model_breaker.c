/* Conditions of circuit breakers: what is read, and what is none (reference/traefik-middlewares.md 3.5). */
#include "route/model_breaker.h"

#include "base/buf.h"
#include "suite.h"

static const struct {
    const char *text;
    const char *want; /* NULL: no condition */
} rows[] = {
    { "NetworkErrorRatio() > 0.5", "N>0.5" },
    { "  NetworkErrorRatio ( )>0.5 ", "N>0.5" },
    { "ResponseCodeRatio(500, 600, 0, 600) >= .25", "C(500,600,0,600)>=0.25" },
    { "LatencyAtQuantileMS(50.0) > 100", "L(50)>100" },
    { "RequestThreshold() != 7", "R!=7" },
    { "NetworkErrorRatio() > 0.5 || RequestThreshold() > 1 && LatencyAtQuantileMS(9.5e1) < 3",
      "N>0.5 R>1 L(95)<3 & |" },
    { "(NetworkErrorRatio() > 0.5 || RequestThreshold() > 1) && RequestThreshold() <= 3",
      "N>0.5 R>1 | R<=3 &" },
    { "NetworkErrorRatio() > 0.5 &&\nRequestThreshold() == 1", "N>0.5 R==1 &" },
    { "(NetworkErrorRatio()) > (0.5)", "N>0.5" },
    { "NetworkErrorRatio() > 1", NULL }, /* [ran] expected float */
    { "NetworkErrorRatio() > 1.", "N>1" },
    { "RequestThreshold() > 1.0", NULL },
    { "LatencyAtQuantileMS(50) > 100", NULL }, /* [ran] int as float64 */
    { "LatencyAtQuantileMS(50.0, 1.0) > 100", NULL },
    { "ResponseCodeRatio(500, 600, 0) > 0.5", NULL },
    { "ResponseCodeRatio(500, 600, 0, 600.0) > 0.5", NULL },
    { "Foo() > 1", NULL },
    { "networkErrorRatio() > 0.5", NULL },
    { "0.5 < NetworkErrorRatio()", NULL },
    { "NetworkErrorRatio()", NULL },
    { "0.5", NULL },
    { "!(NetworkErrorRatio() > 0.5)", NULL },
    { "NetworkErrorRatio() > -0.5", NULL },
    { "NetworkErrorRatio() > 0.5 RequestThreshold() > 1", NULL },
    { "NetworkErrorRatio() > 0.5 &&", NULL },
    { "(NetworkErrorRatio() > 0.5", NULL },
    { "NetworkErrorRatio() > 0.5)", NULL },
    { "NetworkErrorRatio() > 0.5 && RequestThreshold()", NULL },
    { "NetworkErrorRatio() == NetworkErrorRatio()", NULL },
    { "RequestThreshold() > 0x10", NULL },
    { "RequestThreshold() > 99999999999999999999", NULL },
    { "NetworkErrorRatio() > 0.5\n&& RequestThreshold() > 1", NULL },
    { "", NULL },
};

static void put(struct buf *out, const struct breaker_step *s)
{
    static const char *const comparisons[] = { "<", "<=", ">", ">=", "==", "!=" };
    if (s->kind != STEP_COMPARE) {
        buf_puts(out, s->kind == STEP_AND ? "&" : "|");
        return;
    }
    buf_putc(out, "NCLR"[s->metric]);
    if (s->metric == METRIC_CODES)
        buf_printf(out, "(%d,%d,%d,%d)", (int)s->codes[0], (int)s->codes[1], (int)s->codes[2],
                   (int)s->codes[3]);
    if (s->metric == METRIC_LATENCY)
        buf_printf(out, "(%g)", s->quantile);
    buf_printf(out, "%s%g", comparisons[s->comparison], s->value);
}

START_TEST(conditions_are_those_of_go)
{
    struct arena *arena = arena_create();
    struct breaker_condition condition;
    struct buf got = { 0 };
    const char *fault;
    size_t at;
    bool ok = breaker_condition_read(arena, str_c(rows[_i].text), &condition, &fault, &at);
    ck_assert_msg(ok == (rows[_i].want != NULL), "%s: %s", rows[_i].text, fault ? fault : "read");
    ck_assert(at <= strlen(rows[_i].text) && ok == (fault == NULL));
    for (size_t i = 0; ok && i < condition.n; i++) {
        buf_puts(&got, i ? " " : "");
        put(&got, &condition.steps[i]);
    }
    if (ok)
        ck_assert_msg(str_eq(buf_str(&got), str_c(rows[_i].want)), "%s: %.*s", rows[_i].text,
                      STR_ARG(buf_str(&got)));
    buf_fini(&got);
    arena_destroy(arena);
}
END_TEST

START_TEST(they_are_bounded)
{
    struct arena *arena = arena_create();
    struct breaker_condition condition;
    struct buf text = { 0 };
    const char *fault;
    size_t at;
    for (int i = 0; i < 100000; i++)
        buf_putc(&text, '(');
    ck_assert(!breaker_condition_read(arena, buf_str(&text), &condition, &fault, &at));
    buf_reset(&text);
    for (int i = 0; i < 100; i++)
        buf_puts(&text, "NetworkErrorRatio() > 0.5 || ");
    buf_puts(&text, "NetworkErrorRatio() > 0.5");
    ck_assert(!breaker_condition_read(arena, buf_str(&text), &condition, &fault, &at));
    buf_fini(&text);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = { { conditions_are_those_of_go, ROWS(rows) },
                                      { they_are_bounded, 0 },
                                      { 0 } };
    return run_suite("model_breaker", tests);
}
