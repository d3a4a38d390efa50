#include <stdlib.h>

#include "base/hash.h"
#include "base/vec.h"
#include "route/model_build.h"

enum { ID_DIGITS = 16 }; /* of a sticky cookie's value */

static bool check_kind(struct build *b, const struct service *s)
{
    struct str key = s->object.key;
    if (s->n_kinds == 0)
        diag_report(b->diag, FINDING_BAD_OBJECT, key, "the service has no kind, such as loadBalancer");
    else if (s->n_kinds > 1)
        diag_report(b->diag, FINDING_BAD_OBJECT, key, "the service has %zu kinds: it can be of one only",
                    s->n_kinds);
    return s->n_kinds == 1;
}

static struct reference child_reference(const struct service_entry *parent, struct str name)
{
    return reference_read(name, reference_scope(&parent->source->object, parent->space->tree->provider));
}

/* What a child's name says, resolved before; NULL with a finding where it cannot be used. */
static struct service_entry *find_child(struct build *b, const struct service_entry *parent, struct str name,
                                        struct str key)
{
    struct reference reference = child_reference(parent, name);
    if (str_eq(reference.provider, STR("internal")) && str_eq(reference.name, STR("noop")))
        return internal_service(b, reference.name);
    struct service_entry *child = reference_find(b, KIND_SERVICE, reference, key);
    if (!child) {
        report_missing(b, KIND_SERVICE, reference, key);
        return NULL;
    }
    if (child->state == SERVICE_OPEN) {
        report_text(b, FINDING_BAD_OBJECT, key, name, NULL, "the service is part of itself");
        b->n_circles++;
        return NULL;
    }
    if (!child->ok) {
        report_broken(b, KIND_SERVICE, reference, key, child->source->object.key);
        return NULL;
    }
    /* Those of a router's own service join the router's; here they would act behind the choice. */
    if (child->source->middlewares.n) {
        refuse_unsupported(b, child->source->middlewares.key,
                           "middlewares of a service below another one are");
        return NULL;
    }
    return child;
}

/* The children while they are gathered. */
struct gathered {
    struct model_child *children;
    struct service_entry **entries;
    size_t n;
};

static struct gathered gather(struct build *b, size_t most)
{
    return (struct gathered){ .children = ARENA_ARRAY(b->arena, struct model_child, most),
                              .entries = ARENA_ARRAY(b->scratch, struct service_entry *, most) };
}

static void add_child(struct build *b, struct gathered *to, struct str name, int64_t weight,
                      struct service_entry *entry)
{
    char *id = arena_alloc(b->arena, ID_DIGITS + 1, 1);
    sha256_hex(name, id, ID_DIGITS);
    to->children[to->n] = (struct model_child){ .name = name, .id = str_of(id, ID_DIGITS), .weight = weight };
    to->entries[to->n++] = entry;
}

static void take_children(struct service_entry *entry, const struct gathered *from)
{
    entry->draft.children = from->children;
    entry->draft.n_children = from->n;
    entry->children = from->entries;
    for (size_t i = 0; i < from->n; i++)
        if (from->entries[i]->height >= entry->height)
            entry->height = from->entries[i]->height + 1;
}

static bool check_reports(struct build *b, const struct service_entry *child, struct str name, struct str key)
{
    if (child->reports)
        return true;
    report_text(b, FINDING_BAD_OBJECT, key, name, NULL,
                "with a healthCheck above it the service must have one itself");
    return false;
}

/* weighted and highestRandomWeight. Children without a weight are left out, but they must be right. */
static bool read_shares(struct build *b, struct service_entry *entry, const struct shares *source,
                        enum model_service_kind kind)
{
    struct gathered found = gather(b, source->n_services);
    bool ok = true, aware = source->health_check.key.p != NULL;
    for (size_t i = 0; i < source->n_services; i++) {
        const struct child *child = &source->services[i];
        struct str key = IS_SET(child->name) ? child->name.key : child->object.key;
        struct service_entry *named = find_child(b, entry, child->name.v, key);
        ok = named && (!aware || check_reports(b, named, child->name.v, key)) && ok;
        int64_t weight = IS_SET(child->weight) ? child->weight.v : 1;
        if (named && weight > 0)
            add_child(b, &found, child->name.v, weight, named);
    }
    take_children(entry, &found);
    entry->draft.kind = kind;
    entry->draft.aware = aware;
    entry->draft.cookie = cookie_read(b->arena, &source->sticky.cookie, entry->draft.name);
    entry->reports = aware;
    return ok;
}

/* Mirrors that get copies become children; all must be right. */
static bool read_mirrors(struct build *b, struct service_entry *entry, const struct mirroring *m,
                         struct gathered *found)
{
    bool ok = true;
    for (size_t i = 0; i < m->n_mirrors; i++) {
        const struct child *mirror = &m->mirrors[i];
        struct str key = IS_SET(mirror->name) ? mirror->name.key : mirror->object.key;
        struct service_entry *named = find_child(b, entry, mirror->name.v, key);
        ok = named && ok;
        if (mirror->percent.v < 0 || mirror->percent.v > 100) {
            diag_report(b->diag, FINDING_BAD_VALUE, mirror->percent.key, "a share is 0 to 100 percent");
            ok = false;
        }
        if (named && mirror->percent.v > 0)
            add_child(b, found, mirror->name.v, mirror->percent.v, named);
    }
    return ok;
}

