#include "route/predicate.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_DEPTH = 50 };

struct reader {
    const struct predicate_language *language;
    void *context;
    struct str text;
    size_t at;
    const char *fault;
    int depth;
};

const char *predicate_operator_text(enum predicate_operator operator)
{
    static const char *const texts[] = {
        [PREDICATE_LT] = "<",  [PREDICATE_LE] = "<=", [PREDICATE_GT] = ">",
        [PREDICATE_GE] = ">=", [PREDICATE_EQ] = "==", [PREDICATE_NE] = "!=",
    };
    return texts[operator];
}

static bool fail(struct reader *r, const char *fault)
{
    r->fault = r->fault ? r->fault : fault;
    return false;
}

/* What a call of the language said. */
static bool agreed(struct reader *r, const char *fault)
{
    return fault ? fail(r, fault) : true;
}

static char peek(const struct reader *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static bool is_name_byte(char c)
{
    return ascii_is_alnum(c) || c == '_';
}

/* Blanks; a line may end only where Go does not end a statement there: not behind an operand. */
static void skip(struct reader *r, bool line_ends)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\r' || (line_ends && peek(r) == '\n'))
        r->at++;
}

static bool take(struct reader *r, const char *token)
{
    bool found = str_starts(str_from(r->text, r->at), str_c(token));
    if (found) {
        r->at += strlen(token);
        skip(r, token[0] != ')');
    }
    return found;
}

/* A number as Go writes one: digits only is an int (strconv.Atoi: decimal), a point or an exponent makes a
 * float. */
static bool read_number(struct reader *r, struct predicate_value *out)
{
    char copy[64], *end;
    size_t from = r->at;
    int64_t whole;
    *out = (struct predicate_value){ .part = PREDICATE_INT };
    while (ascii_is_digit(peek(r)) || peek(r) == '.' || ascii_lower(peek(r)) == 'e' ||
           ((peek(r) == '-' || peek(r) == '+') && r->at > from && ascii_lower(r->text.p[r->at - 1]) == 'e')) {
        if (!ascii_is_digit(peek(r)))
            out->part = PREDICATE_FLOAT;
        r->at++;
    }
    out->text = str_of(r->text.p + from, r->at - from);
    if (out->text.n == 0 || out->text.n >= sizeof copy || is_name_byte(peek(r)))
        return fail(r, "expected a function or a literal");
    memcpy(copy, out->text.p, out->text.n);
    copy[out->text.n] = '\0';
    out->number = strtod(copy, &end);
    if (*end || !isfinite(out->number) || fabs(out->number) > 1e15 ||
        (out->part == PREDICATE_INT && !str_to_int64(out->text, &whole)))
        return fail(r, "no number, or too great a one");
    skip(r, false);
    return true;
}

/* "…" without escapes, or `…`. */
static bool read_text(struct reader *r, char quote, struct predicate_value *out)
{
    struct str rest = str_from(r->text, r->at + 1), body = str_head(rest, str_find(rest, quote));
    if (body.n == rest.n)
        return fail(r, "the text does not end");
    if (quote == '"' && (str_find(body, '\\') < body.n || str_find(body, '\n') < body.n))
        return fail(r, "escapes and line ends in texts are not supported");
    *out = (struct predicate_value){ .part = PREDICATE_TEXT, .text = body };
    r->at += body.n + 2;
    skip(r, false);
    return true;
}

static bool read_arguments(struct reader *r, const struct predicate_function *function, double *numbers)
{
    if (!take(r, "("))
        return fail(r, "expected (");
    for (size_t i = 0; i < function->n_arguments; i++) {
        struct predicate_value number;
        if (i > 0 && !take(r, ","))
            return fail(r, "an argument is missing");
        if (!read_number(r, &number))
            return false;
        if (number.part != function->argument)
            return fail(r, function->argument == PREDICATE_FLOAT
                               ? "the argument must be written with a point, as in 50.0"
                               : "the argument must be a whole number");
        numbers[i] = number.number;
    }
    return take(r, ")") || fail(r, "expected )");
}

