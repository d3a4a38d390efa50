/* Which rules HAProxy can hold: what must hold together as one regular expression. */
#include "rule_fixture.h"

static bool fits(const char *text)
{
    struct rule_dnf dnf;
    struct str key = KEY, rule = str_c(text);
    const struct rule_node *parsed = rule_parse(arena, rule, key, diag);
    const struct rule_node *checked =
        parsed ? rule_check(arena, arena, parsed, RULE_V3, rule, key, diag) : NULL;
    ck_assert(checked && rule_normalise(arena, checked, rule, key, &dnf, diag));
    size_t before = diag_total(diag);
    bool ok = rule_fits(&dnf, rule, key, diag);
    ck_assert_uint_eq(diag_total(diag) - before, !ok);
    return ok;
}

/* `part`, its number and the end of a call, n times, with `between` between. */
static const char *repeated(struct buf *out, const char *part, const char *between, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s%zu`)", i ? between : "", part, i);
    return out->p;
}

START_TEST(ordinary_rules_fit)
{
    static const char *const rules[] = {
        "Path(`/x`)", "PathRegexp(`^/x/[0-9]+$`) && Header(`X-A`, `1`)", "HostRegexp(`\\pL`)",
        "Header(`A`, `1`) && Header(`B`, `2`) && Header(`C`, `3`) && !Path(`/x`)"
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        ck_assert_msg(fits(rules[i]), "%s", rules[i]);
}
END_TEST

START_TEST(conditions_that_hold_together_add_up)
{
    struct buf few = { 0 }, many = { 0 };
    ck_assert(fits(repeated(&few, "HeaderRegexp(`X-A`, `^[a-z]+", " && ", 20)));
    ck_assert(!fits(repeated(&many, "HeaderRegexp(`X-A`, `^[a-z]+", " && ", 400)));
    buf_fini(&few), buf_fini(&many);
}
END_TEST

START_TEST(alternatives_do_not)
{
    struct buf many = { 0 };
    ck_assert(fits(repeated(&many, "HeaderRegexp(`X-A`, `^[a-z]+", " || ", 400)));
    buf_fini(&many);
}
END_TEST

START_TEST(a_class_is_as_long_as_what_it_becomes_and_is_written_once_an_expression)
{
    struct buf many = { 0 };
    buf_puts(&many, "PathRegexp(`^");
    for (size_t i = 0; i < 40; i++)
        buf_puts(&many, "\\pL");
    buf_puts(&many, "`)");
    ck_assert(fits(many.p));
    ck_assert(!fits("PathRegexp(`^/a\\pL`) && PathRegexp(`\\pLb$`)"));
    buf_fini(&many);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { ordinary_rules_fit, 0 },
        { conditions_that_hold_together_add_up, 0 },
        { alternatives_do_not, 0 },
        { a_class_is_as_long_as_what_it_becomes_and_is_written_once_an_expression, 0 },
        { 0 },
    };
    return run_rule_suite("rule_fit", rows);
}
