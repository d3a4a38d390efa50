/* rateLimit: a token bucket for each source (Traefik's rateLimit, reference/traefik-middlewares.md 3.18),
 * here or in Redis. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/bucket.h"
#include "ops/duration.h"
#include "ops/fields.h"
#include "ops/op.h"
#include "ops/verdict.h"

static bool parse_tls(struct json_object *from, struct redis_target *out, char error[static 256])
{
    struct field fields[] = { { "ca", json_type_string, false, NULL },
                              { "cert", json_type_string, false, NULL },
                              { "key", json_type_string, false, NULL },
                              { "insecure", json_type_boolean, false, NULL } };
    if (!fields_read(from, fields, 4, error))
        return false;
    struct str *const texts[] = { &out->tls.ca, &out->tls.cert, &out->tls.key };
    for (size_t i = 0; i < 3; i++)
        *texts[i] = str_own(fields[i].value ? field_str(fields[i].value) : STR(""));
    out->tls.insecure = fields[3].value && json_object_get_boolean(fields[3].value);
    out->encrypted = true;
    return true;
}

static bool parse_redis(struct json_object *from, struct rate_limit *out, char error[static 256])
{
    struct field fields[] = {
        { "host", json_type_string, true, NULL },      { "port", json_type_int, true, NULL },
        { "db", json_type_int, true, NULL },           { "dial", json_type_int, true, NULL },
        { "read", json_type_int, true, NULL },         { "username", json_type_string, false, NULL },
        { "password", json_type_string, false, NULL }, { "tls", json_type_object, false, NULL }
    };
    if (!fields_read(from, fields, 8, error))
        return false;
    out->shared = true;
    out->redis = (struct redis_target){
        .host = str_own(field_str(fields[0].value)),
        .port = (int)json_object_get_int64(fields[1].value),
        .db = json_object_get_int64(fields[2].value),
        .dial_ns = json_object_get_int64(fields[3].value),
        .read_ns = json_object_get_int64(fields[4].value),
        .username = str_own(fields[5].value ? field_str(fields[5].value) : STR("")),
        .password = str_own(fields[6].value ? field_str(fields[6].value) : STR("")),
    };
    if (fields[7].value && !parse_tls(fields[7].value, &out->redis, error))
        return false;
    redis_target_seal(&out->redis);
    return true;
}

static bool parse(struct json_object *from, struct op *op, char error[static 256])
{
    struct field fields[] = {
        { "op", json_type_string, true, NULL },     { "bucket", json_type_string, true, NULL },
        { "average", json_type_int, true, NULL },   { "period", json_type_int, true, NULL },
        { "burst", json_type_int, true, NULL },     { "source", json_type_object, true, NULL },
        { "redis", json_type_object, false, NULL }, { "pass", json_type_boolean, false, NULL },
    };
    struct rate_limit *out = &op->rate_limit;
    if (!fields_read(from, fields, 8, error) || !criterion_read(fields[5].value, &out->source, error))
        return false;
    out->passes_without_redis = fields[7].value && json_object_get_boolean(fields[7].value);
    out->bucket = str_own(field_str(fields[1].value));
    out->limit = (struct limit){ .average = json_object_get_int64(fields[2].value),
                                 .period_ns = json_object_get_int64(fields[3].value),
                                 .burst = json_object_get_int64(fields[4].value) };
    if (out->limit.period_ns <= 0 || out->limit.burst < 1) {
        snprintf(error, 256, "period and burst must be at least 1");
        return false;
    }
    return !fields[6].value || parse_redis(fields[6].value, out, error);
}

static void fini(struct op *op)
{
    struct rate_limit *r = &op->rate_limit;
    free((char *)r->bucket.p);
    free((char *)r->redis.host.p);
    free((char *)r->redis.username.p);
    const struct str secrets[] = { r->redis.password, r->redis.tls.key };
    for (size_t i = 0; i < 2; i++) {
        if (secrets[i].n)
            explicit_bzero((char *)secrets[i].p, secrets[i].n);
        free((char *)secrets[i].p);
    }
    free((char *)r->redis.tls.ca.p);
    free((char *)r->redis.tls.cert.p);
    criterion_fini(&r->source);
}

static void refuse(struct verdict *v, int64_t wait_ns)
{
    char text[DURATION_TEXT];
    verdict_refuse(v, rate_limit_op.name, 429, "Too Many Requests");
    v->why = "too many requests";
    verdict_add_header(v, "Retry-After", seconds_text(wait_ns > 0 ? wait_ns : 1, text)); /* at least 1 */
    verdict_add_header(v, "X-Retry-In", duration_text(wait_ns, text));
}

