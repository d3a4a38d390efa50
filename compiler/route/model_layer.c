/* Routers behind routers (parentRefs; reference/traefik-routing.md 3.8). A parent's rule decides first, its
 * middlewares run, then its children compete among themselves; if none holds, the answer is 404 from inside
 * the parent. Here each path from a root to a router with a service becomes one router: both rules must hold,
 * all middlewares in their order, its rank inside the root's. That is the same as long as the middlewares in
 * front leave alone what the rules behind them look at. */
#include "route/model_router_build.h"

#include "base/quote.h"

enum { MAX_DEPTH = 16, MAX_CONJUNCTS = 4096 };

void layers_find_parents(struct router_build *rb)
{
    rb->parents = strmap_create(rb->b->scratch, 16);
    for (size_t i = 0; i < rb->b->n_spaces; i++) {
        const struct tree *tree = rb->b->spaces[i].tree;
        for (size_t j = 0; j < tree->n_routers; j++)
            for (size_t k = 0; k < tree->routers[j].parent_refs.n; k++) {
                struct str scope = reference_scope(&tree->routers[j].object, tree->provider);
                struct reference parent = reference_read(tree->routers[j].parent_refs.v[k], scope);
                strmap_put(rb->parents, name_qualify(rb->b->scratch, parent.name, parent.provider), rb);
            }
    }
}

static void link_children(struct router_build *rb)
{
    struct build *b = rb->b;
    struct strmap *by_name = strmap_create(b->scratch, rb->layers.n);
    for (size_t i = 0; i < rb->layers.n; i++)
        strmap_put(by_name, rb->layers.p[i].draft.name, &rb->layers.p[i]);
    for (size_t i = 0; i < rb->layers.n; i++) {
        const struct router *r = rb->layers.p[i].source;
        for (size_t k = 0; k < r->parent_refs.n; k++) {
            struct reference parent = reference_read(
                r->parent_refs.v[k], reference_scope(&r->object, rb->layers.p[i].space->tree->provider));
            struct layer *layer = strmap_get(by_name, name_qualify(b->scratch, parent.name, parent.provider));
            if (layer)
                vec_push(&layer->children, i);
            else
                report_text(b, FINDING_MISSING_REFERENCE, r->parent_refs.key, parent.text, NULL,
                            "there is no such router");
        }
    }
}

/* What a chain may change of what rules see. */
struct changes {
    bool path, host, headers;
};

static struct changes changes_of(struct op_list ops)
{
    struct changes out = { 0 };
    for (size_t i = 0; i < ops.n; i++) {
        const struct model_op *op = &ops.p[i];
        out.path = out.path || op->kind == OP_STRIP_PREFIX || op->kind == OP_ADD_PREFIX ||
                   op->kind == OP_STRIP_REGEX || op->kind == OP_REPLACE_PATH || op->kind == OP_REPLACE_REGEX;
        out.headers = out.headers ||
                      (op->kind != OP_RATE_LIMIT && op->kind != OP_BREAKER && op->kind != OP_ALLOW_LIST &&
                       op->kind != OP_IN_FLIGHT && !(op->kind == OP_HEADERS && op->headers->request.n == 0));
        for (size_t j = 0; op->kind == OP_HEADERS && j < op->headers->request.n; j++)
            out.host = out.host || str_eq(op->headers->request.p[j].name, STR("host"));
    }
    return out;
}

static bool looks_at(const struct rule_dnf *dnf, struct changes changes)
{
    for (size_t i = 0; i < dnf->n; i++)
        for (size_t j = 0; j < dnf->conjuncts[i].n; j++) {
            enum matcher m = dnf->conjuncts[i].literals[j].matcher;
            if (changes.path && (m == MATCHER_PATH || m == MATCHER_PATH_PREFIX || m == MATCHER_PATH_REGEXP))
                return true;
            if (changes.host && (m == MATCHER_HOST || m == MATCHER_HOST_WILDCARD || m == MATCHER_HOST_REGEXP))
                return true;
            if (changes.headers && (m == MATCHER_HEADER || m == MATCHER_HEADER_REGEXP))
                return true;
        }
    return false;
}

