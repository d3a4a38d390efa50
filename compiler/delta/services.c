#include "delta/work.h"

#include <stdlib.h>

#include "base/address.h"
#include "plan/choice.h"
#include "plan/service.h"
#include "plan/shape.h"

static void touch(void *context, struct ledger_service *service)
{
    struct work *work = context;
    if (strmap_put(work->touched_by, service->name, service))
        return;
    vec_push(&work->touched, (struct touched){ service, service->model, service->uses, service->names > 0 });
}

static struct str qualified_name(const struct work *work, const struct ledger_object *object)
{
    struct str name =
        str_from(object->prefix, work->ledger->root.n + 6 + work->ledger->sections[object->sort].n + 1);
    return JOIN(work->scratch, name, STR("@etcd"));
}

/* Who uses what: services that change let go of what they used, then everybody uses what he uses now. */
static void count_uses(struct work *work)
{
    struct ledger *ledger = work->ledger;
    const struct use_watch watch = { touch, work };
    VEC(struct ledger_service *) own = { 0 };
    for (size_t i = 0; i < work->subject_list.n; i++)
        if (work->subject_list.p[i]->sort == SORT_SERVICE)
            vec_push(&own, ledger_service_of(ledger, qualified_name(work, work->subject_list.p[i])));
    for (size_t i = 0; i < own.n; i++)
        touch(work, own.p[i]);
    for (size_t i = 0; i < own.n; i++)
        uses_count_children(ledger, own.p[i], false, &watch);
    for (size_t i = 0; i < own.n; i++)
        own.p[i]->model = side_service(work_service_side(work), own.p[i]->name);
    for (size_t i = 0; i < work->pairings.n; i++) {
        const struct pairing *p = &work->pairings.p[i];
        if (p->routers[BEFORE])
            uses_drop_router(ledger, p->routers[BEFORE], &watch);
        if (p->routers[AFTER])
            uses_add_router(ledger, p->routers[AFTER], &watch);
    }
    for (size_t i = 0; i < own.n; i++)
        if (own.p[i]->uses && own.p[i]->model)
            uses_count_children(ledger, own.p[i], true, &watch);
    vec_fini(&own);
}

static bool needs_backend(const struct model_service *model, size_t uses)
{
    return uses && model && choice_has_backend(model);
}

/* Whether the backends are to be handed out anew. */
static bool needs_change(const struct work *work)
{
    for (size_t i = 0; i < work->touched.n; i++) {
        const struct touched *t = &work->touched.p[i];
        bool before = needs_backend(t->model, t->uses),
             after = needs_backend(t->service->model, t->service->uses);
        if (before != after || (before && choice_is_plain(t->model) != choice_is_plain(t->service->model)))
            return true;
    }
    return false;
}

