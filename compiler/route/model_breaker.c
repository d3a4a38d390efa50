#include "route/model_breaker.h"

#include "route/model_build.h"

struct condition {
    struct breaker_step steps[BREAKER_MAX_STEPS];
    size_t n;
};

static const char *push(struct condition *c, struct breaker_step step)
{
    if (c->n == BREAKER_MAX_STEPS)
        return "too many conditions";
    c->steps[c->n++] = step;
    return NULL;
}

static const char *compare(void *context, const struct predicate_value *left,
                           enum predicate_operator operator, const struct predicate_value * right)
{
    if (left->part != PREDICATE_FUNCTION)
        return "a metric must stand at the left";
    struct breaker_step step = { .kind = STEP_COMPARE,
                                 .metric = (enum breaker_metric)left->function,
                                 .comparison = operator,
                                 .quantile = left->arguments[0],
                                 .value = right->number };
    bool ratio = step.metric == METRIC_NETWORK_ERRORS || step.metric == METRIC_CODES;
    if (right->part != (ratio ? PREDICATE_FLOAT : PREDICATE_INT))
        return ratio ? "a ratio is compared with a number with a point, as in 0.3"
                     : "it is compared with a whole number";
    for (size_t i = 0; i < 4; i++)
        step.codes[i] = (int64_t)left->arguments[i];
    return push(context, step);
}

static const char *join(void *context, bool all)
{
    return push(context, (struct breaker_step){ .kind = all ? STEP_AND : STEP_OR });
}

bool breaker_condition_read(struct arena *arena, struct str text, struct breaker_condition *out,
                            const char **fault, size_t *at)
{
    static const struct predicate_function metrics[] = {
        [METRIC_NETWORK_ERRORS] = { .name = STR("NetworkErrorRatio") },
        [METRIC_CODES] = { STR("ResponseCodeRatio"), false, PREDICATE_INT, 4 },
        [METRIC_LATENCY] = { STR("LatencyAtQuantileMS"), false, PREDICATE_FLOAT, 1 },
        [METRIC_REQUESTS] = { .name = STR("RequestThreshold") },
    };
    static const struct predicate_language language = {
        metrics,
        sizeof metrics / sizeof *metrics,
        "expected NetworkErrorRatio, ResponseCodeRatio, LatencyAtQuantileMS or RequestThreshold",
        { .compare = compare, .join = join }
    };
    struct condition read = { 0 };
    bool ok = predicate_read(text, &language, &read, fault, at);
    struct breaker_step *steps = ARENA_ARRAY(arena, struct breaker_step, read.n);
    if (read.n)
        memcpy(steps, read.steps, read.n * sizeof *steps);
    *out = (struct breaker_condition){ steps, read.n };
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
    if (out->status < 200 || out->status > 599) {
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