/* Whether b says nothing that a does not: the same, or a shorter prefix of a path. */
static bool implies(const struct rule_literal *a, const struct rule_literal *b)
{
    bool path = !a->negated && (a->matcher == MATCHER_PATH || a->matcher == MATCHER_PATH_PREFIX);
    return rule_literal_equals(a, b) ||
           (path && !b->negated && b->matcher == MATCHER_PATH_PREFIX && str_starts(a->args[0], b->args[0]));
}

/* Both conjuncts; what the other says too is left out. */
static struct rule_conjunct join(struct arena *arena, const struct rule_conjunct *a,
                                 const struct rule_conjunct *b)
{
    struct rule_literal *all = ARENA_ARRAY(arena, struct rule_literal, a->n + b->n);
    size_t n = 0;
    for (size_t i = 0; i < a->n + b->n; i++) {
        const struct rule_literal *l = i < a->n ? &a->literals[i] : &b->literals[i - a->n];
        bool said = false;
        for (size_t j = 0; j < a->n + b->n && !said; j++) {
            const struct rule_literal *other = j < a->n ? &a->literals[j] : &b->literals[j - a->n];
            said = j != i && implies(other, l) && (!implies(l, other) || j < i);
        }
        if (!said)
            all[n++] = *l;
    }
    return (struct rule_conjunct){ all, n };
}

static bool join_rules(struct arena *arena, const struct rule_dnf *a, const struct rule_dnf *b,
                       struct rule_dnf *out)
{
    if (a->n && b->n > MAX_CONJUNCTS / a->n)
        return false;
    struct rule_conjunct *all = ARENA_ARRAY(arena, struct rule_conjunct, a->n * b->n);
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++)
            all[i * b->n + j] = join(arena, &a->conjuncts[i], &b->conjuncts[j]);
    *out = (struct rule_dnf){ all, a->n * b->n };
    return true;
}

static size_t literals_of(const struct rule_dnf *dnf)
{
    size_t n = 0;
    for (size_t i = 0; i < dnf->n; i++)
        n += dnf->conjuncts[i].n;
    return n;
}

/* A router with several parents is there once for each way to it, and ways multiply with the layers: all of
 * them in a tree count as what rules multiply out to. */
static bool take_way(struct build *b, const struct rule_dnf *from, const struct rule_dnf *rule)
{
    size_t cost = 1 + from->n * literals_of(rule) + rule->n * literals_of(from);
    if (cost > MODEL_MAX_EXPANSION - b->n_expanded)
        return false;
    b->n_expanded += cost;
    return true;
}

/* A place on the way from a root: what holds there. */
struct way {
    const struct layer *root;
    struct rule_dnf dnf;
    struct op_list ops;
    struct str tail; /* of the order */
};

static void add(struct router_build *rb, const struct layer *layer, const struct way *way, struct str name,
                struct service_entry *service, struct str tail)
{
    struct model_router router = way->root->draft;
    router.name = name;
    router.key = layer->draft.key;
    router.rule = layer->draft.rule;
    router.dnf = way->dnf;
    router.service = service->model;
    size_t before = rb->found.n;
    struct op_list lists[] = { way->ops, *service_ops(rb->b, service) }, ops = op_list_join(rb->b, lists, 2);
    bool ok = ops.ok && router_add(rb, layer->source, router, way->root->draft.name, tail, &ops);
    service->model->used = service->model->used || rb->found.n > before;
    rb->n_out += !ok;
}

static size_t walk(struct router_build *rb, struct layer *layer, const struct way *way, size_t depth);

/* Marked as long as its children are gone through: who comes by it again goes in a circle. */
static size_t walk_open(struct router_build *rb, struct layer *layer, const struct way *way, size_t depth)
{
    layer->open = true;
    size_t n = walk(rb, layer, way, depth);
    layer->open = false;
    return n;
}

