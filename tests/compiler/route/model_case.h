/* Models for tests: built from lines of "key = value", and told as lines of text. */
#pragma once

#include "route/model.h"
#include "suite.h"
#include "tree_case.h"

struct model_case {
    struct tree_case etcd, file;
    struct arena *arena;
    struct diag *diag; /* of model_build alone */
    struct model *model;
};

/* By name, as settings_read leaves them. Tests change copies. */
static const struct entry_point usual_entry_points[] = {
    { .name = { "traefik", 7 }, .internal = true },
    { .name = { "udp", 3 }, .udp = true },
    { .name = { "web", 3 } },
    { .name = { "websecure", 9 } },
};

static const struct settings usual_settings = { .entry_points = usual_entry_points, .n_entry_points = 4 };

/* `file` may be NULL. Every tree of etcd also has a service "s" with one server. */
static inline struct model_case model_case_with(const struct settings *settings, const char *etcd,
                                                const char *file)
{
    struct model_case c = { .arena = arena_create() };
    struct str service = STR("\nhttp/services/s/loadbalancer/servers/0/url = http://127.0.0.1:9000\n");
    struct str lines = arena_printf(c.arena, "%s%.*s", etcd, STR_ARG(service));
    c.diag = diag_create(c.arena, 0);
    c.etcd = tree_case_of(lines, false);
    c.file = tree_case_of(str_c(file), true);
    /* The wrong way round: precedence is the model's business. */
    const struct tree *trees[] = { c.etcd.tree, c.file.tree };
    c.model = model_build(c.arena, trees, file ? 2 : 1, settings, c.diag);
    diag_sort(c.diag);
    return c;
}

static inline struct model_case model_case_of(const char *etcd)
{
    return model_case_with(&usual_settings, etcd, NULL);
}

static inline void model_case_fini(struct model_case *c)
{
    tree_case_fini(&c->etcd);
    tree_case_fini(&c->file);
    arena_destroy(c->arena);
}

/* Those of model_path.c and model_access.c; false for others. */
static inline void put_relayed_op(struct buf *out, const struct model_relayed *r)
{
    static const char *const kinds[] = { "errors", "retry", "buffering", "compress" };
    buf_puts(out, kinds[r->kind]);
    for (size_t i = 0; i < r->statuses.n; i++)
        buf_printf(out, ":%d-%d", r->statuses.p[i].from, r->statuses.p[i].to);
    if (r->kind == RELAYED_ERRORS) {
        buf_printf(out, ":%.*s:%.*s", STR_ARG(r->errors.service->name), STR_ARG(r->errors.query));
        for (size_t i = 0; i < r->errors.n_rewrites; i++)
            buf_printf(out, ":%d-%d=%d", r->errors.rewrites[i].range.from, r->errors.rewrites[i].range.to,
                       r->errors.rewrites[i].to);
    } else if (r->kind == RELAYED_RETRY) {
        buf_printf(out, ":%lld:%lld%s%s", (long long)r->retry.attempts, (long long)r->retry.max_body,
                   r->retry.on_network_error ? ":network" : "", r->retry.non_idempotent ? ":all" : "");
    } else if (r->kind == RELAYED_BUFFERING) {
        buf_printf(out, ":%lld:%lld:%.*s", (long long)r->buffering.max_request,
                   (long long)r->buffering.max_response, STR_ARG(r->buffering.again));
    } else {
        buf_printf(out, ":%lld:%s", (long long)r->compress.min_size, r->compress.only ? "only" : "but");
        for (size_t i = 0; i < r->compress.n_encodings; i++)
            buf_printf(out, ":%.*s", STR_ARG(r->compress.encodings[i]));
        for (size_t i = 0; i < r->compress.n_types; i++)
            buf_printf(out, ":%.*s", STR_ARG(r->compress.types[i]));
    }
}

