/* When buffering tries again: a condition over what a try came to (the functions of oxy/buffer), in reverse
 * Polish notation for the relay. */
#include "base/quote.h"
#include "route/model_build.h"
#include "route/predicate.h"

enum { LONGEST = 4000 };
enum function { ATTEMPTS, RESPONSE_CODE, IS_NETWORK_ERROR, REQUEST_METHOD };

static const struct predicate_function functions[] = {
    [ATTEMPTS] = { .name = STR("Attempts") },
    [RESPONSE_CODE] = { .name = STR("ResponseCode") },
    [IS_NETWORK_ERROR] = { .name = STR("IsNetworkError"), .is_truth = true },
    [REQUEST_METHOD] = { .name = STR("RequestMethod") },
};

static void put_step(struct buf *out, struct str step)
{
    if (out->n)
        buf_putc(out, ' ');
    buf_put(out, step);
}

static const char *truth(void *context, size_t function)
{
    put_step(context, functions[function].name);
    return NULL;
}

static const char *compare(void *context, const struct predicate_value *left,
                           enum predicate_operator operator, const struct predicate_value * right)
{
    bool of_text = left->part == PREDICATE_FUNCTION && left->function == REQUEST_METHOD;
    bool equality = operator== PREDICATE_EQ || operator== PREDICATE_NE;
    if (left->part != PREDICATE_FUNCTION || right->part != (of_text ? PREDICATE_TEXT : PREDICATE_INT) ||
        (of_text && !equality))
        return "a function is compared with a literal of its kind";
    if (of_text) {
        put_step(context, STR("RequestMethod="));
        quote_field(context, right->text);
        if (operator== PREDICATE_NE)
            put_step(context, STR("!"));
    } else {
        put_step(context, functions[left->function].name);
        put_step(context, right->text);
        put_step(context, str_c(predicate_operator_text(operator)));
    }
    return NULL;
}

static const char *join(void *context, bool all)
{
    put_step(context, all ? STR("&&") : STR("||"));
    return NULL;
}

bool model_read_expression(struct build *b, const struct text_value *source, struct str *out)
{
    static const struct predicate_language language = {
        functions,
        sizeof functions / sizeof *functions,
        "expected Attempts, ResponseCode, IsNetworkError or RequestMethod",
        { truth, compare, join }
    };
    struct buf steps = { 0 };
    const char *fault = "it is too long";
    size_t at = 0;
    bool ok = source->v.n <= LONGEST && predicate_read(source->v, &language, &steps, &fault, &at);
    if (!ok) {
        struct str text = str_head(source->v, 200);
        struct finding f = {
            .code = FINDING_BAD_VALUE, .key = source->key, .text = text, .message = str_c(fault)
        };
        f.at = at < text.n ? at : 0;
        f.length = text.n - f.at ? 1 : 0;
        diag_add(b->diag, f);
    }
    *out = arena_copy(b->arena, buf_str(&steps));
    buf_fini(&steps);
    return ok;
}
