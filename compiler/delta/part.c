#include "delta/part.h"

#include <stdlib.h>

enum { MOST_ROUNDS = 40 };

void part_init(struct part *part, const struct delta_input *input)
{
    *part = (struct part){ .input = input, .arena = arena_create() };
    part->changed = strmap_create(part->arena, input->n_changes);
    part->members = strmap_create(part->arena, 64);
    for (size_t i = 0; i < input->n_changes; i++)
        strmap_put(part->changed, input->changes[i].key, (void *)&input->changes[i]);
}

void side_fini(struct side *side)
{
    arena_destroy(side->arena);
    vec_fini(&side->notes);
    *side = (struct side){ 0 };
}

void part_fini(struct part *part)
{
    side_fini(&part->sides[BEFORE]);
    side_fini(&part->sides[AFTER]);
    vec_fini(&part->prefixes);
    arena_destroy(part->arena);
}

bool part_add(struct part *part, struct str prefix)
{
    if (strmap_get(part->members, prefix))
        return false;
    struct str own = arena_copy(part->arena, prefix);
    strmap_put(part->members, own, part);
    vec_push(&part->prefixes, own);
    return true;
}

/* The keys of one object: its own and those below. Of the state before, those that changed come from the
 * changes. */
static void gather(const struct part *part, struct str prefix, struct kv_list *out)
{
    struct str value = kv_store_get(part->input->store, prefix);
    struct str below = JOIN(part->arena, prefix, STR("/"));
    if (value.p) {
        struct kv_pair own = { prefix, value };
        vec_push(out, own);
    }
    kv_store_collect(part->input->store, below, out);
}

static bool is_of_part(const struct part *part, struct str key)
{
    struct str prefix;
    bool odd;
    return object_of(part->input->ledger->root, key, &prefix, &odd) != SORT_OTHER &&
           strmap_get(part->members, prefix);
}

static int compare_pairs(const void *a, const void *b)
{
    return str_cmp(((const struct kv_pair *)a)->key, ((const struct kv_pair *)b)->key);
}

/* What changed as it was before. */
static void undo(const struct part *part, struct kv_list *pairs)
{
    size_t kept = 0;
    for (size_t i = 0; i < pairs->n; i++)
        if (!strmap_get(part->changed, pairs->p[i].key))
            pairs->p[kept++] = pairs->p[i];
    pairs->n = kept;
    for (size_t i = 0; i < part->input->n_changes; i++) {
        const struct kv_change *change = &part->input->changes[i];
        if (change->before.p && is_of_part(part, change->key)) {
            struct kv_pair pair = { change->key, change->before };
            vec_push(pairs, pair);
        }
    }
}

static struct kv_snapshot snapshot_of(struct part *part, struct arena *arena, bool before)
{
    const struct ledger *ledger = part->input->ledger;
    struct kv_list pairs = { 0 };
    for (size_t i = 0; i < part->prefixes.n; i++)
        gather(part, part->prefixes.p[i], &pairs);
    if (before)
        undo(part, &pairs);
    for (size_t i = 0; i < ledger->others.n; i++)
        vec_push(&pairs, ledger->others.p[i]);
    struct kv_pair *own = ARENA_ARRAY(arena, struct kv_pair, pairs.n);
    for (size_t i = 0; i < pairs.n; i++)
        own[i] = (struct kv_pair){ arena_copy(arena, pairs.p[i].key), arena_copy(arena, pairs.p[i].value) };
    if (pairs.n)
        qsort(own, pairs.n, sizeof *own, compare_pairs);
    struct kv_snapshot out = { .pairs = own,
                               .n = pairs.n,
                               .revision = before ? part->input->before->revision : part->input->revision,
                               .root = ledger->root,
                               .provider = STR("etcd") };
    free(pairs.p);
    return out;
}

static const enum object_sort sorts[KINDS] = {
    [KIND_SERVICE] = SORT_SERVICE, [KIND_MIDDLEWARE] = SORT_MIDDLEWARE, [KIND_TRANSPORT] = SORT_TRANSPORT
};

/* What is named and is in the tree belongs to the part. */
static void note(void *context, enum object_kind kind, struct str name, struct str provider, struct str key,
                 bool found)
{
    struct part *part = context;
    const struct ledger *ledger = part->input->ledger;
    struct str section = ledger->sections[sorts[kind]];
    vec_push(&part->building->notes, (struct ledger_note){ object_target(kind, name, provider), key });
    if (found || !section.p || !str_eq(provider, STR("etcd")) || !object_name_is_plain(name))
        return;
    struct str prefix = JOIN(part->arena, ledger->root, STR("/http/"), section, STR("/"), name);
    bool alike;
    const struct ledger_object *object = ledger_find(ledger, prefix, &alike);
    if (object && object->there)
        part->grown = part_add(part, prefix) || part->grown;
}