static inline bool put_native_op(struct buf *out, const struct model_op *op)
{
    static const char *const sources[] = { "ip", "header", "host" };
    switch (op->kind) {
    case OP_STRIP_REGEX:
        buf_printf(out, "stripre:%zu", op->strip_regex.n);
        return true;
    case OP_REPLACE_PATH:
        buf_printf(out, "replace:%.*s", STR_ARG(op->path));
        return true;
    case OP_REPLACE_REGEX:
    case OP_REDIRECT_REGEX: /* groups, parts of the replacement */
        buf_printf(out, "%s%s:%zu:%zu", op->kind == OP_REPLACE_REGEX ? "rewrite" : "redirect",
                   op->replace.permanent ? "!" : "", op->replace.program->n_groups, op->replace.with.n);
        return true;
    case OP_REDIRECT_SCHEME:
        buf_printf(out, "scheme:%.*s%.*s", STR_ARG(op->redirect.scheme), STR_ARG(op->redirect.port));
        return true;
    case OP_ALLOW_LIST: /* networks as bytes/bits */
        buf_printf(out, "allow%d", op->allow.status);
        if (op->allow.strategy.depth)
            buf_printf(out, ":depth%lld", (long long)op->allow.strategy.depth);
        for (size_t i = 0; i < op->allow.nets.n; i++)
            buf_printf(out, ":%zu/%zu", op->allow.nets.p[i].address.n, op->allow.nets.p[i].bits);
        return true;
    case OP_IN_FLIGHT:
        buf_printf(out, "inflight:%lld:%s%.*s", (long long)op->in_flight.amount,
                   sources[op->in_flight.source], STR_ARG(op->in_flight.header));
        return true;
    case OP_ENCODED:
        buf_printf(out, "refuse:%s", op->refused_codes);
        return true;
    case OP_CLIENT_CERT:
        buf_printf(out, "cert:%.*s:%.*s:%.*s", STR_ARG(op->client_cert.what),
                   STR_ARG(op->client_cert.subject), STR_ARG(op->client_cert.issuer));
        return true;
    case OP_CONTENT_TYPE:
        buf_puts(out, "guess");
        return true;
    case OP_BREAKER:
        buf_printf(out, "breaker:%zu:%lld/%lld/%lld:%lld", op->breaker->condition.n,
                   (long long)op->breaker->check_ns / 1000000, (long long)op->breaker->fallback_ns / 1000000,
                   (long long)op->breaker->recovery_ns / 1000000, (long long)op->breaker->status);
        return true;
    case OP_RELAYED:
        put_relayed_op(out, op->relayed);
        return true;
    default:
        return false;
    }
}

static inline void put_op(struct buf *out, const struct model_op *op)
{
    buf_printf(out, " %.*s=", STR_ARG(op->middleware));
    if (put_native_op(out, op))
        return;
    if (op->kind == OP_STRIP_PREFIX) {
        buf_puts(out, op->strip.force_slash ? "strip!" : "strip");
        for (size_t i = 0; i < op->strip.n; i++)
            buf_printf(out, ":%.*s", STR_ARG(op->strip.prefixes[i]));
    } else if (op->kind == OP_BASIC_AUTH || op->kind == OP_DIGEST_AUTH) {
        buf_printf(out, "%s:%zu:%.*s%s%.*s%s", op->kind == OP_BASIC_AUTH ? "basic" : "digest",
                   op->auth->n_users, STR_ARG(op->auth->realm), op->auth->header.n ? ":" : "",
                   STR_ARG(op->auth->header), op->auth->remove_header ? ":removed" : "");
    } else if (op->kind == OP_FORWARD_AUTH) {
        buf_printf(out, "forward:%.*s:%d", STR_ARG(op->forward->address), (int)op->forward->trust);
    } else if (op->kind == OP_ADD_PREFIX) {
        buf_printf(out, "add:%.*s", STR_ARG(op->prefix));
    } else if (op->kind == OP_HEADERS) {
        buf_puts(out, op->headers->no_forwarded_for ? "headers!" : "headers");
        for (size_t i = 0; i < op->headers->request.n; i++)
            buf_printf(out, ":>%.*s=%.*s", STR_ARG(op->headers->request.p[i].name),
                       STR_ARG(op->headers->request.p[i].value));
        for (size_t i = 0; i < op->headers->response.n; i++)
            buf_printf(out, ":<%.*s=%.*s", STR_ARG(op->headers->response.p[i].name),
                       STR_ARG(op->headers->response.p[i].value));
    } else {
        static const char *const sources[] = { "ip", "header", "host" };
        buf_printf(out, "limit:%lld/%lldms:%lld:%s%.*s", (long long)op->limit.average,
                   (long long)(op->limit.period_ns / 1000000), (long long)op->limit.burst,
                   sources[op->limit.source], STR_ARG(op->limit.header));
        if (op->limit.depth || op->limit.subnet || op->limit.n_excluded || op->limit.redis)
            buf_printf(out, ":%lld/%d/%zu%s", (long long)op->limit.depth, op->limit.subnet,
                       op->limit.n_excluded, op->limit.redis ? ":redis" : "");
    }
}

