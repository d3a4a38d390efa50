/* Trees for tests, from lines of "key = value", and a text of what came out of them. */
#pragma once

#include "base/vec.h"
#include "route/tree.h"

struct tree_case {
    struct arena *arena;
    struct diag *diag;
    struct kv_snapshot snapshot;
    struct tree *tree;
};

/* \n, \s (a blank at the end of a line) and \\ in values. */
static inline struct str unescape(struct arena *arena, struct str s)
{
    char *to = arena_alloc(arena, s.n + 1, 1), *end = to;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\\' && i + 1 < s.n)
            c = s.p[++i] == 'n' ? '\n' : s.p[i] == 's' ? ' ' : s.p[i];
        *end++ = c;
    }
    return str_of(to, (size_t)(end - to));
}

/* Decodes the pairs of `lines`; keys stand below the root "traefik" unless they begin with '^'. */
static inline struct tree_case tree_case_of(struct str lines, bool from_file)
{
    struct tree_case c = { .arena = arena_create() };
    c.diag = diag_create(c.arena, 0);
    VEC(struct kv_pair) pairs = { 0 };
    while (lines.n) {
        struct str line = str_cut(&lines, '\n');
        size_t at = str_search(line, STR(" ="));
        if (at == SIZE_MAX || line.p[0] == '#')
            continue;
        struct str key = str_head(line, at), value = str_trim(str_from(line, at + 2));
        key = key.p[0] == '^' ? str_from(key, 1) : arena_printf(c.arena, "traefik/%.*s", STR_ARG(key));
        vec_push(&pairs, (struct kv_pair){ key, unescape(c.arena, value) });
    }
    struct kv_pair *kept = ARENA_ARRAY(c.arena, struct kv_pair, pairs.n);
    if (pairs.n)
        memcpy(kept, pairs.p, pairs.n * sizeof *kept);
    c.snapshot = kv_snapshot_of(kept, pairs.n, STR("traefik"), from_file ? STR("file") : STR("etcd"), c.diag);
    c.snapshot.literal_lists = from_file;
    vec_fini(&pairs);
    c.tree = tree_decode(c.arena, &c.snapshot, c.diag);
    return c;
}

static inline void tree_case_fini(struct tree_case *c)
{
    arena_destroy(c->arena);
}

static inline void dump_text(struct buf *out, const char *name, struct text_value v)
{
    if (IS_SET(v))
        buf_printf(out, "  %s = \"%.*s\"\n", name, STR_ARG(v.v));
}

static inline void dump_int(struct buf *out, const char *name, struct int_value v)
{
    if (IS_SET(v))
        buf_printf(out, "  %s = %lld\n", name, (long long)v.v);
}

static inline void dump_bool(struct buf *out, const char *name, struct bool_value v)
{
    if (IS_SET(v))
        buf_printf(out, "  %s = %s\n", name, v.v ? "true" : "false");
}

static inline void dump_list(struct buf *out, const char *name, struct list_value v)
{
    if (!IS_SET(v))
        return;
    buf_printf(out, "  %s =", name);
    for (size_t i = 0; i < v.n; i++)
        buf_printf(out, " [%.*s]", STR_ARG(v.v[i]));
    buf_putc(out, '\n');
}

static inline void dump_key(struct buf *out, const char *name, struct str key)
{
    if (key.p)
        buf_printf(out, "  %s at %.*s\n", name, STR_ARG(key));
}

static inline void dump_object(struct buf *out, const char *kind, const struct object *o)
{
    buf_printf(out, "%s %.*s%s\n", kind, STR_ARG(o->name), o->broken ? " BROKEN" : "");
    if (o->unsupported.p)
        buf_printf(out, "  unsupported: %zu, first %.*s\n", o->n_unsupported, STR_ARG(o->unsupported));
}

static inline void dump_router(struct buf *out, const struct router *r)
{
    dump_object(out, "router", &r->object);
    dump_text(out, "rule", r->rule);
    dump_text(out, "ruleSyntax", r->rule_syntax);
    dump_text(out, "service", r->service);
    dump_list(out, "entryPoints", r->entry_points);
    dump_list(out, "middlewares", r->middlewares);
    dump_list(out, "parentRefs", r->parent_refs);
    dump_int(out, "priority", r->priority);
    dump_key(out, "tls", r->tls.key);
    dump_text(out, "tls.options", r->tls.options);
    dump_text(out, "tls.certResolver", r->tls.cert_resolver);
}

static inline void dump_children(struct buf *out, const struct child *children, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        dump_object(out, "  child", &children[i].object);
        dump_text(out, "name", children[i].name);
        dump_int(out, "weight", children[i].weight);
        dump_int(out, "percent", children[i].percent);
    }
}

