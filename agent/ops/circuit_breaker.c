/* circuitBreaker: HAProxy tells what came of requests (events.h), and every request is asked for here, after
 * all that has been told. */
#include <stdio.h>
#include <stdlib.h>

#include "ops/events.h"
#include "ops/fields.h"
#include "ops/op.h"
#include "ops/verdict.h"

static bool parse(struct json_object *from, struct op *op, char error[static 256])
{
    struct field fields[] = {
        { "op", json_type_string, true, NULL },    { "of", json_type_string, true, NULL },
        { "check", json_type_int, true, NULL },    { "fallback", json_type_int, true, NULL },
        { "recovery", json_type_int, true, NULL }, { "status", json_type_int, true, NULL },
        { "text", json_type_string, true, NULL },  { "condition", json_type_array, true, NULL }
    };
    struct circuit_breaker *out = &op->circuit_breaker;
    if (!fields_read(from, fields, 8, error))
        return false;
    const struct breaker_times times = { .check_ns = json_object_get_int64(fields[2].value),
                                         .fallback_ns = json_object_get_int64(fields[3].value),
                                         .recovery_ns = json_object_get_int64(fields[4].value) };
    int64_t status = json_object_get_int64(fields[5].value);
    if (times.check_ns <= 0 || times.fallback_ns <= 0 || times.recovery_ns <= 0 || status < 200 ||
        status > 999) {
        snprintf(error, 256, "times must be at least 1, and the status one of an answer");
        return false;
    }
    struct str text = field_str(fields[6].value);
    char *copy = calloc(text.n + 1, 1);
    if (copy && text.n)
        memcpy(copy, text.p, text.n);
    out->text = str_of(copy, copy ? text.n : 0);
    out->status = (int)status;
    out->breaker = breaker_create(fields[7].value, &times);
    if (!out->breaker)
        snprintf(error, 256, "no condition");
    return out->breaker != NULL;
}

static void fini(struct op *op)
{
    breaker_destroy(op->circuit_breaker.breaker);
    free((char *)op->circuit_breaker.text.p);
}

static enum op_result run(const struct op *op, struct decision *d)
{
    const struct circuit_breaker *c = &op->circuit_breaker;
    if (d->tools->events)
        events_drain(d->tools->events, *d->tools->programs);
    if (!breaker_lets_pass(c->breaker, d->now_ns)) {
        verdict_refuse(d->verdict, circuit_breaker_op.name, c->status, c->text.p);
        d->verdict->why = "the circuit is open";
        return OP_REFUSE;
    }
    buf_printf(&d->verdict->breakers, "%.*s.%zu;", STR_ARG(d->program->id), d->at);
    return OP_PASS;
}

const struct op_type circuit_breaker_op = {
    NUMBER_CIRCUIT_BREAKER, "circuitBreaker", parse, fini, run, NULL
};