static bool read_function(struct reader *r, struct predicate_value *out)
{
    const struct predicate_language *l = r->language;
    size_t from = r->at, i = 0;
    while (is_name_byte(peek(r)))
        r->at++;
    struct str name = str_of(r->text.p + from, r->at - from);
    while (i < l->n_functions && !str_eq(l->functions[i].name, name))
        i++;
    if (i == l->n_functions) {
        r->at = from;
        return fail(r, l->unknown);
    }
    *out = (struct predicate_value){ .part = PREDICATE_FUNCTION, .function = i };
    skip(r, false);
    if (!read_arguments(r, &l->functions[i], out->arguments))
        return false;
    if (!l->functions[i].is_truth)
        return true;
    out->part = PREDICATE_TRUTH;
    return agreed(r, l->calls.truth(r->context, i));
}

static bool read_or(struct reader *r, struct predicate_value *out);

static bool read_operand(struct reader *r, struct predicate_value *out)
{
    if (peek(r) == '"' || peek(r) == '`')
        return read_text(r, peek(r), out);
    if (!take(r, "("))
        return is_name_byte(peek(r)) && !ascii_is_digit(peek(r)) ? read_function(r, out)
                                                                 : read_number(r, out);
    if (++r->depth > MAX_DEPTH)
        return fail(r, "too many parentheses");
    bool ok = read_or(r, out) && (take(r, ")") || fail(r, "expected )"));
    r->depth--;
    return ok;
}

/* Comparisons one behind the other are none: the first is a condition already. */
static bool read_comparison(struct reader *r, struct predicate_value *out)
{
    static const enum predicate_operator longest_first[] = { PREDICATE_LE, PREDICATE_GE, PREDICATE_EQ,
                                                             PREDICATE_NE, PREDICATE_LT, PREDICATE_GT };
    enum { N = sizeof longest_first / sizeof *longest_first };
    struct predicate_value right;
    size_t i = 0;
    if (!read_operand(r, out))
        return false;
    while (i < N && !take(r, predicate_operator_text(longest_first[i])))
        i++;
    if (i == N)
        return true;
    if (!read_operand(r, &right))
        return false;
    if (out->part == PREDICATE_TRUTH || right.part == PREDICATE_TRUTH)
        return fail(r, "a condition cannot be compared");
    const char *fault = r->language->calls.compare(r->context, out, longest_first[i], &right);
    *out = (struct predicate_value){ .part = PREDICATE_TRUTH };
    return agreed(r, fault);
}

/* A chain of one operator; everything that it joins must be a condition. */
static bool read_chain(struct reader *r, struct predicate_value *out, bool all,
                       bool (*below)(struct reader *, struct predicate_value *))
{
    if (!below(r, out))
        return false;
    while (take(r, all ? "&&" : "||")) {
        struct predicate_value right;
        if (!below(r, &right))
            return false;
        if (out->part != PREDICATE_TRUTH || right.part != PREDICATE_TRUTH)
            return fail(r, "both sides must be conditions");
        if (!agreed(r, r->language->calls.join(r->context, all)))
            return false;
    }
    return true;
}

static bool read_and(struct reader *r, struct predicate_value *out)
{
    return read_chain(r, out, true, read_comparison);
}

static bool read_or(struct reader *r, struct predicate_value *out)
{
    return read_chain(r, out, false, read_and);
}

bool predicate_read(struct str text, const struct predicate_language *language, void *context,
                    const char **fault, size_t *at)
{
    struct reader r = { .language = language, .context = context, .text = text };
    struct predicate_value whole;
    skip(&r, true);
    bool ok = read_or(&r, &whole);
    skip(&r, true);
    if (ok && r.at < text.n)
        ok = fail(&r, "expected && or ||");
    if (ok && whole.part != PREDICATE_TRUTH)
        ok = fail(&r, "expected a comparison");
    *fault = r.fault;
    *at = r.at;
    return ok;
}
