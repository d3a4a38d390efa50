#include "route/model_router_build.h"

#include "base/quote.h"

/* Above it Traefik keeps its own routers. */
#define PRIORITY_MAX (INT64_MAX - 1000)

enum { SCRATCH_BYTES = 256 * 1024 };

/* Rules may multiply out to a thousand times their length, but not all of them in one tree. */
static bool take_expansion(struct build *b, const struct rule_node *rule, struct str text, struct str key)
{
    struct rule_size size = rule_measure(rule);
    size_t excess = size.literals - size.calls;
    if (size.literals <= size.calls || size.literals > RULE_MAX_LITERALS)
        return true;
    if (excess > MODEL_MAX_EXPANSION - b->n_expanded) {
        report_text(b, FINDING_RULE_TOO_LARGE, key, text, NULL,
                    "the rules of the tree stand for too many alternatives before this one");
        return false;
    }
    b->n_expanded += excess;
    return true;
}

bool router_read_rule(struct router_build *rb, const struct router *r, struct model_router *out)
{
    struct build *b = rb->b;
    struct str text = r->rule.v, key = IS_SET(r->rule) ? r->rule.key : r->object.key;
    struct str syntax = r->rule_syntax.v.n ? r->rule_syntax.v : b->settings->default_rule_syntax;
    if (!IS_SET(r->rule)) {
        diag_report(b->diag, FINDING_BAD_OBJECT, key, "the router has no rule");
        return false;
    }
    if (arena_size(rb->trees) > SCRATCH_BYTES) {
        arena_destroy(rb->trees);
        rb->trees = arena_create();
    }
    out->rule = text;
    const struct rule_node *rule = rule_parse(rb->trees, text, key, b->diag);
    if (rule)
        rule = rule_check(b->arena, rb->trees, rule, str_eq(syntax, STR("v2")) ? RULE_V2 : RULE_V3, text, key,
                          b->diag);
    return rule && take_expansion(b, rule, text, key) &&
           rule_normalise(b->arena, rule, text, key, &out->dnf, b->diag) &&
           rule_fits(&out->dnf, text, key, b->diag);
}

static bool read_priority(struct build *b, const struct router *r, struct model_router *out)
{
    int64_t priority = IS_SET(r->priority) ? r->priority.v : 0;
    out->priority = priority ? priority : (int64_t)r->rule.v.n;
    if (priority <= PRIORITY_MAX)
        return true;
    diag_report(b->diag, FINDING_BAD_VALUE, r->priority.key, "a priority of %lld is too great: at most %lld",
                (long long)priority, (long long)PRIORITY_MAX);
    return false;
}

static bool read_service(struct build *b, const struct router *r, struct str scope,
                         struct service_entry **out)
{
    if (!IS_SET(r->service) || r->service.v.n == 0) {
        struct str key = IS_SET(r->service) ? r->service.key : r->object.key;
        diag_report(b->diag, FINDING_BAD_OBJECT, key, "the router has no service");
        return false;
    }
    struct reference name = reference_read(r->service.v, scope);
    bool internal = str_eq(name.provider, STR("internal")) && !str_eq(name.name, STR("not-found"));
    *out = internal ? internal_service(b, name.name) : reference_find(b, KIND_SERVICE, name, r->service.key);
    if (!*out)
        report_missing(b, KIND_SERVICE, name, r->service.key);
    else if (!(*out)->model)
        report_broken(b, KIND_SERVICE, name, r->service.key, (*out)->source->object.key);
    return *out && (*out)->model;
}

static void report_entry_point(struct build *b, struct str name, struct str key, bool udp)
{
    const struct settings *settings = b->settings;
    struct str *names = ARENA_ARRAY(b->scratch, struct str, settings->n_entry_points);
    for (size_t i = 0; i < settings->n_entry_points; i++)
        names[i] = settings->entry_points[i].name;
    struct finding f = { .code = FINDING_UNKNOWN_ENTRY_POINT, .key = key, .text = str_head(name, 100) };
    f.length = f.text.n;
    f.message = udp ? STR("this entry point is of UDP") : STR("there is no such entry point");
    f.nearest = udp ? (struct str){ 0 } : nearest_name(name, names, settings->n_entry_points);
    diag_add(b->diag, f);
}

/* Marks the entry points that a router names. */
static void mark_entry_points(struct build *b, const struct list_value *names, bool *marks)
{
    enum { MAX_FAULTS = 8 };
    const struct settings *settings = b->settings;
    size_t n_faults = 0;
    for (size_t i = 0; i < names->n && n_faults < MAX_FAULTS; i++) {
        size_t e = 0;
        while (e < settings->n_entry_points && !str_eq(settings->entry_points[e].name, names->v[i]))
            e++;
        bool known = e < settings->n_entry_points;
        if (known && !settings->entry_points[e].udp) {
            marks[e] = true;
        } else {
            report_entry_point(b, names->v[i], names->key, known);
            n_faults++;
        }
    }
}

