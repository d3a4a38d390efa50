#include "route/model_build.h"

#include "base/vec.h"

enum { MAX_FAULTS = 8 }; /* of one list of names */

static bool read_strip_prefix(struct build *b, const struct strip_prefix *source, struct model_op *op,
                              bool *idle)
{
    struct str *prefixes = ARENA_ARRAY(b->arena, struct str, source->prefixes.n);
    for (size_t i = 0; i < source->prefixes.n; i++)
        prefixes[i] = str_trim(source->prefixes.v[i]);
    op->kind = OP_STRIP_PREFIX;
    op->strip.prefixes = prefixes;
    op->strip.n = source->prefixes.n;
    op->strip.force_slash = IS_SET(source->force_slash) && source->force_slash.v;
    *idle = op->strip.n == 0;
    return true;
}

static bool check_kind(struct build *b, const struct middleware *m)
{
    if (m->n_kinds == 0)
        diag_report(b->diag, FINDING_BAD_OBJECT, m->object.key,
                    "the middleware has no type, such as stripPrefix");
    else if (m->n_kinds > 1)
        diag_report(b->diag, FINDING_BAD_OBJECT, m->object.key,
                    "the middleware has %zu types: it can be of one only", m->n_kinds);
    else if (m->other_kind.p)
        refuse_unsupported(b, m->other_kind, "middlewares of this type are");
    return m->n_kinds == 1 && !m->other_kind.p;
}

/* Redirects, access, limits, headers. */
static bool read_other(struct build *b, const struct middleware *m, struct model_op *op, bool *idle)
{
    if (m->replace_path_regex.key.p) {
        op->kind = OP_REPLACE_REGEX;
        return model_read_regex_replace(b, &m->replace_path_regex, op, idle);
    }
    if (m->redirect_regex.key.p) {
        op->kind = OP_REDIRECT_REGEX;
        return model_read_regex_replace(b, &m->redirect_regex, op, idle);
    }
    if (m->redirect_scheme.key.p)
        return model_read_redirect_scheme(b, &m->redirect_scheme, op, idle);
    if (m->ip_allow_list.key.p)
        return model_read_allow_list(b, &m->ip_allow_list, op, idle);
    if (m->ip_white_list.key.p)
        return model_read_allow_list(b, &m->ip_white_list, op, idle);
    if (m->in_flight_req.key.p)
        return model_read_in_flight(b, &m->in_flight_req, op, idle);
    if (m->encoded_characters.key.p)
        return model_read_encoded(b, &m->encoded_characters, op, idle);
    if (m->pass_client_cert.key.p)
        return model_read_client_cert(b, &m->pass_client_cert, op, idle);
    if (m->content_type.key.p)
        return model_read_content_type(b, &m->content_type, op, idle);
    if (m->circuit_breaker.key.p)
        return model_read_breaker(b, &m->circuit_breaker, op, idle);
    if (m->buffering.key.p)
        return model_read_buffering(b, &m->buffering, op, idle);
    if (m->retry.key.p)
        return model_read_retry(b, &m->retry, op, idle);
    if (m->compress.key.p)
        return model_read_compress(b, &m->compress, op, idle);
    return m->headers.key.p && model_read_headers(b, &m->headers, op, idle);
}

/* Anything but a chain: at most one op. */
static struct op_list read_single(struct build *b, const struct middleware_entry *entry)
{
    const struct middleware *m = entry->source;
    struct op_list out = { 0 };
    if (m->object.broken || !check_supported(b, &m->object) || !check_kind(b, m))
        return out;
    bool idle = true;
    struct model_op *op = ARENA_NEW(b->arena, struct model_op);
    op->middleware = name_qualify(b->arena, m->object.name, entry->space->tree->provider);
    if (m->strip_prefix.key.p)
        out.ok = read_strip_prefix(b, &m->strip_prefix, op, &idle);
    else if (m->rate_limit.key.p)
        out.ok = model_read_rate_limit(b, &m->rate_limit, op, &idle);
    else if (m->basic_auth.key.p)
        out.ok = model_read_basic_auth(b, &m->basic_auth, op), idle = false;
    else if (m->digest_auth.key.p)
        out.ok = model_read_digest_auth(b, &m->digest_auth, op), idle = false;
    else if (m->forward_auth.key.p)
        out.ok = model_read_forward_auth(b, &m->forward_auth, op), idle = false;
    else if (m->add_prefix.key.p)
        out.ok = model_read_add_prefix(b, &m->add_prefix, op, &idle);
    else if (m->strip_prefix_regex.key.p)
        out.ok = model_read_strip_regex(b, &m->strip_prefix_regex, op, &idle);
    else if (m->errors.key.p)
        out.ok = model_read_errors(b, &m->errors, reference_scope(&m->object, entry->space->tree->provider),
                                   op, &idle);
    else if (m->replace_path.key.p)
        out.ok = model_read_replace_path(b, &m->replace_path, op, &idle);
    else
        out.ok = read_other(b, m, op, &idle);
    out.p = op;
    out.n = out.ok && !idle;
    return out;
}