static enum op_result run(const struct op *op, struct decision *d)
{
    const struct rate_limit *r = &op->rate_limit;
    char memory[ADDRESS_TEXT];
    if (r->shared && r->limit.average > 0)
        return OP_WAIT;
    if (r->shared) { /* Traefik skips its script then, and has no delay to go by */
        verdict_refuse_text(d->verdict, rate_limit_op.name, 429, "No bursty traffic allowed");
        d->verdict->why = "the shared limit is 0";
        return OP_REFUSE;
    }
    /* What an op before it delays arrives that much later. */
    struct limit_answer answer =
        limiter_take(d->tools->limiter, &r->limit, r->life, r->bucket,
                     criterion_source(&r->source, &d->request, memory), d->now_ns + d->verdict->delay_ns);
    if (!answer.allowed) {
        refuse(d->verdict, answer.wait_ns);
        return OP_REFUSE;
    }
    d->verdict->delay_ns += answer.wait_ns;
    return OP_PASS;
}

/* A bucket in Redis that is being asked. */
struct taking {
    struct redis_call call; /* first: finish gives it back */
    struct waiting *waiting;
    struct buf key;
};

static void finish(struct redis_call *call)
{
    struct taking *taking = (struct taking *)(void *)call;
    struct waiting *waiting = taking->waiting;
    struct verdict *v = waiting->decision.verdict;
    const struct bucket_terms terms = bucket_terms(call->limit);
    bool passed = false;
    if (call->error) {
        passed = waiting->decision.program->ops[waiting->decision.at].rate_limit.passes_without_redis;
        decision_warn(&waiting->decision, rate_limit_op.name, call->target->host, call->error);
        if (!passed) {
            verdict_refuse_text(v, rate_limit_op.name, 500, "Could not insert/update bucket");
            v->why = "Redis does not answer";
        }
    } else if (call->wait_ns > terms.max_delay_ns) {
        refuse(v, call->wait_ns);
    } else {
        v->delay_ns += call->wait_ns;
        passed = true;
    }
    buf_fini(&taking->key);
    free(taking);
    waiting_end(waiting, passed);
}

static void start(const struct op *op, struct waiting *waiting)
{
    const struct rate_limit *r = &op->rate_limit;
    char memory[ADDRESS_TEXT];
    struct taking *taking = xmalloc(sizeof *taking);
    *taking = (struct taking){ .waiting = waiting };
    buf_printf(&taking->key, "rate:%.*s:", STR_ARG(r->bucket));
    buf_put(&taking->key, criterion_source(&r->source, &waiting->decision.request, memory));
    taking->call = (struct redis_call){
        .target = &r->redis, .limit = &r->limit, .key = buf_str(&taking->key), .finish = finish
    };
    redis_take(waiting->decision.tools->redis, &taking->call);
}

const struct op_type rate_limit_op = { NUMBER_RATE_LIMIT, "rateLimit", parse, fini, run, start };

void verdict_refuse_delay(struct verdict *v)
{
    int64_t wait_ns = v->delay_ns;
    v->delay_ns = 0;
    refuse(v, wait_ns);
}
