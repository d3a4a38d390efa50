/* Conditions in Go's syntax, in a language of three functions: one that is a condition, one that takes
 * numbers, one of text. */
#include "route/predicate.h"

#include "base/buf.h"
#include "suite.h"

enum { IS_UP, SHARE, NAME };

static const char *truth(void *context, size_t function)
{
    buf_printf(context, "%zu ", function);
    return NULL;
}

static void put_value(struct buf *out, const struct predicate_value *value)
{
    if (value->part == PREDICATE_FUNCTION)
        buf_printf(out, "%zu(%g,%g)", value->function, value->arguments[0], value->arguments[1]);
    else if (value->part == PREDICATE_TEXT)
        buf_printf(out, "'%.*s'", STR_ARG(value->text));
    else
        buf_printf(out, "%s%g", value->part == PREDICATE_INT ? "i" : "f", value->number);
}

static const char *compare(void *context, const struct predicate_value *left,
                           enum predicate_operator operator, const struct predicate_value * right)
{
    put_value(context, left);
    buf_puts(context, predicate_operator_text(operator));
    put_value(context, right);
    buf_putc(context, ' ');
    return right->part == PREDICATE_FUNCTION ? "no" : NULL;
}

static const char *join(void *context, bool all)
{
    buf_puts(context, all ? "& " : "| ");
    return NULL;
}

static const struct predicate_function functions[] = {
    { .name = STR("IsUp"), .is_truth = true },
    { STR("Share"), false, PREDICATE_FLOAT, 2 },
    { .name = STR("Name") },
};
static const struct predicate_language language = { functions, 3, "unknown", { truth, compare, join } };

static const struct {
    const char *text, *want; /* NULL: none */
} rows[] = {
    { "IsUp()", "0 " },
    { " ( IsUp ( ) ) ", "0 " },
    { "IsUp()||IsUp()&&Name()==`a\"`", "0 0 2(0,0)=='a\"' & | " },
    { "(IsUp()||IsUp())&&IsUp()", "0 0 | 0 & " },
    { "Share(0.5, 1e1) >= 3 && Name() != \"x y\"", "1(0.5,10)>=i3 2(0,0)!='x y' & " },
    { "3.5 < Share(.5,2.)", NULL }, /* the language refuses */
    { "3.5 < 4", "f3.5<i4 " },
    { "Share(\n0.5,\n1.0) >\n3\n", "1(0.5,1)>i3 " },
    { "Share(0.5, 1.0)\n> 3", NULL }, /* the line ends the statement */
    { "IsUp()\n&& IsUp()", NULL },
    { "Name() == \"a\"\n|| IsUp()", NULL },
    { "Name() == \"a\\n\"", NULL },
    { "Name() == \"a", NULL },
    { "Name() == `a", NULL },
    { "Share(0.5)", NULL },
    { "Share(0.5, 1) > 3", NULL },
    { "Share(0.5, 1.0, 2.0) > 3", NULL },
    { "IsUp", NULL },
    { "IsUp(1)", NULL },
    { "Nope() > 1", NULL },
    { "IsUp() == IsUp()", NULL },
    { "1 < 2 < 3", NULL },
    { "IsUp() && 1", NULL },
    { "1", NULL },
    { "Name() == 9223372036854775808", NULL },
    { "Name() == 1000000000000001", NULL },
    { "Name() == 0x10", NULL },
    { "!IsUp()", NULL },
    { "(IsUp()", NULL },
    { "IsUp())", NULL },
    { "IsUp() IsUp()", NULL },
    { "", NULL },
};

START_TEST(conditions_are_read_as_go_reads_them)
{
    struct buf got = { 0 };
    const char *fault;
    size_t at;
    bool ok = predicate_read(str_c(rows[_i].text), &language, &got, &fault, &at);
    ck_assert_msg(ok == (rows[_i].want != NULL), "%s: %s", rows[_i].text, fault ? fault : "read");
    ck_assert(at <= strlen(rows[_i].text) && ok == (fault == NULL));
    if (ok)
        ck_assert_msg(str_eq(buf_str(&got), str_c(rows[_i].want)), "%s: %.*s", rows[_i].text,
                      STR_ARG(buf_str(&got)));
    buf_fini(&got);
}
END_TEST

START_TEST(a_zero_byte_is_no_blank_and_no_end)
{
    struct buf got = { 0 };
    const char *fault;
    size_t at;
    ck_assert(!predicate_read(str_of("IsUp()\0", 7), &language, &got, &fault, &at));
    ck_assert_uint_eq(at, 6);
    ck_assert(!predicate_read(str_of("Is\0Up()", 8), &language, &got, &fault, &at));
    buf_fini(&got);
}
END_TEST

START_TEST(parentheses_are_bounded)
{
    struct buf text = { 0 }, got = { 0 };
    const char *fault;
    size_t at;
    for (int i = 0; i < 100000; i++)
        buf_putc(&text, '(');
    ck_assert(!predicate_read(buf_str(&text), &language, &got, &fault, &at));
    ck_assert_str_eq(fault, "too many parentheses");
    buf_fini(&text);
    buf_fini(&got);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = { { conditions_are_read_as_go_reads_them, ROWS(rows) },
                                      { a_zero_byte_is_no_blank_and_no_end, 0 },
                                      { parentheses_are_bounded, 0 },
                                      { 0 } };
    return run_suite("predicate", tests);
}