struct op_list op_list_join(struct build *b, const struct op_list *lists, size_t n)
{
    struct op_list out = { .ok = true };
    size_t filled = 0;
    for (size_t i = 0; i < n; i++) {
        out.ok = out.ok && lists[i].ok;
        out.n += lists[i].n;
        out.p = lists[i].n ? lists[i].p : out.p;
        filled += lists[i].n > 0;
    }
    if (filled < 2)
        return out;
    out.p = NULL;
    if (out.n > MODEL_MAX_OPS)
        return out;
    struct model_op *ops = ARENA_ARRAY(b->arena, struct model_op, out.n);
    out.p = ops;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < lists[i].n; j++)
            *ops++ = lists[i].p[j];
    return out;
}

/* The ops that a name stands for; not ok, with a finding, where there are none to be had. */
static struct op_list resolve(struct build *b, struct reference name, struct str key)
{
    const struct middleware_entry *entry = reference_find(b, KIND_MIDDLEWARE, name, key);
    if (entry && entry->state == MIDDLEWARE_DONE && entry->ops.ok)
        return entry->ops;
    if (!entry)
        report_missing(b, KIND_MIDDLEWARE, name, key);
    else if (entry->state == MIDDLEWARE_OPEN)
        b->n_circles++, report_text(b, FINDING_BAD_OBJECT, key, name.text, NULL, "the chain contains itself");
    else
        report_broken(b, KIND_MIDDLEWARE, name, key, entry->source->object.key);
    return (struct op_list){ 0 };
}

struct op_list middlewares_resolve(struct build *b, const struct list_value *names, struct str provider)
{
    struct op_list lists[MODEL_MAX_OPS + 1]; /* only those with ops: one too many is enough to see it */
    size_t n = 0, n_faults = 0;
    for (size_t i = 0; i < names->n && n <= MODEL_MAX_OPS && n_faults < MAX_FAULTS; i++) {
        lists[n] = resolve(b, reference_read(names->v[i], provider), names->key);
        n_faults += !lists[n].ok;
        n += lists[n].n > 0;
    }
    struct op_list out = op_list_join(b, lists, n);
    out.ok = n_faults == 0;
    if (out.n > MODEL_MAX_OPS) {
        diag_report(b->diag, FINDING_BAD_OBJECT, names->key, "the list stands for more than %d middlewares",
                    MODEL_MAX_OPS);
        out = (struct op_list){ 0 };
    }
    return out;
}

/* A chain whose members are being looked at. */
struct open_chain {
    struct middleware_entry *entry;
    size_t next; /* member to look at */
};

typedef VEC(struct open_chain) chain_stack;

static bool is_chain(const struct middleware *m)
{
    return !m->object.broken && !m->object.unsupported.p && m->n_kinds == 1 && m->chain.key.p;
}

/* Begins with an entry: a chain is opened, anything else is done at once. */
static void visit(struct build *b, chain_stack *stack, struct middleware_entry *entry)
{
    if (is_chain(entry->source)) {
        entry->state = MIDDLEWARE_OPEN;
        vec_push(stack, (struct open_chain){ .entry = entry });
    } else {
        entry->ops = read_single(b, entry);
        entry->state = MIDDLEWARE_DONE;
    }
}

/* Expands a middleware after all that it needs. Depth first with a stack of its own: chains of chains may be
 * as long as the tree is large. */
static void expand(struct build *b, struct middleware_entry *entry)
{
    chain_stack stack = { 0 };
    visit(b, &stack, entry);
    while (stack.n) {
        struct open_chain *top = &stack.p[stack.n - 1];
        struct middleware_entry *chain = top->entry;
        const struct list_value *names = &chain->source->chain.middlewares;
        struct str scope = reference_scope(&chain->source->object, chain->space->tree->provider);
        if (top->next < names->n) {
            struct reference name = reference_read(names->v[top->next++], scope);
            struct middleware_entry *member = reference_find(b, KIND_MIDDLEWARE, name, names->key);
            if (member && member->state == MIDDLEWARE_NEW)
                visit(b, &stack, member);
        } else {
            chain->ops = middlewares_resolve(b, names, scope);
            chain->state = MIDDLEWARE_DONE;
            stack.n--;
        }
    }
    vec_fini(&stack);
}

void middlewares_build(struct build *b)
{
    for (size_t i = 0; i < b->n_spaces; i++) {
        struct space *space = &b->spaces[i];
        const struct tree *tree = space->tree;
        space->middlewares = ARENA_ARRAY(b->scratch, struct middleware_entry, tree->n_middlewares);
        space->names[KIND_MIDDLEWARE] = strmap_create(b->scratch, tree->n_middlewares);
        for (size_t j = 0; j < tree->n_middlewares; j++) {
            struct middleware_entry *entry = &space->middlewares[j];
            *entry = (struct middleware_entry){ .source = &tree->middlewares[j], .space = space };
            strmap_put(space->names[KIND_MIDDLEWARE], entry->source->object.name, entry);
        }
    }
    for (size_t i = 0; i < b->n_spaces; i++)
        for (size_t j = 0; j < b->spaces[i].tree->n_middlewares; j++)
            if (b->spaces[i].middlewares[j].state == MIDDLEWARE_NEW)
                expand(b, &b->spaces[i].middlewares[j]);
}