/* Names that are meant are those of the whole tree: the nearest, of equal ones the first. */
static struct str nearest(void *context, enum object_kind kind, struct str name)
{
    const struct part *part = context;
    const struct ledger *ledger = part->input->ledger;
    bool before = part->building == &part->sides[BEFORE];
    size_t limit = name.n / 3 ? name.n / 3 : 1, best = limit + 1;
    struct str found = { 0 };
    for (size_t i = 0; i < ledger->objects.n && !part->grown;
         i++) { /* a side that lacks something is built again */
        const struct ledger_object *object = ledger->objects.p[i];
        if (object->sort != sorts[kind] || !(before ? object->was_there : object->there))
            continue;
        struct str own =
            str_from(object->prefix, ledger->root.n + 1 + 5 + ledger->sections[object->sort].n + 1);
        size_t distance = str_distance(name, own, limit);
        if (distance < best || (distance == best && best <= limit && str_cmp(own, found) < 0)) {
            best = distance;
            found = own;
        }
    }
    return found;
}

static void side_build(struct part *part, int which)
{
    struct side *side = &part->sides[which];
    const struct model_watch watch = { .reference = note, .nearest = nearest, .context = part };
    side_fini(side);
    side->arena = arena_create();
    side->diag = diag_create(side->arena, 0);
    part->building = side;
    side->snapshot = snapshot_of(part, side->arena, which == BEFORE);
    side->tree = tree_decode(side->arena, &side->snapshot, side->diag);
    side->model =
        model_build_watched(side->arena, &side->tree, 1, part->input->before->settings, side->diag, &watch);
    diag_sort(side->diag);
}

/* A service's middlewares are looked at for the first router that uses it, in the part or outside. */
static bool blames_service(const struct side *side, const struct service *service)
{
    for (size_t i = 0; service->middlewares.n && i < diag_total(side->diag); i++)
        if (str_eq(diag_get(side->diag, i)->key, service->middlewares.key))
            return true;
    return false;
}

/* Each costs the whole tree as many guesses as there are names. */
static size_t count_missing(const struct diag *diag)
{
    size_t n = 0;
    for (size_t i = 0; i < diag_total(diag); i++)
        n += diag_get(diag, i)->code == FINDING_MISSING_REFERENCE;
    return n;
}

/* Whether a side is all that the part must know. */
static const char *check(const struct part *part, const struct side *side)
{
    if (diag_count(side->diag, SEVERITY_NOTE) != diag_total(side->diag))
        return "there are more findings than are kept";
    for (size_t i = 0; i < diag_total(side->diag); i++)
        if (str_starts(diag_get(side->diag, i)->key, STR("entrypoints.")))
            return "the middlewares of an entry point are in error";
    for (size_t i = 0; i < side->tree->n_services; i++)
        if (blames_service(side, &side->tree->services[i]))
            return "the middlewares of a service are in error";
    for (size_t i = 0; i < side->tree->n_routers; i++)
        if (side->tree->routers[i].parent_refs.n)
            return "routers stand behind routers";
    for (size_t i = 0; i < side->tree->n_routers; i++)
        if (side->tree->routers[i].tls.options.v.n &&
            !str_eq(side->tree->routers[i].tls.options.v, STR(MODEL_TLS_DEFAULT)))
            return "a router has TLS options of its own";
    for (size_t e = 0; e < side->model->settings->n_entry_points; e++)
        if (side->model->tls.entry_points[e] &&
            !shape_takes_tls(&part->input->before->shape, side->model->settings->entry_points[e].name))
            return "the first router with TLS on an entry point";
    for (size_t i = 0; i < side->tree->n_servers_transports; i++)
        if (side->tree->servers_transports[i].root_cas.n || side->tree->servers_transports[i].n_certificates)
            return "a transport names certificates";
    struct model_effort whole = part->input->ledger->effort, own = side->model->effort;
    whole.guesses = count_missing(part->input->diag) * part->input->ledger->n_nameable;
    own.guesses = count_missing(side->diag) * part->input->ledger->n_nameable;
    if (!model_effort_is_small(&whole, &own))
        return "objects name each other in a circle, or rules come near their limits";
    return NULL;
}

const char *part_build(struct part *part)
{
    const char *why = NULL;
    part->grown = true;
    for (int round = 0; part->grown; round++) {
        if (round == MOST_ROUNDS)
            return "objects name each other too deep";
        part->grown = false;
        side_build(part, AFTER);
        if (!part->grown)
            side_build(part, BEFORE);
    }
    why = check(part, &part->sides[BEFORE]);
    return why ? why : check(part, &part->sides[AFTER]);
}

static int compare_service(const void *name, const void *service)
{
    return str_cmp(*(const struct str *)name, ((const struct model_service *)service)->name);
}

const struct model_service *side_service(const struct side *side, struct str name)
{
    size_t n = side->model->n_services;
    return n ? bsearch(&name, side->model->services, n, sizeof *side->model->services, compare_service)
             : NULL;
}

static int compare_source(const void *name, const void *service)
{
    return str_cmp(*(const struct str *)name, ((const struct service *)service)->object.name);
}

const struct service *side_service_source(const struct side *side, struct str name)
{
    size_t n = side->tree->n_services;
    return n ? bsearch(&name, side->tree->services, n, sizeof *side->tree->services, compare_source) : NULL;
}
