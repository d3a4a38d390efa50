#include "delta/work.h"

#include <stdlib.h>

/* A new field of the plan is nothing that a delta brings up to date by itself: whoever adds one says here
 * what becomes of it. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct plan) == 360,
               "delta_compile must know of every field of the plan");

static void begin(struct work *work, const struct delta_input *input, struct delta *out)
{
    struct arena *scratch = arena_create();
    *out = (struct delta){ .arena = arena_create(), .plan = *input->before };
    out->plan.revision = input->revision;
    out->plan.shape_reason = (struct str){ 0 };
    out->plan.shape.grows = input->grows;
    *work = (struct work){ .input = input,
                           .ledger = input->ledger,
                           .out = out,
                           .scratch = scratch,
                           .subjects = strmap_create(scratch, input->n_changes),
                           .touched_by = strmap_create(scratch, 16),
                           .programs = strmap_create(scratch, 16) };
    part_init(&work->part, input);
}

struct side *work_service_side(struct work *work)
{
    return work->small.arena ? &work->small : &work->part.sides[AFTER];
}

static void end(struct work *work)
{
    part_fini(&work->part);
    side_fini(&work->small);
    vec_fini(&work->subject_list);
    vec_fini(&work->pairings);
    vec_fini(&work->touched);
    vec_fini(&work->program_list);
    vec_fini(&work->routes);
    for (size_t i = 0; i < PLAN_MAPS; i++)
        vec_fini(&work->maps[i]);
    arena_destroy(work->scratch);
}

static void discard(struct delta *out)
{
    for (size_t i = 0; i < DELTA_BLOCKS; i++)
        free(out->blocks[i]);
    arena_destroy(out->arena);
    arena_destroy(out->kept);
    *out = (struct delta){ 0 };
}

static const struct plan_entry *splice(struct work *work, size_t block, const struct plan_entry *list,
                                       size_t *n, entry_changes *changes, struct entry_difference *difference)
{
    *difference = entries_differ(work->out->arena, list, *n, changes);
    if (difference->n_from + difference->n_to == 0)
        return list;
    struct plan_entry *all = entries_splice(list, *n, difference, n);
    work->out->blocks[block] = all;
    return all;
}

static void assemble(struct work *work)
{
    struct delta *out = work->out;
    struct plan *plan = &out->plan;
    struct entry_difference d;
    plan->routes = splice(work, DELTA_ROUTES, plan->routes, &plan->n_routes, &work->routes, &d);
    out->from.routes = d.from;
    out->from.n_routes = d.n_from;
    out->to.routes = d.to;
    out->to.n_routes = d.n_to;
    for (size_t i = 0; i < PLAN_MAPS; i++) {
        plan->maps[i].p = splice(work, DELTA_MAPS + i, plan->maps[i].p, &plan->maps[i].n, &work->maps[i], &d);
        out->from.maps[i] = (struct plan_map){ d.from, d.n_from };
        out->to.maps[i] = (struct plan_map){ d.to, d.n_to };
    }
}

/* The ledger becomes that of the new plan. */
static void enter(struct work *work)
{
    struct ledger *ledger = work->ledger;
    const struct side *sides = work->part.sides;
    const struct model *old = sides[BEFORE].model, *new = sides[AFTER].model;
    for (size_t i = 0; i < work->subject_list.n; i++) {
        struct ledger_object *object = work->subject_list.p[i];
        host_list hosts = { 0 };
        ledger_set_edges(ledger, object, &sides[AFTER].notes);
        for (size_t j = 0; j < work->pairings.n; j++) {
            const struct model_router *router = work->pairings.p[j].routers[AFTER];
            if (router && object->sort == SORT_ROUTER && str_starts(router->key, object->prefix) &&
                (router->key.n == object->prefix.n || router->key.p[object->prefix.n] == '/'))
                router_hosts(router, &hosts);
        }
        ledger_set_scopes(ledger, object, &hosts);
        object->was_there = object->there;
        vec_fini(&hosts);
    }
    ledger_add_edges(
        ledger, &sides[AFTER].notes); /* the middlewares of a service are looked at when a router uses it */
    ledger->n_routers = ledger->n_routers - old->n_routers + new->n_routers;
    ledger->n_services = ledger->n_services - old->n_services + new->n_services;
    ledger->n_routers_out = ledger->n_routers_out - old->n_routers_out + new->n_routers_out;
    ledger->effort.expanded = ledger->effort.expanded - old->effort.expanded + new->effort.expanded;
    ledger->effort.ties = ledger->effort.ties - old->effort.ties + new->effort.ties;
    if (work->holders != ledger->holders)
        ledger_set_holders(ledger, &work->out->plan.shape);
}

/* Models of services stay: the prober and the ledger look into them. */
static void keep_models(struct work *work)
{
    bool any = false;
    for (size_t i = 0; i < work->subject_list.n; i++)
        any = any || work->subject_list.p[i]->sort == SORT_SERVICE;
    if (!any)
        return;
    struct side *side = work_service_side(work);
    work->out->kept = side->arena;
    side->arena = NULL;
}

const char *delta_compile(const struct delta_input *input, struct delta *out)
{
    if (ledger_closed(input->ledger))
        return ledger_closed(input->ledger);
    struct work work;
    begin(&work, input, out);
    const char *why = work_find_subjects(&work);
    if (!why)
        why = work_pair_routers(&work);
    if (!why)
        why = work_change_services(&work);
    if (!why)
        work_change_programs(&work);
    if (!why)
        why = work_change_routes(&work);
    if (!why && !work_change_findings(&work))
        why = "the findings are not those that were expected";
    if (!why) {
        assemble(&work);
        enter(&work);
        keep_models(&work);
    } else {
        ledger_close(input->ledger, why);
        discard(out);
    }
    end(&work);
    return why;
}

void delta_count(const struct ledger *ledger, size_t *n_routers, size_t *n_services, size_t *n_routers_out)
{
    *n_routers = ledger->n_routers;
    *n_services = ledger->n_services;
    *n_routers_out = ledger->n_routers_out;
}