static bool read_mirroring(struct build *b, struct service_entry *entry)
{
    const struct mirroring *m = &entry->source->mirroring;
    struct gathered found = gather(b, m->n_mirrors + 1);
    struct str key = IS_SET(m->service) ? m->service.key : m->key;
    struct service_entry *main = find_child(b, entry, m->service.v, key);
    if (main)
        add_child(b, &found, m->service.v, 1, main);
    bool ok = main != NULL;
    ok = read_mirrors(b, entry, m, &found) && ok;
    take_children(entry, &found);
    entry->draft.kind = found.n > 1 ? SERVICE_MIRRORED : SERVICE_WEIGHTED;
    entry->draft.aware = m->health_check.key.p != NULL;
    entry->draft.mirror_body = !IS_SET(m->mirror_body) || m->mirror_body.v;
    entry->draft.max_body = IS_SET(m->max_body_size) ? m->max_body_size.v : -1;
    entry->reports = entry->draft.aware && main && main->reports;
    return ok;
}

static bool read_failover(struct build *b, struct service_entry *entry)
{
    const struct failover *f = &entry->source->failover;
    struct gathered found = gather(b, 2);
    bool by_status = f->errors.status.n > 0, aware = true;
    bool ok = model_read_statuses(b, &f->errors.status, &entry->draft.statuses);
    struct str names[] = { f->service.v, f->fallback.v };
    struct str keys[] = { IS_SET(f->service) ? f->service.key : f->key,
                          IS_SET(f->fallback) ? f->fallback.key : f->key };
    for (size_t i = 0; i < 2; i++) {
        struct service_entry *child = find_child(b, entry, names[i], keys[i]);
        bool must_report = i == 0 ? !by_status : f->health_check.key.p != NULL;
        ok = child && (!must_report || check_reports(b, child, names[i], keys[i])) && ok;
        aware = aware && (i > 0 || !child || child->reports);
        if (child)
            add_child(b, &found, names[i], 1, child);
    }
    take_children(entry, &found);
    entry->draft.kind = SERVICE_FAILOVER;
    entry->draft.aware = aware;
    entry->draft.max_body =
        IS_SET(f->errors.max_request_body_bytes) ? f->errors.max_request_body_bytes.v : -1;
    entry->reports = f->health_check.key.p != NULL;
    return ok;
}

/* All faults of a service are told, not the first only. */
static bool read_service(struct build *b, struct service_entry *entry)
{
    const struct service *s = entry->source;
    if (s->object.broken)
        return false;
    bool ok = check_supported(b, &s->object);
    if (!check_kind(b, s))
        return false;
    entry->draft.name = name_qualify(b->arena, s->object.name, entry->space->tree->provider);
    entry->draft.key = s->object.key;
    entry->height = 1;
    if (s->load_balancer.key.p)
        ok = balancer_read(b, entry) && ok;
    else if (s->weighted.key.p)
        ok = read_shares(b, entry, &s->weighted, SERVICE_WEIGHTED) && ok;
    else if (s->highest_random_weight.key.p)
        ok = read_shares(b, entry, &s->highest_random_weight, SERVICE_HASHED) && ok;
    else if (s->mirroring.key.p)
        ok = read_mirroring(b, entry) && ok;
    else
        ok = read_failover(b, entry) && ok;
    if (entry->height <= MODEL_MAX_HEIGHT)
        return ok;
    diag_report(b->diag, FINDING_BAD_OBJECT, s->object.key, "more than %d services stand above each other",
                MODEL_MAX_HEIGHT);
    return false;
}

/* A service whose children are being looked at. */
struct open_service {
    struct service_entry *entry;
    size_t next; /* child to look at */
};

/* The name of a child, in the order in which they are read; NULL behind the last one. */
static const struct text_value *child_name(const struct service *s, size_t i)
{
    const struct shares *shares = s->weighted.key.p ? &s->weighted : &s->highest_random_weight;
    if (s->object.broken || s->n_kinds != 1)
        return NULL;
    if (i < shares->n_services)
        return &shares->services[i].name;
    if (s->mirroring.key.p && i <= s->mirroring.n_mirrors)
        return i == 0 ? &s->mirroring.service : &s->mirroring.mirrors[i - 1].name;
    if (s->failover.key.p && i < 2)
        return i == 0 ? &s->failover.service : &s->failover.fallback;
    return NULL;
}

/* Reads a service after all that it needs. Depth first with a stack of its own: services may stand above each
 * other as long as the tree is large. */
