#include "relay/expression.h"

#include "base/buf.h"
#include "suite.h"

static const struct {
    const char *text;
    bool holds;
} cases[] = {
    { "IsNetworkError", true },
    { "ResponseCode 502 ==", true },
    { "ResponseCode 500 <", false },
    { "ResponseCode 502 <=", true },
    { "ResponseCode 502 >", false },
    { "ResponseCode 502 >=", true },
    { "Attempts 3 !=", true },
    { "Attempts 3 < IsNetworkError &&", true },
    { "Attempts 2 < IsNetworkError ||", true },
    { "RequestMethod=PUT", true },
    { "RequestMethod=PUT !", false },
    { "RequestMethod=GET ! Attempts 2 == && IsNetworkError &&", true },
};

START_TEST(expressions_hold_or_not)
{
    struct expression_facts facts = { .attempts = 2, .status = 502, .method = STR("PUT") };
    ck_assert(expression_check(str_c(cases[_i].text)));
    ck_assert_msg(expression_holds(str_c(cases[_i].text), &facts) == cases[_i].holds, "%s", cases[_i].text);
}
END_TEST

static const char *const wrong[] = {
    "", "Nope", "!", "==", "1 ==", "1 1", "Attempts 1 < &&", "Attempts  1 <", "1x", "99999999999999999999"
};

START_TEST(what_is_no_expression)
{
    ck_assert_msg(!expression_check(str_c(wrong[_i])), "%s", wrong[_i]);
}
END_TEST

START_TEST(they_are_as_deep_as_the_stack)
{
    struct buf text = { 0 };
    for (int i = 0; i < 65; i++)
        buf_puts(&text, i ? " 1" : "1");
    ck_assert(!expression_check(buf_str(&text)));
    buf_fini(&text);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { expressions_hold_or_not, ROWS(cases) },
        { what_is_no_expression, ROWS(wrong) },
        { they_are_as_deep_as_the_stack, 0 },
        { NULL, 0 },
    };
    return run_suite("expression", tests);
}
