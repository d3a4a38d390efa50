#include "relay/expression.h"

enum { DEEPEST = 64 };

struct machine {
    int64_t stack[DEEPEST];
    size_t n;
    const struct expression_facts *facts;
};

static bool push(struct machine *m, int64_t value)
{
    if (m->n == DEEPEST)
        return false;
    m->stack[m->n++] = value;
    return true;
}

static int64_t join(struct str operator, int64_t a, int64_t b, bool *known)
{
    if (str_eq(operator, STR("==")))
        return a == b;
    if (str_eq(operator, STR("!=")))
        return a != b;
    if (str_eq(operator, STR("<")))
        return a < b;
    if (str_eq(operator, STR("<=")))
        return a <= b;
    if (str_eq(operator, STR(">")))
        return a > b;
    if (str_eq(operator, STR(">=")))
        return a >= b;
    if (str_eq(operator, STR("&&")))
        return a && b;
    *known = str_eq(operator, STR("||"));
    return a || b;
}

/* HTTP methods are compared as they are quoted: letters, digits and what else stands for itself. */
static bool step(struct machine *m, struct str word)
{
    int64_t number;
    bool known = true;
    if (word.n == 0)
        return false;
    if (str_eq(word, STR("Attempts")))
        return push(m, m->facts->attempts);
    if (str_eq(word, STR("ResponseCode")))
        return push(m, m->facts->status);
    if (str_eq(word, STR("IsNetworkError")))
        return push(m, m->facts->status == 502 || m->facts->status == 504);
    if (str_starts(word, STR("RequestMethod=")))
        return push(m, str_eq(str_from(word, STR("RequestMethod=").n), m->facts->method));
    if (ascii_is_digit(word.p[0]))
        return str_to_int64(word, &number) && push(m, number);
    if (str_eq(word, STR("!"))) {
        if (m->n == 0)
            return false;
        m->stack[m->n - 1] = !m->stack[m->n - 1];
        return true;
    }
    if (m->n < 2)
        return false;
    m->n--;
    m->stack[m->n - 1] = join(word, m->stack[m->n - 1], m->stack[m->n], &known);
    return known;
}

static bool run(struct str expression, const struct expression_facts *facts, bool *result)
{
    struct machine m = { .facts = facts };
    while (expression.p)
        if (!step(&m, str_cut(&expression, ' ')))
            return false;
    *result = m.n == 1 && m.stack[0];
    return m.n == 1;
}

bool expression_check(struct str expression)
{
    bool result;
    return run(expression, &(struct expression_facts){ .method = STR("GET") }, &result);
}

bool expression_holds(struct str expression, const struct expression_facts *facts)
{
    bool result;
    return run(expression, facts, &result) && result;
}
