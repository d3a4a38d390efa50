/* Which TLS options routers get, and the names that they ask for (reference/traefik-edge.md 1.6). The choice
 * is made by the name of the handshake, before a request is seen: a name that routers of different options
 * share has the default ones, and so have they. */
#include <stdlib.h>

#include "base/quote.h"
#include "route/model_router_build.h"

void router_read_tls(struct router_build *rb, const struct router *r, struct str scope,
                     struct model_router *out)
{
    out->tls = r->tls.key.p != NULL;
    if (out->tls)
        out->tls_options = tls_options_name(rb->b, r->tls.options.v, scope);
    if (r->tls.cert_resolver.v.n)
        diag_report(rb->b->diag, FINDING_NOT_SUPPORTED, r->tls.cert_resolver.key,
                    "no certificate is obtained: give one under tls/certificates");
}

struct str tls_options_name(struct build *b, struct str written, struct str scope)
{
    if (written.n == 0 || str_eq(written, STR(MODEL_TLS_DEFAULT)))
        return STR(MODEL_TLS_DEFAULT);
    struct reference name = reference_read(written, scope);
    return name_qualify(b->arena, name.name, name.provider);
}

/* A name of a router at one entry point. */
struct asked {
    size_t entry_point, router;
    struct str name;
};

typedef VEC(struct asked) asked_vec;

static bool is_sni(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !ascii_is_digit(name.p[i]) &&
            !(name.p[i] && strchr("._-", name.p[i])))
            return false;
    return name.n > 0 && name.n < 256;
}

/* All hosts of the rule, negated ones as well. */
static void add_names(struct build *b, const struct model_router *router, size_t index, asked_vec *list)
{
    for (size_t i = 0; i < router->dnf.n; i++)
        for (size_t j = 0; j < router->dnf.conjuncts[i].n; j++) {
            const struct rule_literal *l = &router->dnf.conjuncts[i].literals[j];
            bool wild = l->matcher == MATCHER_HOST_WILDCARD;
            if ((!wild && l->matcher != MATCHER_HOST) || !is_sni(l->args[0]))
                continue;
            struct str name = wild ? arena_printf(b->arena, "*.%.*s", STR_ARG(l->args[0])) : l->args[0];
            for (size_t e = 0; e < router->n_entry_points; e++)
                vec_push(list, (struct asked){ router->entry_points[e], index, name });
        }
}

static int compare_asked(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;
    if (x->entry_point != y->entry_point)
        return x->entry_point < y->entry_point ? -1 : 1;
    int order = str_cmp(x->name, y->name);
    return order ? order : (x->router > y->router) - (x->router < y->router);
}

static bool same_name(const struct asked *a, const struct asked *b)
{
    return a->entry_point == b->entry_point && str_eq(a->name, b->name);
}

static void list_names(struct router_build *rb, asked_vec *list)
{
    list->n = 0;
    for (size_t i = 0; i < rb->found.n; i++)
        if (rb->found.p[i].tls)
            add_names(rb->b, &rb->found.p[i], i, list);
    if (list->n)
        qsort(list->p, list->n, sizeof *list->p, compare_asked);
}

static void name_apart(struct router_build *rb, struct model_router *router, size_t entry_point)
{
    struct buf order = { 0 };
    struct str prefix = arena_printf(rb->b->arena, "%.*s-conflicted-",
                                     STR_ARG(rb->b->settings->entry_points[entry_point].name));
    router->name = arena_printf(rb->b->arena, "%.*s%.*s", STR_ARG(prefix), STR_ARG(router->name));
    quote_field(&order, prefix);
    buf_put(&order, router->order);
    router->order = arena_copy(rb->b->arena, buf_str(&order));
    buf_fini(&order);
}

/* The router on that entry point is one of its own, with the default options. */
static void set_apart(struct router_build *rb, size_t index, size_t entry_point)
{
    struct model_router *old = &rb->found.p[index];
    struct model_router copy = *old;
    size_t *rest = ARENA_ARRAY(rb->b->arena, size_t, old->n_entry_points),
           *own = ARENA_NEW(rb->b->arena, size_t), n = 0;
    for (size_t i = 0; i < old->n_entry_points; i++)
        if (old->entry_points[i] != entry_point)
            rest[n++] = old->entry_points[i];
    if (n == old->n_entry_points)
        return; /* done for another of its names */
    *own = entry_point;
    copy.entry_points = own;
    copy.n_entry_points = 1;
    copy.tls_options = STR(MODEL_TLS_DEFAULT);
    name_apart(rb, &copy, entry_point);
    old->entry_points = rest;
    old->n_entry_points = n;
    if (n == 0)
        *old = copy;
    else
        vec_push(&rb->found, copy);
}

