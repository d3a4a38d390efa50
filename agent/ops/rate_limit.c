/* rateLimit: a token bucket for each source (Traefik's rateLimit, reference/traefik-middlewares.md 3.18). */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ops/duration.h"
#include "ops/fields.h"
#include "ops/op.h"
#include "ops/verdict.h"

static bool parse_source(struct json_object *from, struct rate_limit *out, char error[static 256])
{
    static const char *const kinds[] = {
        [SOURCE_IP] = "ip", [SOURCE_HEADER] = "header", [SOURCE_HOST] = "host"
    };
    struct field fields[] = { { "kind", json_type_string, true, NULL },
                              { "name", json_type_string, false, NULL } };
    if (!fields_read(from, fields, 2, error))
        return false;
    size_t kind = 0;
    while (kind < sizeof kinds / sizeof *kinds && !str_eq(field_str(fields[0].value), str_c(kinds[kind])))
        kind++;
    if (kind == sizeof kinds / sizeof *kinds) {
        snprintf(error, 256, "unknown kind of source \"%.60s\"", field_str(fields[0].value).p);
        return false;
    }
    struct str name = fields[1].value ? field_str(fields[1].value) : STR("");
    if ((kind == SOURCE_HEADER) != (name.n > 0)) {
        snprintf(error, 256, "a source has a name if, and only if, it is a header");
        return false;
    }
    out->source = (enum source_kind)kind;
    out->header = str_own(name);
    return true;
}

static bool parse(struct json_object *from, struct op *op, char error[static 256])
{
    struct field fields[] = {
        { "op", json_type_string, true, NULL },   { "bucket", json_type_string, true, NULL },
        { "average", json_type_int, true, NULL }, { "period", json_type_int, true, NULL },
        { "burst", json_type_int, true, NULL },   { "source", json_type_object, true, NULL },
    };
    struct rate_limit *out = &op->rate_limit;
    if (!fields_read(from, fields, 6, error) || !parse_source(fields[5].value, out, error))
        return false;
    out->bucket = str_own(field_str(fields[1].value));
    out->limit = (struct limit){ .average = json_object_get_int64(fields[2].value),
                                 .period_ns = json_object_get_int64(fields[3].value),
                                 .burst = json_object_get_int64(fields[4].value) };
    if (out->limit.period_ns <= 0 || out->limit.burst < 1) {
        snprintf(error, 256, "period and burst must be at least 1");
        return false;
    }
    return true;
}

static void fini(struct op *op)
{
    free((char *)op->rate_limit.bucket.p);
    free((char *)op->rate_limit.header.p);
}

/* An IPv4 address has one form only, also where it came in through a socket for both families. */
static struct str address_bytes(const struct address *a)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    const char *bytes = (const char *)a->bytes;
    bool is_mapped = a->length == 16 && memcmp(a->bytes, mapped, sizeof mapped) == 0;
    return is_mapped ? str_of(bytes + 12, 4) : str_of(bytes, a->length);
}

static struct str source_of(const struct rate_limit *r, const struct request *request)
{
    switch (r->source) {
    case SOURCE_HEADER:
        return headers_find(request->headers, r->header);
    case SOURCE_HOST:
        return request->host;
    case SOURCE_IP:
        break;
    }
    return address_bytes(&request->source);
}

static void refuse(struct verdict *v, int64_t wait_ns)
{
    char text[DURATION_TEXT];
    verdict_refuse(v, rate_limit_op.name, 429, "Too Many Requests");
    verdict_add_header(v, "Retry-After", seconds_text(wait_ns > 0 ? wait_ns : 1, text)); /* at least 1 */
    verdict_add_header(v, "X-Retry-In", duration_text(wait_ns, text));
}

static enum op_result run(const struct op *op, struct decision *d)
{
    const struct rate_limit *r = &op->rate_limit;
    /* What an op before it delays arrives that much later. */
    struct limit_answer answer = limiter_take(d->tools->limiter, &r->limit, r->bucket, source_of(r, &d->request),
                                              d->now_ns + d->verdict->delay_ns);
    if (!answer.allowed) {
        refuse(d->verdict, answer.wait_ns);
        return OP_REFUSE;
    }
    d->verdict->delay_ns += answer.wait_ns;
    return OP_PASS;
}

const struct op_type rate_limit_op = { "rateLimit", parse, fini, run, NULL };

void verdict_refuse_delay(struct verdict *v)
{
    int64_t wait_ns = v->delay_ns;
    v->delay_ns = 0;
    refuse(v, wait_ns);
}
