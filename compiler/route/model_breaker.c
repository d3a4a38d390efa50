#include "route/model_breaker.h"

#include <math.h>
#include <stdlib.h>

#include "route/model_build.h"

enum { MAX_DEPTH = 32 };

enum operand_kind { OPERAND_BOOL, OPERAND_METRIC, OPERAND_INT, OPERAND_FLOAT };

/* What a part of the expression is. */
struct operand {
    enum operand_kind kind;
    struct breaker_step metric;
    double number;
};

struct reader {
    struct str text;
    size_t at;
    struct breaker_step steps[BREAKER_MAX_STEPS];
    size_t n;
    const char *fault;
    int depth;
};

static bool fail(struct reader *r, const char *fault)
{
    r->fault = r->fault ? r->fault : fault;
    return false;
}

static bool is_letter(char c)
{
    char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || c == '_';
}

static char peek(const struct reader *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

/* Blanks; a line may end only where Go does not end a statement there. */
static void skip(struct reader *r, bool line_ends)
{
    while (r->at < r->text.n &&
           (strchr(" \t\r", r->text.p[r->at]) || (line_ends && r->text.p[r->at] == '\n')) && r->text.p[r->at])
        r->at++;
}

static bool take(struct reader *r, const char *token)
{
    bool found = str_starts(str_from(r->text, r->at), str_c(token));
    if (found) {
        r->at += strlen(token);
        skip(r, !strchr(")", token[0]));
    }
    return found;
}

/* A number as Go writes one: digits only is an int (strconv.Atoi: decimal), a point or an exponent makes a
 * float. */
static bool read_number(struct reader *r, struct operand *out)
{
    char copy[64], *end;
    size_t from = r->at;
    bool real = false;
    while (ascii_is_digit(peek(r)) || peek(r) == '.' || ascii_lower(peek(r)) == 'e' ||
           ((peek(r) == '-' || peek(r) == '+') && r->at > from && ascii_lower(r->text.p[r->at - 1]) == 'e')) {
        real = real || !ascii_is_digit(peek(r));
        r->at++;
    }
    struct str digits = str_of(r->text.p + from, r->at - from);
    if (digits.n == 0 || digits.n >= sizeof copy || is_letter(peek(r)))
        return fail(r, "expected a number");
    memcpy(copy, digits.p, digits.n);
    copy[digits.n] = '\0';
    out->number = strtod(copy, &end);
    int64_t whole;
    if (*end || !isfinite(out->number) || (!real && !str_to_int64(digits, &whole)) ||
        fabs(out->number) > 1e15)
        return fail(r, "no number, or too great a one");
    out->kind = real ? OPERAND_FLOAT : OPERAND_INT;
    skip(r, false);
    return true;
}

/* The arguments of a metric, `n` numbers of one kind. */
static bool read_arguments(struct reader *r, enum operand_kind kind, double *numbers, size_t n)
{
    if (!take(r, "("))
        return fail(r, "expected (");
    for (size_t i = 0; i < n; i++) {
        struct operand number;
        if (i > 0 && !take(r, ","))
            return fail(r, "an argument is missing");
        if (!read_number(r, &number))
            return false;
        if (number.kind != kind)
            return fail(r, kind == OPERAND_FLOAT ? "the argument must be written with a point, as in 50.0"
                                                 : "the argument must be a whole number");
        numbers[i] = number.number;
    }
    return take(r, ")") || fail(r, "expected )");
}

static bool read_metric(struct reader *r, struct operand *out)
{
    static const struct {
        struct str name;
        enum breaker_metric metric;
        enum operand_kind argument;
        size_t n;
    } metrics[] = { { STR("NetworkErrorRatio"), METRIC_NETWORK_ERRORS, OPERAND_INT, 0 },
                    { STR("ResponseCodeRatio"), METRIC_CODES, OPERAND_INT, 4 },
                    { STR("LatencyAtQuantileMS"), METRIC_LATENCY, OPERAND_FLOAT, 1 },
                    { STR("RequestThreshold"), METRIC_REQUESTS, OPERAND_INT, 0 } };
    size_t from = r->at, i = 0;
    double numbers[4] = { 0 };
    while (is_letter(peek(r)) || (r->at > from && ascii_is_digit(peek(r))))
        r->at++;
    struct str name = str_of(r->text.p + from, r->at - from);
    while (i < sizeof metrics / sizeof *metrics && !str_eq(metrics[i].name, name))
        i++;
    if (i == sizeof metrics / sizeof *metrics) {
        r->at = from;
        return fail(r,
                    "expected NetworkErrorRatio, ResponseCodeRatio, LatencyAtQuantileMS or RequestThreshold");
    }
    skip(r, false);
    if (!read_arguments(r, metrics[i].argument, numbers, metrics[i].n))
        return false;
    *out = (struct operand){ .kind = OPERAND_METRIC,
                             .metric = { .metric = metrics[i].metric, .quantile = numbers[0] } };
    for (size_t j = 0; j < 4; j++)
        out->metric.codes[j] = (int64_t)numbers[j];
    return true;
}

static bool read_or(struct reader *r, struct operand *out);

static bool read_operand(struct reader *r, struct operand *out)
{
    if (!take(r, "("))
        return is_letter(peek(r)) ? read_metric(r, out) : read_number(r, out);
    if (++r->depth > MAX_DEPTH)
        return fail(r, "too many parentheses");
    bool ok = read_or(r, out) && (take(r, ")") || fail(r, "expected )"));
    r->depth--;
    return ok;
}

static bool push(struct reader *r, struct breaker_step step)
{
    if (r->n == BREAKER_MAX_STEPS)
        return fail(r, "too many conditions");
    r->steps[r->n++] = step;
    return true;
}

static bool is_ratio(enum breaker_metric metric)
{
    return metric == METRIC_NETWORK_ERRORS || metric == METRIC_CODES;
}

static bool read_comparison(struct reader *r, struct operand *out)
{
    static const struct {
        const char *token;
        enum breaker_comparison comparison;
    } all[] = { { "<=", COMPARE_LE }, { ">=", COMPARE_GE }, { "==", COMPARE_EQ },
                { "!=", COMPARE_NE }, { "<", COMPARE_LT },  { ">", COMPARE_GT } };
    struct operand right;
    size_t i = 0;
    if (!read_operand(r, out))
        return false;
    while (i < sizeof all / sizeof *all && !take(r, all[i].token))
        i++;
    if (i == sizeof all / sizeof *all)
        return true;
    if (out->kind != OPERAND_METRIC)
        return fail(r, "a metric must stand at the left");
    if (!read_operand(r, &right))
        return false;
    struct breaker_step step = out->metric;
    if (right.kind != (is_ratio(step.metric) ? OPERAND_FLOAT : OPERAND_INT))
        return fail(r, is_ratio(step.metric) ? "a ratio is compared with a number with a point, as in 0.3"
                                             : "it is compared with a whole number");
    step.kind = STEP_COMPARE;
    step.comparison = all[i].comparison;
    step.value = right.number;
    out->kind = OPERAND_BOOL;
    return push(r, step);
}

/* A chain of one operator; everything that it joins must be a condition. */
static bool read_chain(struct reader *r, struct operand *out, const char *token, enum breaker_step_kind kind,
                       bool (*below)(struct reader *, struct operand *))
{
    if (!below(r, out))
        return false;
    while (take(r, token)) {
        struct operand right;
        if (!below(r, &right))
            return false;
        if (out->kind != OPERAND_BOOL || right.kind != OPERAND_BOOL)
            return fail(r, "both sides must be conditions");
        if (!push(r, (struct breaker_step){ .kind = kind }))
            return false;
    }
    return true;
}

static bool read_and(struct reader *r, struct operand *out)
{
    return read_chain(r, out, "&&", STEP_AND, read_comparison);
}

static bool read_or(struct reader *r, struct operand *out)
{
    return read_chain(r, out, "||", STEP_OR, read_and);
}

bool breaker_condition_read(struct arena *arena, struct str text, struct breaker_condition *out,
                            const char **fault, size_t *at)
{
    struct reader r = { .text = text };
    struct operand whole;
    skip(&r, true);
    bool ok = read_or(&r, &whole);
    skip(&r, true);
    if (ok && r.at < text.n)
        ok = fail(&r, "expected && or ||");
    if (ok && whole.kind != OPERAND_BOOL)
        ok = fail(&r, "expected a comparison, as in NetworkErrorRatio() > 0.3");
    *fault = r.fault;
    *at = r.at;
    struct breaker_step *steps = ARENA_ARRAY(arena, struct breaker_step, r.n);
    if (r.n)
        memcpy(steps, r.steps, r.n * sizeof *steps);
    *out = (struct breaker_condition){ steps, r.n };
    return ok;
}

static int64_t time_of(const struct duration_value *value, int64_t fallback_ns)
{
    return IS_SET(*value) && value->ns > 0 ? value->ns : fallback_ns;
}

bool model_read_breaker(struct build *b, const struct circuit_breaker *source, struct model_op *op,
                        bool *idle)
{
    const int64_t ms = 1000000, second = 1000 * ms;
    struct model_breaker *out = ARENA_NEW(b->arena, struct model_breaker);
    struct str text = source->expression.v;
    const char *fault;
    size_t at;
    *idle = false;
    op->kind = OP_BREAKER;
    op->breaker = out;
    out->check_ns = time_of(&source->check_period, 100 * ms);
    out->fallback_ns = time_of(&source->fallback, 10 * second);
    out->recovery_ns = time_of(&source->recovery, 10 * second);
    out->status = IS_SET(source->response_code) ? source->response_code.v : 503;
    bool ok = true;
    if (out->status < 200 || out->status > 999) {
        diag_report(b->diag, FINDING_NOT_SUPPORTED, source->response_code.key,
                    "%lld is no status of an answer", (long long)out->status);
        ok = false;
    }
    if (breaker_condition_read(b->arena, text, &out->condition, &fault, &at))
        return ok;
    diag_add(b->diag,
             (struct finding){ .code = FINDING_BAD_OBJECT,
                               .key = IS_SET(source->expression) ? source->expression.key : source->key,
                               .text = str_head(text, 200),
                               .at = at < 200 ? at : 0,
                               .length = at < text.n && at < 200,
                               .message = STR("the condition of the circuit breaker cannot be read"),
                               .expected = str_c(fault) });
    return false;
}