static void settle_conflicts(struct router_build *rb, const asked_vec *list)
{
    struct str *options = ARENA_ARRAY(rb->b->scratch, struct str, rb->found.n);
    for (size_t i = 0; i < rb->found.n; i++)
        options[i] = rb->found.p[i].tls_options;
    for (size_t i = 0, end; i < list->n; i = end) {
        bool differ = false;
        for (end = i + 1; end < list->n && same_name(&list->p[i], &list->p[end]); end++)
            differ = differ || !str_eq(options[list->p[end].router], options[list->p[i].router]);
        if (!differ)
            continue;
        diag_report(rb->b->diag, FINDING_LIMITED, rb->found.p[list->p[i].router].key,
                    "routers of the host %.*s have different TLS options: all of them get the default ones",
                    STR_ARG(list->p[i].name));
        for (size_t j = i; j < end; j++)
            if (j == i || list->p[j].router != list->p[j - 1].router)
                set_apart(rb, list->p[j].router, list->p[j].entry_point);
    }
}

/* Routers of sets that do not exist or are broken are out; their names are closed. */
static void drop_broken(struct router_build *rb, struct model_tls *out)
{
    bool *entry_points = ARENA_ARRAY(rb->b->arena, bool, rb->b->settings->n_entry_points);
    size_t kept = 0;
    for (size_t i = 0; i < rb->found.n; i++) {
        struct model_router *router = &rb->found.p[i];
        const struct model_tls_options *options =
            router->tls ? strmap_get(rb->b->tls.options, router->tls_options) : NULL;
        for (size_t e = 0; router->tls && e < router->n_entry_points; e++)
            entry_points[router->entry_points[e]] = true;
        if (router->tls && !options)
            diag_report(rb->b->diag, FINDING_MISSING_REFERENCE, router->key,
                        "there are no TLS options \"%.*s\"", STR_ARG(str_head(router->tls_options, 100)));
        router->options = options;
        if (router->tls && (!options || options->broken))
            rb->n_out++;
        else
            rb->found.p[kept++] = *router;
    }
    rb->found.n = kept;
    out->entry_points = entry_points;
}

static void list_hosts(struct router_build *rb, const asked_vec *list, struct model_tls *out)
{
    static const struct model_tls_options missing = { .name = STR(""), .broken = true };
    struct model_tls_host *hosts = ARENA_ARRAY(rb->b->arena, struct model_tls_host, list->n);
    for (size_t i = 0; i < list->n; i++) {
        const struct model_tls_options *options =
            strmap_get(rb->b->tls.options, rb->found.p[list->p[i].router].tls_options);
        if (i == 0 || !same_name(&list->p[i - 1], &list->p[i]))
            hosts[out->n_hosts++] = (struct model_tls_host){ list->p[i].entry_point, list->p[i].name,
                                                             options ? options : &missing };
    }
    out->hosts = hosts;
}

/* Options of a router that names no host say nothing. */
static void settle_hostless(struct router_build *rb, const asked_vec *list)
{
    bool *has_name = ARENA_ARRAY(rb->b->scratch, bool, rb->found.n);
    for (size_t i = 0; i < list->n; i++)
        has_name[list->p[i].router] = true;
    for (size_t i = 0; i < rb->found.n; i++) {
        struct model_router *router = &rb->found.p[i];
        if (!router->tls || has_name[i] || str_eq(router->tls_options, STR(MODEL_TLS_DEFAULT)))
            continue;
        diag_report(rb->b->diag, FINDING_LIMITED, router->key,
                    "the rule names no host, so the TLS options %.*s cannot be applied: the default ones are",
                    STR_ARG(str_head(router->tls_options, 100)));
        router->tls_options = STR(MODEL_TLS_DEFAULT);
    }
}

void routers_settle_tls(struct router_build *rb, struct model_tls *out)
{
    asked_vec list = { 0 };
    list_names(rb, &list);
    settle_conflicts(rb, &list);
    list_names(rb, &list); /* of the copies, too */
    settle_hostless(rb, &list);
    list_hosts(rb, &list, out);
    drop_broken(rb, out);
    out->fallback = strmap_get(rb->b->tls.options, STR(MODEL_TLS_DEFAULT));
    vec_fini(&list);
}