static inline void dump_cookie(struct buf *out, const struct sticky *sticky)
{
    dump_key(out, "cookie", sticky->cookie.key);
    dump_text(out, "name", sticky->cookie.name);
    dump_text(out, "sameSite", sticky->cookie.same_site);
    dump_int(out, "maxAge", sticky->cookie.max_age);
}

static inline void dump_shares(struct buf *out, const char *kind, const struct shares *s)
{
    dump_key(out, kind, s->key);
    dump_key(out, "healthCheck", s->health_check.key);
    dump_cookie(out, &s->sticky);
    dump_children(out, s->services, s->n_services);
}

static inline void dump_health_check(struct buf *out, const struct health_check *h)
{
    dump_key(out, "healthCheck", h->key);
    dump_text(out, "path", h->path);
    dump_text(out, "method", h->method);
    dump_int(out, "status", h->status);
    if (IS_SET(h->interval))
        buf_printf(out, "  interval = %lld ns\n", (long long)h->interval.ns);
}

static inline void dump_service(struct buf *out, const struct service *s)
{
    dump_object(out, "service", &s->object);
    buf_printf(out, "  kinds: %zu\n", s->n_kinds);
    dump_key(out, "other kind", s->other_kind);
    dump_shares(out, "weighted", &s->weighted);
    dump_shares(out, "highestRandomWeight", &s->highest_random_weight);
    dump_key(out, "mirroring", s->mirroring.key);
    dump_children(out, s->mirroring.mirrors, s->mirroring.n_mirrors);
    dump_key(out, "failover", s->failover.key);
    dump_list(out, "middlewares", s->middlewares);
    dump_key(out, "loadBalancer", s->load_balancer.key);
    dump_text(out, "strategy", s->load_balancer.strategy);
    dump_text(out, "serversTransport", s->load_balancer.servers_transport);
    dump_bool(out, "passHostHeader", s->load_balancer.pass_host_header);
    dump_cookie(out, &s->load_balancer.sticky);
    dump_health_check(out, &s->load_balancer.health_check);
    for (size_t i = 0; i < s->load_balancer.n_servers; i++) {
        const struct server *server = &s->load_balancer.servers[i];
        dump_object(out, "  server", &server->object);
        dump_text(out, "url", server->url);
        dump_int(out, "weight", server->weight);
        dump_bool(out, "preservePath", server->preserve_path);
    }
}

static inline void dump_middleware(struct buf *out, const struct middleware *m)
{
    const struct rate_limit *limit = &m->rate_limit;
    dump_object(out, "middleware", &m->object);
    buf_printf(out, "  kinds: %zu\n", m->n_kinds);
    dump_key(out, "other kind", m->other_kind);
    dump_key(out, "stripPrefix", m->strip_prefix.key);
    dump_list(out, "prefixes", m->strip_prefix.prefixes);
    dump_bool(out, "forceSlash", m->strip_prefix.force_slash);
    dump_key(out, "chain", m->chain.key);
    dump_list(out, "middlewares", m->chain.middlewares);
    dump_key(out, "rateLimit", limit->key);
    dump_int(out, "average", limit->average);
    dump_int(out, "burst", limit->burst);
    if (IS_SET(limit->period))
        buf_printf(out, "  period = %lld ns\n", (long long)limit->period.ns);
    dump_key(out, "redis", limit->redis.key);
    dump_key(out, "sourceCriterion", limit->source_criterion.key);
    dump_text(out, "requestHeaderName", limit->source_criterion.request_header_name);
    dump_bool(out, "requestHost", limit->source_criterion.request_host);
    dump_key(out, "ipStrategy", limit->source_criterion.ip_strategy.key);
    dump_int(out, "depth", limit->source_criterion.ip_strategy.depth);
    dump_int(out, "ipv6Subnet", limit->source_criterion.ip_strategy.ipv6_subnet);
    dump_list(out, "excludedIPs", limit->source_criterion.ip_strategy.excluded_ips);
}

/* All that came out, findings without their words. */
static inline void tree_dump(struct buf *out, const struct tree *tree, struct diag *diag)
{
    for (size_t i = 0; i < tree->n_routers; i++)
        dump_router(out, &tree->routers[i]);
    for (size_t i = 0; i < tree->n_services; i++)
        dump_service(out, &tree->services[i]);
    for (size_t i = 0; i < tree->n_middlewares; i++)
        dump_middleware(out, &tree->middlewares[i]);
    diag_sort(diag);
    for (size_t i = 0; i < diag_total(diag); i++) {
        const struct finding *f = diag_get(diag, i);
        buf_printf(out, "%s %.*s", finding_name(f->code), STR_ARG(f->key));
        if (f->nearest.n)
            buf_printf(out, " -> %.*s", STR_ARG(f->nearest));
        if (f->length)
            buf_printf(out, " <%.*s>", STR_ARG(str_head(str_from(f->text, f->at), f->length)));
        buf_putc(out, '\n');
    }
}
