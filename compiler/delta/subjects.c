#include "delta/work.h"

#include "plan/choice.h"

enum { MOST_SUBJECTS = 4096, MOST_MISSING = 64 };

static bool add_subject(struct work *work, struct ledger_object *object)
{
    if (strmap_put(work->subjects, object->prefix, object))
        return false;
    vec_push(&work->subject_list, object);
    part_add(&work->part, object->prefix);
    return true;
}

static bool exists(const struct work *work, struct str prefix)
{
    struct kv_list below = { 0 };
    kv_store_collect(work->input->store, JOIN(work->scratch, prefix, STR("/")), &below);
    bool any = below.n > 0 || kv_store_get(work->input->store, prefix).p;
    free(below.p);
    return any;
}

/* The objects of the changed keys. */
static const char *take_changes(struct work *work)
{
    for (size_t i = 0; i < work->input->n_changes; i++) {
        struct str prefix;
        bool odd;
        enum object_sort sort = object_of(work->ledger->root, work->input->changes[i].key, &prefix, &odd);
        if (sort == SORT_OTHER)
            return odd ? "a key is not spelled in the plainest way"
                       : "a key is of no router, service, middleware or transport";
        struct ledger_object *object = ledger_open(work->ledger, prefix, sort);
        if (!object)
            return "two objects are spelled alike";
        if (!add_subject(work, object))
            continue;
        object->was_there = object->there;
        object->there = exists(work, prefix);
    }
    return NULL;
}

static struct str name_of(const struct work *work, const struct ledger_object *object)
{
    return str_from(object->prefix, work->ledger->root.n + 6 + work->ledger->sections[object->sort].n + 1);
}

static uint64_t target_of(const struct work *work, const struct ledger_object *object)
{
    static const enum object_kind kinds[] = {
        [SORT_SERVICE] = KIND_SERVICE, [SORT_MIDDLEWARE] = KIND_MIDDLEWARE, [SORT_TRANSPORT] = KIND_TRANSPORT
    };
    return object_target(kinds[object->sort], name_of(work, object), STR("etcd"));
}

static void add_dependents(struct work *work, const struct ledger_object *object)
{
    uint64_t target = target_of(work, object);
    for (size_t i = 0; i < work->ledger->edges.n && work->subject_list.n <= MOST_SUBJECTS; i++)
        if (work->ledger->edges.p[i].target == target)
            add_subject(work, work->ledger->objects.p[work->ledger->edges.p[i].from]);
}

static bool is_static(const struct work *work, const struct ledger_object *object)
{
    uint64_t target = target_of(work, object);
    for (size_t i = 0; i < work->ledger->statics.n; i++)
        if (work->ledger->statics.p[i] == target)
            return true;
    return false;
}

/* Whether those who name a service see no difference. Only a loadBalancer's inside is known to be nobody
 * else's. */
static bool looks_the_same(const struct work *work, const struct ledger_object *object)
{
    const struct side *sides = work->part.sides;
    struct str name = name_of(work, object), qualified = JOIN(work->scratch, name, STR("@etcd"));
    const struct model_service *a = side_service(&sides[BEFORE], qualified),
                               *b = side_service(&sides[AFTER], qualified);
    const struct service *x = side_service_source(&sides[BEFORE], name),
                         *y = side_service_source(&sides[AFTER], name);
    if (!x || !y || x->middlewares.n || y->middlewares.n)
        return false;
    if (!a || !b)
        return !a && !b && x->load_balancer.key.p && y->load_balancer.key.p;
    return a->kind == SERVICE_SERVERS && b->kind == SERVICE_SERVERS &&
           choice_has_backend(a) == choice_has_backend(b) && choice_is_plain(a) == choice_is_plain(b) &&
           a->check.on == b->check.on;
}

/* Whoever names something that is not there may be told another name when the names change. */
static const char *add_missing(struct work *work)
{
    size_t n = 0;
    bool named = false;
    for (size_t i = 0; i < work->subject_list.n; i++) {
        const struct ledger_object *object = work->subject_list.p[i];
        named = named || (object->sort != SORT_ROUTER && object->there != object->was_there);
    }
    for (size_t i = 0; named && i < diag_total(work->input->diag); i++) {
        const struct finding *f = diag_get(work->input->diag, i);
        struct str prefix;
        bool odd;
        if (f->code != FINDING_MISSING_REFERENCE)
            continue;
        enum object_sort sort = object_of(work->ledger->root, f->key, &prefix, &odd);
        if (++n > MOST_MISSING || sort == SORT_OTHER)
            return "many objects name what is not there";
        /* A service's middlewares are looked at for the routers that use it, wherever they are. */
        if (sort == SORT_SERVICE &&
            str_eq_nocase(str_head(str_from(f->key, prefix.n), 12), STR("/middlewares")))
            return "the middlewares of a service are in error";
        part_add(&work->part, prefix);
    }
    return NULL;
}

static bool too_many(const struct work *work)
{
    size_t objects = work->ledger->objects.n, share = objects / 4;
    return work->subject_list.n > MOST_SUBJECTS || work->subject_list.n > (share > 64 ? share : 64);
}

const char *work_find_subjects(struct work *work)
{
    const char *why = take_changes(work);
    size_t looked = 0;
    if (!why)
        why = add_missing(work);
    while (!why && looked < work->subject_list.n) {
        size_t n = work->subject_list.n;
        for (size_t i = looked; i < n && !why; i++) {
            const struct ledger_object *object = work->subject_list.p[i];
            if (object->sort != SORT_ROUTER && is_static(work, object))
                why = "an entry point uses it";
            if (object->sort == SORT_MIDDLEWARE || object->sort == SORT_TRANSPORT)
                add_dependents(work, object);
        }
        if (!why)
            why = too_many(work) ? "too much depends on it" : part_build(&work->part);
        for (size_t i = looked; i < n && !why; i++)
            if (work->subject_list.p[i]->sort == SORT_SERVICE &&
                !looks_the_same(work, work->subject_list.p[i]))
                add_dependents(work, work->subject_list.p[i]);
        looked = n;
        if (!why && work->subject_list.n > n && too_many(work))
            why = "too much depends on it";
    }
    return why ? why : part_build(&work->part);
}