/* A line a router, in their order: name, priority, entry points, service, ops, TLS options; then how many are
 * out. */
static inline void put_routers(struct buf *out, const struct model *model)
{
    for (size_t i = 0; i < model->n_routers; i++) {
        const struct model_router *r = &model->routers[i];
        buf_printf(out, "%.*s %lld ", STR_ARG(r->name), (long long)r->priority);
        for (size_t e = 0; e < r->n_entry_points; e++)
            buf_printf(out, "%s%.*s", e ? "," : "",
                       STR_ARG(model->settings->entry_points[r->entry_points[e]].name));
        buf_printf(out, " %.*s", STR_ARG(r->service->name));
        for (size_t o = 0; o < r->n_ops; o++)
            put_op(out, &r->ops[o]);
        if (r->tls)
            buf_printf(out, ", tls %.*s", STR_ARG(r->tls_options));
        buf_putc(out, '\n');
    }
    if (model->n_routers_out)
        buf_printf(out, "out %zu\n", model->n_routers_out);
}

static inline void put_check(struct buf *out, const struct model_check *check)
{
    buf_printf(out, " check %.*s %.*s ", check->method.n ? (int)check->method.n : 3,
               check->method.n ? check->method.p : "GET", STR_ARG(check->path));
    if (check->status)
        buf_printf(out, "%d", check->status);
    else
        buf_puts(out, "200-399");
    buf_printf(out, " %llds/%llds/%llds", (long long)(check->interval_ns / 1000000000),
               (long long)(check->unhealthy_interval_ns / 1000000000),
               (long long)(check->timeout_ns / 1000000000));
}

static inline void put_servers(struct buf *out, const struct model_service *s)
{
    static const char *const schemes[] = { "", "https://", "h2c://" };
    static const char *const strategies[] = { "", " p2c", " hrw", " leasttime" };
    buf_puts(out, strategies[s->strategy]);
    buf_puts(out, s->pass_host_header ? "" : " ownhost");
    if (s->transport)
        buf_printf(out, " %.*s", STR_ARG(s->transport->name));
    if (s->check.on)
        put_check(out, &s->check);
    if (s->cookie.name.n)
        buf_printf(out, " [%.*s=X%.*s]", STR_ARG(s->cookie.name), STR_ARG(s->cookie.attributes));
    for (size_t j = 0; j < s->n_servers; j++)
        buf_printf(out, " %s%.*s:%d*%lld%.*s", schemes[s->servers[j].scheme], STR_ARG(s->servers[j].host),
                   s->servers[j].port, (long long)s->servers[j].weight, STR_ARG(s->servers[j].path));
}

/* A line a service: name, kind, servers or children. */
static inline void put_services(struct buf *out, const struct model *model)
{
    static const char *const kinds[] = { "", " weighted", " mirrored", " hashed", " failover" };
    for (size_t i = 0; i < model->n_services; i++) {
        const struct model_service *s = &model->services[i];
        buf_printf(out, "%.*s%s%s", STR_ARG(s->name), s->used ? "" : " unused", kinds[s->kind]);
        if (s->kind == SERVICE_SERVERS)
            put_servers(out, s);
        if (s->aware)
            buf_puts(out, " aware");
        for (size_t j = 0; j < s->n_children; j++)
            buf_printf(out, " %.*s*%lld", STR_ARG(s->children[j].service->name),
                       (long long)s->children[j].weight);
        buf_putc(out, '\n');
    }
}

/* A line a finding: code and key without the root. */
static inline void put_findings(struct buf *out, const struct diag *diag)
{
    for (size_t i = 0; i < diag_total(diag); i++) {
        const struct finding *f = diag_get(diag, i);
        struct str key = str_starts(f->key, STR("traefik/http/")) ? str_from(f->key, 13) : f->key;
        buf_printf(out, "! %s %.*s\n", finding_name(f->code), STR_ARG(key));
    }
}

static inline const struct finding *first_finding(const struct model_case *c)
{
    ck_assert_uint_ge(diag_total(c->diag), 1);
    return diag_get(c->diag, 0);
}

static inline bool has(struct str s, const char *part)
{
    return str_search(s, str_c(part)) != SIZE_MAX;
}
