/* Expressions of Go's syntax over what a try came to (vulcand/predicate with the functions of oxy/buffer). */
#include <ctype.h>

#include "base/quote.h"
#include "route/model_build.h"

enum { DEEPEST_PARENTHESES = 50, LONGEST = 4000 };

/* What a part of an expression is: a function's number or text, a literal, or a truth. */
enum part { PART_NONE, PART_TRUTH, PART_NUMBER_OF, PART_TEXT_OF, PART_NUMBER, PART_TEXT };

struct expression {
    struct str rest; /* what was not read yet */
    struct buf out;
    struct buf text;   /* the last literal text */
    const char *wrong; /* NULL: nothing yet */
    int depth;
};

static enum part fail(struct expression *e, const char *why)
{
    if (!e->wrong)
        e->wrong = why;
    return PART_NONE;
}

static void skip_blanks(struct expression *e)
{
    while (e->rest.n && strchr(" \t\r\n", e->rest.p[0]) && e->rest.p[0])
        e->rest = str_from(e->rest, 1);
}

static bool take(struct expression *e, struct str word)
{
    skip_blanks(e);
    if (!str_starts(e->rest, word))
        return false;
    e->rest = str_from(e->rest, word.n);
    return true;
}

static void put_step(struct expression *e, struct str step)
{
    if (e->out.n)
        buf_putc(&e->out, ' ');
    buf_put(&e->out, step);
}

static enum part read_function(struct expression *e, struct str name)
{
    static const struct {
        struct str name;
        enum part part;
    } functions[] = { { STR("Attempts"), PART_NUMBER_OF },
                      { STR("ResponseCode"), PART_NUMBER_OF },
                      { STR("IsNetworkError"), PART_TRUTH },
                      { STR("RequestMethod"), PART_TEXT_OF } };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!str_eq(functions[i].name, name))
            continue;
        if (!take(e, STR("(")) || !take(e, STR(")")))
            return fail(e, "a function takes ()");
        if (functions[i].part != PART_TEXT_OF)
            put_step(e, name);
        return functions[i].part;
    }
    return fail(e, "no such function");
}

/* "…" without escapes, or `…`. */
static enum part read_text(struct expression *e, char quote)
{
    struct str body = str_head(e->rest, str_find(e->rest, quote));
    if (body.n == e->rest.n)
        return fail(e, "a text does not end");
    if (quote == '"' && str_find(body, '\\') < body.n)
        return fail(e, "escapes in texts are not supported");
    e->rest = str_from(e->rest, body.n + 1);
    buf_reset(&e->text);
    buf_put(&e->text, body);
    return PART_TEXT;
}

static enum part read_or(struct expression *e);

static enum part read_primary(struct expression *e)
{
    skip_blanks(e);
    if (e->rest.n == 0)
        return fail(e, "it ends too early");
    if (take(e, STR("("))) {
        if (++e->depth > DEEPEST_PARENTHESES)
            return fail(e, "too many parentheses");
        enum part part = read_or(e);
        e->depth--;
        return take(e, STR(")")) ? part : fail(e, "a parenthesis stays open");
    }
    if (take(e, STR("\"")))
        return read_text(e, '"');
    if (take(e, STR("`")))
        return read_text(e, '`');
    size_t n = 0;
    while (n < e->rest.n && (isalnum((unsigned char)e->rest.p[n]) || e->rest.p[n] == '_'))
        n++;
    struct str word = str_head(e->rest, n);
    int64_t number;
    e->rest = str_from(e->rest, n);
    if (n == 0)
        return fail(e, "a function or a literal should stand here");
    if (!ascii_is_digit(word.p[0]))
        return read_function(e, word);
    if (!str_to_int64(word, &number))
        return fail(e, "no number");
    put_step(e, word);
    return PART_NUMBER;
}

static struct str take_comparison(struct expression *e)
{
    static const struct str operators[] = { STR("=="), STR("!="), STR("<="), STR(">="), STR("<"), STR(">") };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (take(e, operators[i]))
            return operators[i];
    return (struct str){ 0 };
}

static enum part compare(struct expression *e, enum part left, struct str operator, enum part right)
{
    if (left == PART_NUMBER_OF && right == PART_NUMBER) {
        put_step(e, operator);
        return PART_TRUTH;
    }
    bool equal = str_eq(operator, STR("=="));
    if (left != PART_TEXT_OF || right != PART_TEXT || (!equal && !str_eq(operator, STR("!="))))
        return fail(e, "a function is compared with a literal of its kind");
    put_step(e, STR("RequestMethod="));
    quote_field(&e->out, buf_str(&e->text));
    if (!equal)
        put_step(e, STR("!"));
    return PART_TRUTH;
}

static enum part read_comparison(struct expression *e)
{
    enum part left = read_primary(e);
    struct str operator;
    while (!e->wrong && (operator= take_comparison(e)).n)
        left = compare(e, left, operator, read_primary(e));
    return left;
}

static enum part read_and(struct expression *e)
{
    enum part left = read_comparison(e);
    while (!e->wrong && take(e, STR("&&"))) {
        if (left != PART_TRUTH || read_comparison(e) != PART_TRUTH)
            return fail(e, "&& joins conditions");
        put_step(e, STR("&&"));
    }
    return left;
}

static enum part read_or(struct expression *e)
{
    enum part left = read_and(e);
    while (!e->wrong && take(e, STR("||"))) {
        if (left != PART_TRUTH || read_and(e) != PART_TRUTH)
            return fail(e, "|| joins conditions");
        put_step(e, STR("||"));
    }
    return left;
}

bool model_read_expression(struct build *b, const struct text_value *source, struct str *out)
{
    struct expression e = { .rest = source->v };
    if (source->v.n > LONGEST)
        fail(&e, "it is too long");
    else if (read_or(&e) != PART_TRUTH)
        fail(&e, "it is no condition");
    skip_blanks(&e);
    if (e.rest.n)
        fail(&e, "an operator should stand here");
    if (e.wrong) {
        struct str text = str_head(source->v, 200);
        struct finding f = {
            .code = FINDING_BAD_VALUE, .key = source->key, .text = text, .message = str_c(e.wrong)
        };
        f.at = source->v.n - e.rest.n < text.n ? source->v.n - e.rest.n : 0;
        f.length = text.n - f.at ? 1 : 0;
        diag_add(b->diag, f);
    }
    *out = arena_copy(b->arena, buf_str(&e.out));
    buf_fini(&e.out);
    buf_fini(&e.text);
    return e.wrong == NULL;
}
