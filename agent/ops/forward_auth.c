/* forwardAuth (Traefik's, reference/traefik-middlewares.md 3.11): another server decides. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "ops/fields.h"
#include "ops/forward_cache.h"
#include "ops/forwarder.h"
#include "ops/op.h"
#include "ops/verdict.h"
#include "route/regex_program.h"
#include "sys/clock.h"

enum {
    OP,
    ADDRESS,
    TRUST,
    REQUEST,
    RESPONSE,
    REGEX,
    COOKIES,
    BODY,
    MAX_BODY,
    MAX_RESPONSE,
    LOCATION,
    METHOD,
    SIGNIN,
    CA,
    CERT,
    KEY,
    INSECURE,
    CACHE,
    FIELDS
};

static struct str method_of(const struct forward_auth *a, const struct request *request)
{
    return a->keep_method ? request->method : STR("GET");
}

static bool flag(const struct field *field)
{
    return field->value && json_object_get_boolean(field->value);
}

static int64_t number(const struct field *field)
{
    return field->value ? json_object_get_int64(field->value) : -1;
}

static struct str text(const struct field *field)
{
    return str_own(field->value ? field_str(field->value) : STR(""));
}

static bool read_regex(const struct field *field, struct forward_auth *out, char error[static 256])
{
    struct regex_fault fault;
    if (!field->value)
        return true;
    out->regex_memory = arena_create();
    out->response_regex = regex_program_compile(out->regex_memory, field_str(field->value), &fault);
    if (!out->response_regex)
        snprintf(error, 256, "responseHeadersRegex: %s", fault.message);
    return out->response_regex != NULL;
}

static bool read_cache(const struct field *field, struct forward_auth *out, char error[static 256])
{
    struct field f[] = { { "ttl", json_type_int, true, NULL }, { "key", json_type_array, false, NULL } };
    if (!field->value)
        return true;
    if (!fields_read(field->value, f, 2, error))
        return false;
    out->cache_ns = json_object_get_int64(f[0].value);
    if (texts_read(f[1].value, &out->cache_key) && out->cache_ns > 0 && !out->send_body)
        return true;
    snprintf(error, 256, "a cache has a life and a list of headers, and takes no bodies");
    return false;
}

static bool parse(struct json_object *from, struct op *op, char error[static 256])
{
    struct field f[FIELDS] = { [OP] = { "op", json_type_string, true, NULL },
                               [ADDRESS] = { "address", json_type_string, true, NULL },
                               [TRUST] = { "trust", json_type_boolean, false, NULL },
                               [REQUEST] = { "requestHeaders", json_type_array, false, NULL },
                               [RESPONSE] = { "responseHeaders", json_type_array, false, NULL },
                               [REGEX] = { "responseHeadersRegex", json_type_string, false, NULL },
                               [COOKIES] = { "cookies", json_type_array, false, NULL },
                               [BODY] = { "body", json_type_boolean, false, NULL },
                               [MAX_BODY] = { "maxBody", json_type_int, false, NULL },
                               [MAX_RESPONSE] = { "maxResponse", json_type_int, false, NULL },
                               [LOCATION] = { "keepLocation", json_type_boolean, false, NULL },
                               [METHOD] = { "keepMethod", json_type_boolean, false, NULL },
                               [SIGNIN] = { "signin", json_type_string, false, NULL },
                               [CA] = { "ca", json_type_string, false, NULL },
                               [CERT] = { "cert", json_type_string, false, NULL },
                               [KEY] = { "key", json_type_string, false, NULL },
                               [INSECURE] = { "insecure", json_type_boolean, false, NULL },
                               [CACHE] = { "cache", json_type_object, false, NULL } };
    struct forward_auth *out = &op->forward_auth;
    if (!fields_read(from, f, FIELDS, error))
        return false;
    *out = (struct forward_auth){ .address = text(&f[ADDRESS]),
                                  .signin = text(&f[SIGNIN]),
                                  .trust = !f[TRUST].value   ? TRUST_UNSET
                                           : flag(&f[TRUST]) ? TRUST_YES
                                                             : TRUST_NO,
                                  .send_body = flag(&f[BODY]),
                                  .keep_location = flag(&f[LOCATION]),
                                  .keep_method = flag(&f[METHOD]),
                                  .insecure = flag(&f[INSECURE]),
                                  .max_body = number(&f[MAX_BODY]),
                                  .max_response = number(&f[MAX_RESPONSE]),
                                  .ca = text(&f[CA]),
                                  .cert = text(&f[CERT]),
                                  .key = text(&f[KEY]) };
    sha256_hex(str_c(json_object_to_json_string(from)), out->instance, FORWARD_INSTANCE);
    if (texts_read(f[REQUEST].value, &out->request_headers) &&
        texts_read(f[RESPONSE].value, &out->response_headers) && texts_read(f[COOKIES].value, &out->cookies))
        return read_regex(&f[REGEX], out, error) && read_cache(&f[CACHE], out, error);
    snprintf(error, 256, "a list holds something else than strings");
    return false;
}

static void fini(struct op *op)
{
    struct forward_auth *a = &op->forward_auth;
    const struct str owned[] = { a->address, a->signin, a->ca, a->cert, a->key };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free((char *)owned[i].p);
    texts_fini(&a->request_headers);
    texts_fini(&a->response_headers);
    texts_fini(&a->cookies);
    texts_fini(&a->cache_key);
    arena_destroy(a->regex_memory);
}

/* A body that did not fit into the message, or is longer than allowed. Its length may be unknown to HAProxy
 * (chunks): then a message that is nearly full may lack some of it. */