static void service_resolve(struct build *b, struct service_entry *entry)
{
    VEC(struct open_service) stack = { 0 };
    entry->state = SERVICE_OPEN;
    vec_push(&stack, (struct open_service){ .entry = entry });
    while (stack.n) {
        struct open_service *top = &stack.p[stack.n - 1];
        struct service_entry *open = top->entry;
        const struct text_value *name = child_name(open->source, top->next++);
        if (name) {
            struct service_entry *child =
                reference_find(b, KIND_SERVICE, child_reference(open, name->v), open->source->object.key);
            if (child && child->state == SERVICE_NEW) {
                child->state = SERVICE_OPEN;
                vec_push(&stack, (struct open_service){ .entry = child });
            }
        } else {
            open->ok = read_service(b, open);
            open->state = SERVICE_DONE;
            stack.n--;
        }
    }
    vec_fini(&stack);
}

const struct op_list *service_ops(struct build *b, struct service_entry *entry)
{
    const struct service *s = entry->source;
    if (!entry->ops_resolved) {
        struct str provider = entry->space->tree->provider;
        struct op_list found = middlewares_resolve(b, &s->middlewares, reference_scope(&s->object, provider));
        struct model_op *own = ARENA_ARRAY(b->arena, struct model_op, found.n);
        for (size_t i = 0; i < found.n; i++) {
            own[i] = found.p[i];
            own[i].of_service = arena_printf(b->arena, "/%.*s", STR_ARG(entry->draft.name));
        }
        entry->ops = (struct op_list){ .p = own, .n = found.n, .ok = found.ok };
    }
    entry->ops_resolved = true;
    return &entry->ops;
}

static void open_space(struct build *b, struct space *space)
{
    const struct tree *tree = space->tree;
    space->services = ARENA_ARRAY(b->scratch, struct service_entry, tree->n_services);
    space->names[KIND_SERVICE] = strmap_create(b->scratch, tree->n_services);
    for (size_t j = 0; j < tree->n_services; j++) {
        space->services[j] = (struct service_entry){ .source = &tree->services[j], .space = space };
        strmap_put(space->names[KIND_SERVICE], tree->services[j].object.name, &space->services[j]);
    }
}

static int compare_entries(const void *a, const void *b)
{
    const struct service_entry *const *x = a, *const *y = b;
    return str_cmp((*x)->draft.name, (*y)->draft.name);
}

/* The array of the model, by name, and the children's places in it. */
static void place_services(struct build *b, struct service_entry **found, size_t n, struct model *out)
{
    if (n)
        qsort(found, n, sizeof *found, compare_entries);
    struct model_service *services = ARENA_ARRAY(b->arena, struct model_service, n);
    for (size_t i = 0; i < n; i++) {
        services[i] = found[i]->draft;
        found[i]->model = &services[i];
    }
    for (size_t i = 0; i < n; i++) {
        struct model_child *children = (struct model_child *)services[i].children;
        for (size_t j = 0; j < services[i].n_children; j++)
            children[j].service = found[i]->children[j]->model;
    }
    out->services = services;
    out->n_services = n;
}

void services_build(struct build *b, struct model *out)
{
    VEC(struct service_entry *) found = { 0 };
    for (size_t i = 0; i < b->n_spaces; i++)
        open_space(b, &b->spaces[i]);
    for (size_t i = 0; i < b->n_spaces; i++)
        for (size_t j = 0; j < b->spaces[i].tree->n_services; j++) {
            struct service_entry *entry = &b->spaces[i].services[j];
            if (entry->state == SERVICE_NEW)
                service_resolve(b, entry);
            if (entry->ok)
                vec_push(&found, entry);
        }
    place_services(b, found.p, found.n, out);
    vec_fini(&found);
}

bool service_names_children(const struct model_service *service)
{
    return service->kind == SERVICE_MIRRORED ||
           (service->kind == SERVICE_FAILOVER && service->statuses.n > 0);
}

static void use(const struct model_service *service)
{
    for (size_t i = 0; i < service->n_children; i++) {
        struct model_service *child = (struct model_service *)service->children[i].service;
        child->named = child->named || service_names_children(service);
        if (!child->used) {
            child->used = true;
            use(child);
        }
    }
}

/* Behind the relay a router's service is asked by name, and so are those that have the pages of errors. */
static void use_of_router(const struct model_router *router)
{
    for (size_t i = 0; i < router->n_ops; i++) {
        const struct model_op *op = &router->ops[i];
        if (op->kind != OP_RELAYED)
            continue;
        ((struct model_service *)router->service)->named = true;
        if (op->relayed->kind == RELAYED_ERRORS) {
            struct model_service *pages = (struct model_service *)op->relayed->errors.service;
            pages->used = pages->named = true;
        }
    }
}

void services_spread_use(struct model *model)
{
    for (size_t i = 0; i < model->n_routers; i++)
        use_of_router(&model->routers[i]);
    for (size_t i = 0; i < model->n_services; i++)
        if (model->services[i].used)
            use(&model->services[i]);
}