static bool read_entry_points(struct router_build *rb, const struct router *r, const size_t **out, size_t *n)
{
    struct build *b = rb->b;
    struct str key = r->object.key;
    *out = rb->defaults;
    *n = rb->n_defaults;
    if (r->entry_points.n) {
        size_t n_all = b->settings->n_entry_points;
        bool *marks = ARENA_ARRAY(rb->trees, bool, n_all);
        mark_entry_points(b, &r->entry_points, marks);
        size_t *list = ARENA_ARRAY(b->arena, size_t, r->entry_points.n < n_all ? r->entry_points.n : n_all);
        *out = list;
        *n = 0;
        for (size_t e = 0; e < n_all; e++)
            if (marks[e])
                list[(*n)++] = e;
        key = r->entry_points.key;
    }
    if (*n == 0)
        diag_report(b->diag, FINDING_BAD_OBJECT, key, "%s",
                    r->entry_points.n ? "none of the router's entry points exists"
                                      : "there is no default entry point");
    return *n > 0;
}

static bool check_ops(struct build *b, const struct router *r, struct op_list ops)
{
    enum {
        MAX_IN_FLIGHT = 2
    }; /* HAProxy tracks three things of a request, and the agent's failures are one */
    size_t n_counted = 0;
    struct str key = IS_SET(r->middlewares) ? r->middlewares.key : r->object.key;
    if (ops.n > MODEL_MAX_OPS) {
        diag_report(b->diag, FINDING_BAD_OBJECT, key, "the router has more than %d middlewares",
                    MODEL_MAX_OPS);
        return false;
    }
    for (size_t i = 0; i < ops.n; i++)
        n_counted += ops.p[i].kind == OP_IN_FLIGHT;
    bool relayed = false; /* the handshake is not known behind it */
    for (size_t i = 0; i < ops.n; i++) {
        relayed = relayed || ops.p[i].kind == OP_RELAYED;
        if (relayed && ops.p[i].kind == OP_CLIENT_CERT)
            return refuse_unsupported(b, key,
                                      "passTLSClientCert behind errors, retry, buffering or compress is");
    }
    return n_counted <= MAX_IN_FLIGHT ||
           refuse_unsupported(b, key, "more than two inFlightReq in a router's middlewares are");
}

/* The router on entry points with the same middlewares in front. */
static bool add_router(struct router_build *rb, const struct router *r, struct model_router router,
                       struct str root, struct str tail, const struct op_list *entry,
                       const struct op_list *own)
{
    struct buf order = { 0 };
    struct op_list both[2] = { *entry, *own };
    struct op_list ops = op_list_join(rb->b, both, 2);
    if (!ops.ok || !check_ops(rb->b, r, ops))
        return false;
    router.ops = ops.p;
    router.n_ops = ops.n;
    quote_field(&order, root);
    buf_put(&order, tail);
    router.order = arena_copy(rb->b->arena, buf_str(&order));
    buf_fini(&order);
    vec_push(&rb->found, router);
    return true;
}

static struct str clone_name(struct build *b, size_t e, struct str name)
{
    return arena_printf(b->arena, "%.*s-%.*s", STR_ARG(b->settings->entry_points[e].name), STR_ARG(name));
}

/* As in Traefik: on each entry point that says something of its routers, a router of several is one of its
 * own, named after it. */
bool router_add(struct router_build *rb, const struct router *r, struct model_router router, struct str root,
                struct str tail, const struct op_list *own)
{
    const struct entry_point *entry_points = rb->b->settings->entry_points;
    const struct op_list nothing = { .ok = true };
    const size_t *all = router.entry_points;
    size_t n_all = router.n_entry_points, n_plain = 0;
    bool ok = true;
    for (size_t i = 0; i < n_all; i++)
        n_plain += !entry_has_model(&entry_points[all[i]]);
    if (n_plain == n_all)
        return add_router(rb, r, router, root, tail, &nothing, own);
    size_t *plain = ARENA_ARRAY(rb->b->arena, size_t, n_plain);
    n_plain = 0;
    for (size_t i = 0; i < n_all; i++) {
        struct str clone_root = root;
        if (!entry_has_model(&entry_points[all[i]])) {
            plain[n_plain++] = all[i];
            continue;
        }
        struct model_router clone = router;
        clone.entry_points = &all[i];
        clone.n_entry_points = 1;
        if (n_all > 1) {
            clone.name = clone_name(rb->b, all[i], router.name);
            clone_root = clone_name(rb->b, all[i], root);
        }
        if (entry_points[all[i]].tls.on && !router.tls) {
            clone.tls = true;
            clone.tls_options = tls_options_name(rb->b, entry_points[all[i]].tls.options,
                                                 reference_scope(&r->object, rb->space->tree->provider));
        }
        ok = add_router(rb, r, clone, clone_root, tail, entry_point_ops(rb, all[i]), own) && ok;
    }
    router.entry_points = plain;
    router.n_entry_points = n_plain;
    return (n_plain == 0 || add_router(rb, r, router, root, tail, &nothing, own)) && ok;
}

