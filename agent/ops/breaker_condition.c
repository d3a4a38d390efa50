#include "ops/breaker_condition.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { MAX_STEPS = 64 };
enum step_kind { STEP_NETWORK, STEP_CODES, STEP_LATENCY, STEP_REQUESTS, STEP_AND, STEP_OR };
enum comparison { LESS, AT_MOST, MORE, AT_LEAST, EQUAL, OTHER, COMPARISONS };

struct step {
    enum step_kind kind;
    enum comparison comparison;
    int64_t codes[4];
    double quantile, value;
};

struct breaker_condition {
    size_t n;
    struct step steps[MAX_STEPS];
};

static bool text_is(struct json_object *value, const char *text)
{
    return json_object_is_type(value, json_type_string) && strcmp(json_object_get_string(value), text) == 0;
}

static bool read_number(struct json_object *value, double *out)
{
    *out = json_object_get_double(value);
    return json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int);
}

static bool read_comparison(struct json_object *value, enum comparison *out)
{
    static const char *const names[COMPARISONS] = { "<", "<=", ">", ">=", "==", "!=" };
    for (size_t i = 0; i < COMPARISONS; i++)
        if (text_is(value, names[i])) {
            *out = (enum comparison)i;
            return true;
        }
    return false;
}

/* A metric, its arguments, a comparison, a number. */
static bool read_compare(struct json_object *row, struct step *out)
{
    static const struct {
        const char *name;
        enum step_kind kind;
        size_t arguments;
    } metrics[] = { { "network", STEP_NETWORK, 0 },
                    { "codes", STEP_CODES, 4 },
                    { "latency", STEP_LATENCY, 1 },
                    { "requests", STEP_REQUESTS, 0 } };
    enum { N = sizeof metrics / sizeof *metrics };
    size_t i = 0, n = json_object_array_length(row);
    double number = 0;
    while (i < N && !(n && text_is(json_object_array_get_idx(row, 0), metrics[i].name)))
        i++;
    if (i == N || n != metrics[i].arguments + 3)
        return false;
    out->kind = metrics[i].kind;
    for (size_t j = 0; j < metrics[i].arguments; j++) {
        if (!read_number(json_object_array_get_idx(row, 1 + j), &number))
            return false;
        out->quantile = number;
        out->codes[j] = number > -1e9 && number < 1e9 ? (int64_t)number : 0;
    }
    return read_comparison(json_object_array_get_idx(row, n - 2), &out->comparison) &&
           read_number(json_object_array_get_idx(row, n - 1), &out->value);
}

static bool read_step(struct json_object *from, struct step *out, size_t *depth)
{
    if (json_object_is_type(from, json_type_array)) {
        ++*depth;
        return read_compare(from, out);
    }
    out->kind = text_is(from, "and") ? STEP_AND : STEP_OR;
    return (out->kind == STEP_AND || text_is(from, "or")) && (*depth)-- >= 2;
}

struct breaker_condition *breaker_condition_create(struct json_object *steps)
{
    size_t n = json_object_is_type(steps, json_type_array) ? json_object_array_length(steps) : 0, depth = 0;
    struct breaker_condition *condition = xmalloc(sizeof *condition);
    memset(condition, 0, sizeof *condition);
    bool ok = n > 0 && n <= MAX_STEPS;
    for (size_t i = 0; ok && i < n; i++)
        ok = read_step(json_object_array_get_idx(steps, i), &condition->steps[condition->n++], &depth);
    if (ok && depth == 1)
        return condition;
    free(condition);
    return NULL;
}

void breaker_condition_destroy(struct breaker_condition *condition)
{
    free(condition);
}

bool breaker_condition_wants_latency(const struct breaker_condition *condition)
{
    bool wants = false;
    for (size_t i = 0; i < condition->n; i++)
        wants = wants || condition->steps[i].kind == STEP_LATENCY;
    return wants;
}

static double measure(const struct step *step, struct breaker_metrics *metrics, int64_t now_ns)
{
    switch (step->kind) {
    case STEP_NETWORK:
        return breaker_network_ratio(metrics, now_ns);
    case STEP_CODES:
        return breaker_code_ratio(metrics, step->codes, now_ns);
    case STEP_LATENCY:
        return (double)breaker_latency_ms(metrics, step->quantile);
    default:
        return (double)breaker_requests(metrics, now_ns);
    }
}

static bool compare(double x, enum comparison comparison, double y)
{
    bool less = x<y, more = x> y;
    switch (comparison) {
    case LESS:
        return less;
    case AT_MOST:
        return !more;
    case MORE:
        return more;
    case AT_LEAST:
        return !less;
    case EQUAL:
        return !less && !more;
    default:
        return less || more;
    }
}

bool breaker_condition_holds(const struct breaker_condition *condition, struct breaker_metrics *metrics,
                             int64_t now_ns)
{
    bool stack[MAX_STEPS];
    size_t n = 0;
    for (size_t i = 0; i < condition->n; i++) {
        const struct step *step = &condition->steps[i];
        if (step->kind == STEP_AND || step->kind == STEP_OR) {
            n--;
            stack[n - 1] = step->kind == STEP_AND ? stack[n - 1] && stack[n] : stack[n - 1] || stack[n];
        } else {
            stack[n++] = compare(measure(step, metrics, now_ns), step->comparison, step->value);
        }
    }
    return stack[0];
}
