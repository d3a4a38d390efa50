#include "plan/plan.h"

#include <stdlib.h>

#include "base/strmap.h"
#include "plan/match.h"
#include "plan/record.h"
#include "plan/service.h"
#include "plan/shape.h"

static struct shape_need services_needed(struct arena *arena, const struct model *model)
{
    struct shape_need need = { 0 };
    const struct model_service **used = ARENA_ARRAY(arena, const struct model_service *, model->n_services);
    for (size_t i = 0; i < model->n_services; i++)
        if (model->services[i].used)
            used[need.n_services++] = &model->services[i];
    need.services = used;
    return need;
}

static struct chain_plan *chains_of(struct arena *arena, const struct model *model)
{
    struct chain_plan *chains = ARENA_ARRAY(arena, struct chain_plan, model->n_routers);
    for (size_t i = 0; i < model->n_routers; i++)
        chains[i] = chain_plan_of(arena, &model->routers[i], model->settings);
    return chains;
}

/* Which kinds of things occur: of routers that win somewhere only. */
static void add_kinds(struct shape_need *need, const struct matches *matches, const struct chain_plan *chains)
{
    need->host_keys = matches->host_keys;
    need->any_keys = matches->any_keys;
    for (size_t i = 0; i < matches->n; i++) {
        const struct plan_program *program = chains[matches->p[i].router].program;
        need->cut = need->cut || matches->p[i].cuts;
        need->agent = need->agent || program;
        need->messages |= program ? program_message(program) : 0;
    }
}

static void fill_backends(struct arena *arena, const struct model *model, struct plan *plan)
{
    struct strmap *services = strmap_create(arena, model->n_services);
    for (size_t i = 0; i < model->n_services; i++)
        strmap_put(services, model->services[i].name, (void *)&model->services[i]);
    struct plan_backend *backends = ARENA_ARRAY(arena, struct plan_backend, plan->shape.n_backends);
    for (size_t i = 0; i < plan->shape.n_backends; i++) {
        const struct shape_backend *declared = &plan->shape.backends[i];
        backends[i] = (struct plan_backend){ .name = declared->name, .service = declared->holder };
        if (declared->holder.n)
            service_servers(arena, strmap_get(services, declared->holder), &backends[i]);
    }
    plan->backends = backends;
    plan->n_backends = plan->shape.n_backends;
}

static void fill_routes(struct arena *arena, const struct model *model, const struct matches *matches,
                        const struct chain_plan *chains, struct plan *plan)
{
    struct strmap *holders = strmap_create(arena, plan->shape.n_backends);
    for (size_t i = 0; i < plan->shape.n_backends; i++)
        if (plan->shape.backends[i].holder.n)
            strmap_put(holders, plan->shape.backends[i].holder, (void *)&plan->shape.backends[i]);
    struct plan_entry *routes = ARENA_ARRAY(arena, struct plan_entry, matches->n);
    struct buf scratch = { 0 };
    for (size_t i = 0; i < matches->n; i++) {
        const struct match *match = &matches->p[i];
        const struct model_router *router = &model->routers[match->router];
        const struct shape_backend *backend = strmap_get(holders, router->service->name);
        routes[i] = (struct plan_entry){ match->key, record_render(arena, &scratch, match, router,
                                                                   &chains[match->router], backend->name) };
    }
    buf_fini(&scratch);
    plan->routes = routes;
    plan->n_routes = matches->n;
}

static int program_compare(const void *a, const void *b)
{
    return str_cmp(((const struct plan_program *)a)->id, ((const struct plan_program *)b)->id);
}

static void fill_programs(struct arena *arena, const struct model *model, const struct chain_plan *chains,
                          struct plan *plan)
{
    struct plan_program *programs = ARENA_ARRAY(arena, struct plan_program, model->n_routers);
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < model->n_routers; i++)
        if (chains[i].program)
            programs[n++] = *chains[i].program;
    if (n)
        qsort(programs, n, sizeof *programs, program_compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !str_eq(programs[kept - 1].id, programs[i].id))
            programs[kept++] = programs[i];
    plan->programs = programs;
    plan->n_programs = kept;
}

struct plan *plan_build(struct arena *arena, const struct model *model, const struct shape *previous)
{
    struct plan *plan = ARENA_NEW(arena, struct plan);
    plan->settings = model->settings;
    plan->revision = model->revision;
    struct chain_plan *chains = chains_of(arena, model);
    struct matches matches = match_build(arena, model, chains);
    struct shape_need need = services_needed(arena, model);
    add_kinds(&need, &matches, chains);
    if (!previous)
        plan->shape_reason = STR("a first configuration");
    if (!previous || !shape_fit(arena, previous, &need, &plan->shape, &plan->shape_reason))
        shape_grow(arena, previous, &need, model->settings, &plan->shape);
    fill_backends(arena, model, plan);
    fill_routes(arena, model, &matches, chains, plan);
    fill_programs(arena, model, chains, plan);
    return plan;
}

struct str plan_backend_of(const struct plan *plan, struct str service)
{
    for (size_t i = 0; i < plan->n_backends; i++)
        if (str_eq(plan->backends[i].service, service))
            return plan->backends[i].name;
    return (struct str){ 0 };
}