enum { FULL_MESSAGE = 48 << 10 };

/* What is known already. */
static enum op_result from_cache(const struct forward_auth *a, struct decision *d)
{
    unsigned char key[FORWARD_KEY];
    struct buf headers = { 0 };
    bool decode;
    if (a->cache_ns <= 0)
        return OP_WAIT;
    forward_headers(&headers, a, &d->request, &decode);
    forward_cache_key(a, method_of(a, &d->request), buf_str(&headers), key);
    buf_fini(&headers);
    const struct forward_answer *answer = forward_cache_find(d->tools->answers, key, d->now_ns);
    if (!answer)
        return OP_WAIT;
    return forward_judge(a, &d->request, answer, d->verdict) ? OP_PASS : OP_REFUSE;
}

static enum op_result run(const struct op *op, struct decision *d)
{
    const struct forward_auth *a = &op->forward_auth;
    const struct request *r = &d->request;
    if (!a->send_body)
        return from_cache(a, d);
    if (a->max_body >= 0 && r->body_size > (uint64_t)a->max_body) {
        verdict_refuse(d->verdict, forward_auth_op.name, 401, NULL);
        d->verdict->why = "the body is larger than maxBodySize";
        return OP_REFUSE;
    }
    bool has_length = headers_find(r->headers, STR("content-length")).p != NULL;
    if (r->body_size > r->body.n || (!has_length && r->body.n + r->headers.n > FULL_MESSAGE)) {
        verdict_refuse(d->verdict, forward_auth_op.name, 413, "Request Entity Too Large");
        d->verdict->why = "the body is larger than what can be sent on";
        return OP_REFUSE;
    }
    return OP_WAIT;
}

struct question {
    struct forward_call call; /* first: finish gives it back */
    struct waiting *waiting;
    struct buf headers;
    bool shares; /* it leads others in the cache, or follows one */
    struct forward_flight flight;
};

static bool judge(struct question *q)
{
    struct forward_call *call = &q->call;
    struct decision *d = &q->waiting->decision;
    if (call->over_limit) {
        verdict_refuse(d->verdict, forward_auth_op.name, 401, NULL);
        d->verdict->why = "the answer is larger than maxResponseBodySize";
        return false;
    }
    if (call->answer.status == 0 || call->too_large) {
        decision_warn(d, forward_auth_op.name, call->op->address,
                      call->too_large ? "the answer is too large" : call->error);
        verdict_refuse(d->verdict, forward_auth_op.name, 500, NULL);
        d->verdict->why = "its server does not answer";
        return false;
    }
    return forward_judge(call->op, &d->request, &call->answer, d->verdict);
}

static void conclude(struct question *q)
{
    struct waiting *waiting = q->waiting;
    bool passed = judge(q);
    buf_fini(&q->headers);
    buf_fini(&q->call.answer.headers);
    buf_fini(&q->call.answer.body);
    free(q);
    waiting_end(waiting, passed);
}

/* The same answer for one who has asked the same. */
static void hand_on(const struct forward_call *from, struct question *to)
{
    to->call.answer.status = from->answer.status;
    buf_put(&to->call.answer.headers, buf_str(&from->answer.headers));
    buf_put(&to->call.answer.body, buf_str(&from->answer.body));
    to->call.too_large = from->too_large;
    to->call.over_limit = from->over_limit;
    to->call.error = from->error;
    conclude(to);
}

static void finish_shared(struct question *q)
{
    const struct tools *tools = q->waiting->decision.tools;
    const struct forward_call *call = &q->call;
    int status = call->answer.status;
    bool alike = status == 0 || forward_may_share(&call->answer);
    struct forward_flight *follower = forward_cache_land(tools->answers, &q->flight);
    if (status >= 200 && status <= 299 && alike && !call->over_limit && !call->too_large)
        forward_cache_put(tools->answers, q->flight.key, &call->answer,
                          clock_monotonic_ns() + call->op->cache_ns);
    while (follower) {
        struct question *other =
            (struct question *)(void *)((char *)follower - offsetof(struct question, flight));
        follower = follower->next;
        other->shares = false;
        if (alike)
            hand_on(call, other);
        else
            forwarder_start(tools->forwarder, &other->call);
    }
}

static void finish(struct forward_call *call)
{
    struct question *q = (struct question *)(void *)call;
    if (q->shares)
        finish_shared(q);
    conclude(q);
}

static void start(const struct op *op, struct waiting *waiting)
{
    const struct request *request = &waiting->decision.request;
    const struct tools *tools = waiting->decision.tools;
    struct question *q = xmalloc(sizeof *q);
    *q = (struct question){ .waiting = waiting };
    q->call.op = &op->forward_auth;
    q->call.method = method_of(q->call.op, request);
    q->call.has_body = op->forward_auth.send_body && request->body.n > 0;
    q->call.body = request->body;
    q->call.finish = finish;
    forward_headers(&q->headers, q->call.op, request, &q->call.decode);
    q->call.headers = buf_str(&q->headers);
    if (q->call.op->cache_ns > 0) {
        q->shares = true;
        forward_cache_key(q->call.op, q->call.method, q->call.headers, q->flight.key);
        if (!forward_cache_join(tools->answers, &q->flight))
            return;
    }
    forwarder_start(tools->forwarder, &q->call);
}

const struct op_type forward_auth_op = { NUMBER_FORWARD_AUTH, "forwardAuth", parse, fini, run, start };
