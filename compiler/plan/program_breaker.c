#include <inttypes.h>

#include "plan/ops.h"
#include "plan/program_auth.h"

/* ["codes",from,to,from,to,">",0.3] and the like; "and", "or". */
static void put_step(struct buf *out, const struct breaker_step *step)
{
    static const char *const metrics[] = { [METRIC_NETWORK_ERRORS] = "network",
                                           [METRIC_CODES] = "codes",
                                           [METRIC_LATENCY] = "latency",
                                           [METRIC_REQUESTS] = "requests" };
    if (step->kind != STEP_COMPARE) {
        buf_puts(out, step->kind == STEP_AND ? "\"and\"" : "\"or\"");
        return;
    }
    buf_printf(out, "[\"%s\"", metrics[step->metric]);
    for (size_t i = 0; step->metric == METRIC_CODES && i < 4; i++)
        buf_printf(out, ",%" PRId64, step->codes[i]);
    if (step->metric == METRIC_LATENCY)
        buf_printf(out, ",%.17g", step->quantile);
    buf_printf(out, ",\"%s\",%.17g]", predicate_operator_text(step->comparison), step->value);
}

/* What it has counted is of a router (or a service) and a place in its chain alone, as in Traefik. */
void program_put_breaker(struct buf *out, const struct model_router *router, size_t at,
                         struct program_need *need)
{
    const struct model_breaker *breaker = router->ops[at].breaker;
    struct buf of = { 0 };
    const char *text = model_status_text(breaker->status);
    struct op_owner owner = ops_owner(router, at);
    buf_printf(&of, "%.*s|%.*s|%zu", STR_ARG(owner.name), STR_ARG(router->ops[at].middleware), owner.at);
    buf_puts(out, "{\"op\":\"circuitBreaker\"");
    program_put_text(out, "of", buf_str(&of));
    buf_printf(out,
               ",\"check\":%" PRId64 ",\"fallback\":%" PRId64 ",\"recovery\":%" PRId64 ",\"status\":%" PRId64,
               breaker->check_ns, breaker->fallback_ns, breaker->recovery_ns, breaker->status);
    program_put_text(out, "text", text ? str_c(text) : STR(""));
    buf_puts(out, ",\"condition\":[");
    for (size_t i = 0; i < breaker->condition.n; i++) {
        buf_puts(out, i ? "," : "");
        put_step(out, &breaker->condition.steps[i]);
    }
    buf_puts(out, "]}");
    buf_fini(&of);
    program_needs(need, MESSAGE_LEAN, false);
}