static int compare_models(const void *a, const void *b)
{
    const struct model_service *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

static const char *hand_out(struct work *work)
{
    const struct shape *old = &work->input->before->shape;
    struct ledger *ledger = work->ledger;
    const struct model_service **services =
        ARENA_ARRAY(work->scratch, const struct model_service *, ledger->service_list.n);
    struct shape previous = *old;
    struct shape_need need = { .cut = old->cut,
                               .agent = old->agent,
                               .messages = old->messages,
                               .rounds = old->rounds,
                               .services = services };
    struct str reason;
    for (size_t i = 0; i < ledger->service_list.n; i++)
        if (needs_backend(ledger->service_list.p[i]->model, ledger->service_list.p[i]->uses))
            services[need.n_services++] = ledger->service_list.p[i]->model;
    if (need.n_services)
        qsort(services, need.n_services, sizeof *services, compare_models);
    previous.grows = work->input->grows;
    return shape_fit(work->out->arena, &previous, &need, &work->out->plan.shape, &reason) ? NULL
                                                                                          : "the shape grows";
}

static bool has_files(const struct plan_backend *backend)
{
    for (size_t i = 0; i < backend->n_servers; i++)
        if (backend->servers[i].authorities || backend->servers[i].identity)
            return true;
    return false;
}

/* What makes a backend more than its tree's business: names are looked up, and asked for no longer;
 * certificates are files. In the plan before, names are addresses already. */
static bool is_entangled(const struct plan_backend *before)
{
    struct address address;
    for (size_t i = 0; before->holds && i < before->holds->n_servers; i++)
        if (before->holds->servers[i].host.n && !address_read(before->holds->servers[i].host, &address))
            return true;
    return has_files(before);
}

/* What a declared backend holds now. */
static const char *fill(struct work *work, const struct shape_backend *declared, struct plan_backend *out)
{
    *out =
        (struct plan_backend){ .name = declared->name, .service = declared->holder, .kind = declared->kind };
    if (declared->holder.n)
        service_servers(work->out->arena, ledger_service_of(work->ledger, declared->holder)->model, out);
    return plan_backend_has_names(out) ? "servers with names"
           : has_files(out)            ? "servers with certificates"
                                       : NULL;
}

typedef VEC(struct plan_backend) backend_list;

/* Each declared backend of the new shape beside that of the old one of the same name. */
static const char *fill_backends(struct work *work, backend_list *from, backend_list *to)
{
    const struct plan *before = work->input->before;
    const struct shape *shape = &work->out->plan.shape;
    struct plan_backend *all = xmalloc((shape->n_backends + 1) * sizeof *all);
    const char *why = NULL;
    work->out->blocks[DELTA_BACKENDS] = all;
    for (size_t i = 0, j = 0; i < shape->n_backends && !why; i++) {
        const struct shape_backend *declared = &shape->backends[i];
        while (j < before->n_backends && str_cmp(before->backends[j].name, declared->name) < 0)
            j++;
        const struct plan_backend *old =
            j < before->n_backends && str_eq(before->backends[j].name, declared->name) ? &before->backends[j]
                                                                                       : NULL;
        bool same = old && str_eq(old->service, declared->holder) &&
                    !(declared->holder.n && strmap_get(work->touched_by, declared->holder));
        if (same) {
            all[i] = *old;
            continue;
        }
        why = old && is_entangled(old) ? "servers with names or certificates" : fill(work, declared, &all[i]);
        if (old)
            vec_push(from, *old);
        vec_push(to, all[i]);
    }
    work->out->plan.backends = all;
    work->out->plan.n_backends = shape->n_backends;
    return why;
}

static int compare_backend(const void *name, const void *backend)
{
    return str_cmp(*(const struct str *)name, ((const struct plan_backend *)backend)->name);
}

static int compare_lists(const void *a, const void *b)
{
    return str_cmp(((const struct plan_backend *)a)->name, ((const struct plan_backend *)b)->name);
}

/* The same where everybody keeps his backend: only those of services that changed are looked at. */
static const char *refill_backends(struct work *work, backend_list *from, backend_list *to)
{
    const struct plan *before = work->input->before;
    const char *why = NULL;
    for (size_t i = 0; i < work->touched.n && !why; i++) {
        const struct touched *t = &work->touched.p[i];
        const struct shape_backend *declared = needs_backend(t->service->model, t->service->uses)
                                                   ? strmap_get(work->ledger->holders, t->service->name)
                                                   : NULL;
        if (!declared || t->model == t->service->model)
            continue;
        struct plan_backend *old = bsearch(&declared->name, before->backends, before->n_backends,
                                           sizeof *before->backends, compare_backend),
                            new;
        why = is_entangled(old) ? "servers with names or certificates" : fill(work, declared, &new);
        if (why)
            return why;
        vec_push(from, *old);
        vec_push(to, new);
    }
    if (to->n == 0)
        return NULL;
    struct plan_backend *all = xmalloc((before->n_backends + 1) * sizeof *all);
    memcpy(all, before->backends, before->n_backends * sizeof *before->backends);
    for (size_t i = 0; i < to->n; i++) {
        const struct plan_backend *old = bsearch(&to->p[i].name, before->backends, before->n_backends,
                                                 sizeof *before->backends, compare_backend);
        all[old - before->backends] = to->p[i];
    }
    qsort(from->p, from->n, sizeof *from->p, compare_lists);
    qsort(to->p, to->n, sizeof *to->p, compare_lists);
    work->out->blocks[DELTA_BACKENDS] = all;
    work->out->plan.backends = all;
    return NULL;
}

static void keep(struct work *work, backend_list *list, const struct plan_backend **p, size_t *n)
{
    struct plan_backend *own = ARENA_ARRAY(work->out->arena, struct plan_backend, list->n);
    if (list->n)
        memcpy(own, list->p, list->n * sizeof *own);
    *p = own;
    *n = list->n;
    vec_fini(list);
}

/* The definitions of choices stand among the records. */
static void change_choices(struct work *work)
{
    for (size_t i = 0; i < work->touched.n; i++) {
        const struct touched *t = &work->touched.p[i];
        struct plan_entry old, new;
        bool had = t->uses && t->model &&
                   choice_entry_of(work->scratch, t->model, t->named, work->ledger->holders, &old);
        bool has =
            t->service->uses && t->service->model &&
            choice_entry_of(work->out->arena, t->service->model, t->service->names > 0, work->holders, &new);
        if (has)
            vec_push(&work->routes, new);
        else if (had)
            vec_push(&work->routes, (struct plan_entry){ arena_copy(work->out->arena, old.key), { 0 } });
    }
}

const char *work_change_services(struct work *work)
{
    backend_list from = { 0 }, to = { 0 };
    count_uses(work);
    bool anew = needs_change(work);
    const char *why = anew ? hand_out(work) : NULL;
    if (!why)
        why = anew ? fill_backends(work, &from, &to) : refill_backends(work, &from, &to);
    work->holders = anew && !why ? holders_of(work->scratch, &work->out->plan.shape) : work->ledger->holders;
    keep(work, &from, &work->out->from.backends, &work->out->from.n_backends);
    keep(work, &to, &work->out->to.backends, &work->out->to.n_backends);
    work->out->backends_changed = work->out->to.n_backends > 0;
    if (!why)
        change_choices(work);
    return why;
}