/* What a router behind others must not have (3.8). */
static bool check_child(struct router_build *rb, const struct router *r)
{
    if (r->entry_points.n)
        diag_report(rb->b->diag, FINDING_BAD_OBJECT, r->entry_points.key,
                    "a router with parentRefs has no entry points of its own");
    if (r->tls.key.p)
        diag_report(rb->b->diag, FINDING_BAD_OBJECT, r->tls.key,
                    "a router with parentRefs has no tls of its own");
    return r->entry_points.n == 0 && !r->tls.key.p;
}

/* A parent or child: built when all are known. */
static bool keep_layer(struct router_build *rb, const struct router *r, struct layer layer, struct str scope,
                       bool ok)
{
    struct build *b = rb->b;
    struct service_entry *service = NULL;
    if (IS_SET(r->service) && r->service.v.n)
        ok = read_service(b, r, scope, &service) && ok;
    if (layer.is_child)
        ok = check_child(rb, r) && ok;
    else
        ok = read_entry_points(rb, r, &layer.draft.entry_points, &layer.draft.n_entry_points) && ok;
    layer.source = r;
    layer.space = rb->space;
    layer.service = service;
    layer.ops = middlewares_resolve(b, &r->middlewares, scope);
    layer.ok = ok && layer.ops.ok;
    vec_push(&rb->layers, layer);
    return layer.ok;
}

/* All faults of a router are told, not the first only. */
static bool build_router(struct router_build *rb, const struct router *r)
{
    struct build *b = rb->b;
    struct str provider = rb->space->tree->provider, scope = reference_scope(&r->object, provider),
               none = { 0 };
    struct model_router router = { .name = name_qualify(b->arena, r->object.name, provider),
                                   .key = r->object.key };
    struct service_entry *service = NULL;
    if (r->object.broken)
        return false;
    bool ok = check_supported(b, &r->object);
    router_read_tls(rb, r, scope, &router);
    ok = router_read_rule(rb, r, &router) && ok;
    ok = read_priority(b, r, &router) && ok;
    if (r->parent_refs.n || strmap_get(rb->parents, router.name))
        return keep_layer(rb, r, (struct layer){ .draft = router, .is_child = r->parent_refs.n > 0 }, scope,
                          ok);
    ok = read_service(b, r, scope, &service) && ok;
    ok = read_entry_points(rb, r, &router.entry_points, &router.n_entry_points) && ok;
    struct op_list own = middlewares_resolve(b, &r->middlewares, scope);
    if (!ok || !own.ok)
        return false;
    if (!service_ops(b, service)->ok) {
        diag_report(b->diag, FINDING_BROKEN_REFERENCE, r->service.key,
                    "a middleware of the service cannot be had");
        return false;
    }
    const struct op_list lists[] = { own, *service_ops(b, service) };
    own = op_list_join(b, lists, 2);
    router.service = service->model;
    size_t before = rb->found.n;
    ok = router_add(rb, r, router, router.name, none, &own);
    service->model->used = service->model->used || rb->found.n > before;
    return ok;
}

static bool is_marked_default(const struct entry_point *p)
{
    return p->as_default && !p->udp;
}

static bool is_ordinary(const struct entry_point *p)
{
    return !p->udp && !p->internal && !str_eq(p->name, STR("traefik"));
}

/* Those that are marked as default, or all ordinary ones where none is. */
static void find_defaults(struct router_build *rb)
{
    const struct settings *settings = rb->b->settings;
    size_t *list = ARENA_ARRAY(rb->b->arena, size_t, settings->n_entry_points), n = 0;
    bool marked = false;
    for (size_t e = 0; e < settings->n_entry_points; e++)
        marked = marked || is_marked_default(&settings->entry_points[e]);
    for (size_t e = 0; e < settings->n_entry_points; e++)
        if ((marked ? is_marked_default : is_ordinary)(&settings->entry_points[e]))
            list[n++] = e;
    rb->defaults = list;
    rb->n_defaults = n;
}

void routers_build(struct build *b, struct model *out)
{
    struct router_build rb = { .b = b, .trees = arena_create() };
    find_defaults(&rb);
    layers_find_parents(&rb);
    for (size_t i = 0; i < b->n_spaces; i++) {
        rb.space = &b->spaces[i];
        rb.space->entry_ops = ARENA_ARRAY(b->scratch, struct entry_ops, b->settings->n_entry_points);
        for (size_t j = 0; j < rb.space->tree->n_routers; j++)
            rb.n_out += !build_router(&rb, &rb.space->tree->routers[j]);
    }
    layers_build(&rb);
    entry_redirections_build(&rb);
    routers_settle_tls(&rb, &out->tls);
    struct model_router *routers = ARENA_ARRAY(b->arena, struct model_router, rb.found.n);
    out->effort.ties = routers_rank(b, rb.found.p, rb.found.n, routers);
    out->routers = routers;
    out->n_routers = rb.found.n;
    out->n_routers_out = rb.n_out;
    vec_fini(&rb.found);
    vec_fini(&rb.layers);
    arena_destroy(rb.trees);
}