static bool refuse(struct router_build *rb, const struct layer *child, enum finding_code code,
                   const char *why)
{
    diag_report(rb->b->diag, code, child->source->object.key, "%s", why);
    rb->n_out++;
    return false;
}

/* Goes on to a child; how many routers came of it. */
static size_t enter(struct router_build *rb, struct layer *child, const struct way *from, size_t depth)
{
    struct arena *arena = rb->b->arena;
    struct way way = *from;
    struct op_list both[2] = { from->ops, child->ops };
    struct buf tail = { 0 };
    child->seen = true;
    if (!child->ok)
        return 0;
    if (looks_at(&child->draft.dnf, changes_of(from->ops)))
        return refuse(rb, child, FINDING_NOT_SUPPORTED,
                      "rules that look at what a parent's middlewares change are not supported yet");
    if (child->open)
        return refuse(rb, child, FINDING_BAD_OBJECT, "routers stand behind each other in a circle");
    if (!take_way(rb->b, &from->dnf, &child->draft.dnf) ||
        !join_rules(arena, &from->dnf, &child->draft.dnf, &way.dnf))
        return refuse(rb, child, FINDING_RULE_TOO_LARGE,
                      "the rules of this router and its parents stand for too many alternatives");
    if (!rule_fits(&way.dnf, child->draft.rule, child->source->rule.key, rb->b->diag)) {
        rb->n_out++;
        return 0;
    }
    way.ops = op_list_join(rb->b, both, 2);
    if (way.ops.n > MODEL_MAX_OPS)
        return refuse(rb, child, FINDING_BAD_OBJECT,
                      "too many middlewares together with those of the routers in front");
    buf_put(&tail, from->tail);
    buf_putc(&tail, '!');
    router_put_rank(&tail, child->draft.priority, child->draft.name);
    quote_field(&tail, child->draft.name);
    way.tail = arena_copy(arena, buf_str(&tail));
    buf_fini(&tail);
    if (child->children.n)
        return walk_open(rb, child, &way, depth + 1);
    if (!child->service)
        return refuse(rb, child, FINDING_BAD_OBJECT, "the router has no service");
    add(rb, child, &way, child->draft.name, child->service, way.tail);
    return 1;
}

/* All children of a parent, and what is left: 404, with the parent's middlewares. */
static size_t walk(struct router_build *rb, struct layer *layer, const struct way *way, size_t depth)
{
    size_t n = 0;
    if (depth > MAX_DEPTH)
        return refuse(rb, layer, FINDING_BAD_OBJECT, "routers stand behind each other too deep");
    for (size_t i = 0; i < layer->children.n; i++)
        n += enter(rb, &rb->layers.p[layer->children.p[i]], way, depth);
    if (n == 0)
        return refuse(rb, layer, FINDING_BAD_OBJECT, "none of the routers behind this one can be served");
    struct str tail = arena_printf(rb->b->arena, "%.*s!~", STR_ARG(way->tail));
    struct str name = arena_printf(rb->b->arena, "%.*s (no child)", STR_ARG(layer->draft.name));
    add(rb, layer, way, name, internal_service(rb->b, STR("not-found")), tail);
    return n;
}

void layers_build(struct router_build *rb)
{
    link_children(rb);
    for (size_t i = 0; i < rb->layers.n; i++) {
        struct layer *root = &rb->layers.p[i];
        struct way way = { .root = root, .dnf = root->draft.dnf, .ops = root->ops };
        rb->space = root->space;
        if (!root->is_child && root->ok)
            walk(rb, root, &way, 1);
    }
    for (size_t i = 0; i < rb->layers.n; i++) {
        const struct layer *layer = &rb->layers.p[i];
        if (layer->is_child && layer->ok && !layer->seen)
            (void)refuse(rb, layer, FINDING_BROKEN_REFERENCE, "no router in front of this one can be served");
        vec_fini(&rb->layers.p[i].children);
    }
}
