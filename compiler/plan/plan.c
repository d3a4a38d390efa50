#include "plan/plan.h"

#include <stdlib.h>

#include "base/strmap.h"
#include "plan/choice.h"
#include "plan/match.h"
#include "plan/place.h"
#include "plan/ops.h"
#include "plan/record.h"
#include "plan/service.h"
#include "plan/shape.h"
#include "plan/tls.h"

typedef VEC(struct str) name_list;

static struct shape_need services_needed(struct arena *arena, const struct model *model)
{
    struct shape_need need = { 0 };
    const struct model_service **used = ARENA_ARRAY(arena, const struct model_service *, model->n_services);
    for (size_t i = 0; i < model->n_services; i++)
        if (model->services[i].used && choice_has_backend(&model->services[i]))
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
    for (size_t i = 0; i < matches->n; i++)
        if (matches->p[i].router != NOBODY)
            shape_need_add(need, &chains[matches->p[i].router], matches->p[i].cuts);
}

static void add_names(struct strmap *seen, name_list *names, const struct model_headers_list *headers)
{
    for (size_t i = 0; i < headers->n; i++)
        if (!strmap_put(seen, headers->p[i].name, seen))
            vec_push(names, headers->p[i].name);
}

/* The names of headers that programs set in answers. Those of CORS are among the usual ones anyway. */
static void add_response_headers(struct arena *arena, struct shape_need *need, const struct model *model)
{
    struct strmap *seen = strmap_create(arena, 16);
    name_list names = { 0 };
    for (size_t i = 0; i < model->n_routers; i++)
        for (size_t j = 0; j < model->routers[i].n_ops; j++) {
            const struct model_op *op = &model->routers[i].ops[j];
            if (op->kind != OP_HEADERS)
                continue;
            add_names(seen, &names, &op->headers->response);
            add_names(seen, &names, &op->headers->security);
            add_names(seen, &names, &op->headers->secure);
        }
    struct str *copy = ARENA_ARRAY(arena, struct str, names.n);
    if (names.n)
        memcpy(copy, names.p, names.n * sizeof *copy);
    need->response_headers = copy;
    need->n_response_headers = names.n;
    vec_fini(&names);
}

static void fill_backends(struct arena *arena, const struct model *model, struct plan *plan)
{
    struct strmap *services = strmap_create(arena, model->n_services);
    for (size_t i = 0; i < model->n_services; i++)
        strmap_put(services, model->services[i].name, (void *)&model->services[i]);
    struct plan_backend *backends = ARENA_ARRAY(arena, struct plan_backend, plan->shape.n_backends);
    for (size_t i = 0; i < plan->shape.n_backends; i++) {
        const struct shape_backend *declared = &plan->shape.backends[i];
        backends[i] = (struct plan_backend){ .name = declared->name,
                                             .service = declared->holder,
                                             .kind = declared->kind };
        if (declared->holder.n)
            service_servers(arena, strmap_get(services, declared->holder), &backends[i]);
    }
    plan->backends = backends;
    plan->n_backends = plan->shape.n_backends;
}

static int file_compare(const void *a, const void *b)
{
    const struct plan_file *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

static void fill_files(struct arena *arena, struct plan *plan, const struct model_tls_options *clients)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < plan->n_backends; i++)
        n += 2 * plan->backends[i].n_servers;
    for (size_t i = 0; i < plan->n_lists; i++)
        n += 2 * plan->lists[i].n_lines;
    n += 1;
    const struct plan_file **files = ARENA_ARRAY(arena, const struct plan_file *, n);
    n = 0;
    for (size_t i = 0; i < plan->n_backends; i++)
        for (size_t j = 0; j < plan->backends[i].n_servers; j++) {
            const struct plan_server *server = &plan->backends[i].servers[j];
            if (server->authorities)
                files[n++] = server->authorities;
            if (server->identity)
                files[n++] = server->identity;
        }
    for (size_t i = 0; i < plan->n_lists; i++)
        for (size_t j = 0; j < plan->lists[i].n_lines; j++) {
            files[n++] = plan->lists[i].lines[j].file;
            if (plan->lists[i].lines[j].authorities)
                files[n++] = plan->lists[i].lines[j].authorities;
        }
    if (plan->n_lists && clients->authorities.n)
        files[n++] = plan_file_of(arena, "ca", clients->authorities);
    if (n)
        qsort(files, n, sizeof *files, file_compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !str_eq(files[kept - 1]->name, files[i]->name))
            files[kept++] = files[i];
    plan->files = files;
    plan->n_files = kept;
}

static int entry_compare(const void *a, const void *b)
{
    return str_cmp(((const struct plan_entry *)a)->key, ((const struct plan_entry *)b)->key);
}

static const struct plan_entry *entries_joined(struct arena *arena, const struct plan_entry *a, size_t *n_a,
                                               const struct plan_entry *b, size_t n_b)
{
    struct plan_entry *all = ARENA_ARRAY(arena, struct plan_entry, *n_a + n_b);
    for (size_t i = 0; i < *n_a + n_b; i++)
        all[i] = i < *n_a ? a[i] : b[i - *n_a];
    if (n_b)
        qsort(all, *n_a + n_b, sizeof *all, entry_compare);
    *n_a += n_b;
    return all;
}

static void fill_routes(struct arena *arena, const struct model *model, const struct matches *matches,
                        const struct chain_plan *chains, struct plan *plan, const struct plan_entry *names,
                        size_t n_names)
{
    struct strmap *holders = strmap_create(arena, plan->shape.n_backends);
    for (size_t i = 0; i < plan->shape.n_backends; i++)
        if (plan->shape.backends[i].holder.n)
            strmap_put(holders, plan->shape.backends[i].holder, (void *)&plan->shape.backends[i]);
    size_t n_choices, chosen = 0;
    const struct plan_entry *choices = choice_entries(arena, model, holders, &n_choices);
    choices = entries_joined(arena, choices, &n_choices, names, n_names);
    struct plan_entry *routes = ARENA_ARRAY(arena, struct plan_entry, matches->n + n_choices), *next = routes;
    struct buf scratch = { 0 };
    for (size_t i = 0; i < matches->n; i++) {
        const struct match *match = &matches->p[i];
        const struct model_router *router = match->router == NOBODY ? NULL : &model->routers[match->router];
        struct choice_target target = { 0 };
        while (chosen < n_choices && str_cmp(choices[chosen].key, match->key) < 0)
            *next++ = choices[chosen++];
        if (router)
            target = choice_target_of(arena, router->service, holders);
        *next++ =
            (struct plan_entry){ match->key, record_render(arena, &scratch, match, router,
                                                           router ? &chains[match->router] : NULL, &target) };
    }
    while (chosen < n_choices)
        *next++ = choices[chosen++];
    buf_fini(&scratch);
    plan->routes = routes;
    plan->n_routes = matches->n + n_choices;
}

static int program_compare(const void *a, const void *b)
{
    return str_cmp(((const struct plan_program *)a)->id, ((const struct plan_program *)b)->id);
}

const struct plan_program *plan_program_find(const struct plan *plan, struct str id)
{
    struct plan_program key = { .id = id };
    return plan->n_programs ? bsearch(&key, plan->programs, plan->n_programs, sizeof key, program_compare)
                            : NULL;
}

static void fill_programs(struct arena *arena, const struct model *model, const struct chain_plan *chains,
                          struct plan *plan)
{
    size_t most = 0, n = 0, kept = 0;
    for (size_t i = 0; i < model->n_routers; i++)
        most += chains[i].n_asked + 1;
    struct plan_program *programs = ARENA_ARRAY(arena, struct plan_program, most);
    for (size_t i = 0; i < model->n_routers; i++) {
        if (chains[i].program)
            programs[n++] = *chains[i].program;
        for (size_t j = 0; j < chains[i].n_asked; j++)
            programs[n++] = *chains[i].asked[j];
    }
    if (n)
        qsort(programs, n, sizeof *programs, program_compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !str_eq(programs[kept - 1].id, programs[i].id))
            programs[kept++] = programs[i];
    plan->programs = programs;
    plan->n_programs = kept;
}

/* Entries of equal keys are equal. */
static struct plan_map map_of(struct arena *arena, plan_entries *all)
{
    struct plan_entry *p = ARENA_ARRAY(arena, struct plan_entry, all->n);
    size_t n = 0;
    if (all->n)
        qsort(all->p, all->n, sizeof *all->p, entry_compare);
    for (size_t i = 0; i < all->n; i++)
        if (n == 0 || !str_eq(p[n - 1].key, all->p[i].key))
            p[n++] = all->p[i];
    vec_fini(all);
    return (struct plan_map){ p, n };
}

static void fill_maps(struct arena *arena, const struct model *model, const struct matches *matches,
                      const struct chain_plan *chains, struct plan *plan)
{
    plan_entries programs = { 0 };
    for (size_t i = 0; i < model->n_routers; i++) {
        if (chains[i].ops.key.p)
            ops_lines(arena, &chains[i].ops, &programs);
        for (size_t j = 0; j < chains[i].n_more; j++)
            ops_lines(arena, &chains[i].more[j], &programs);
        if (chains[i].lane_entry.key.p)
            vec_push(&programs, chains[i].lane_entry);
    }
    plan->maps[MAP_PROGRAMS] = map_of(arena, &programs);
    plan->maps[MAP_REGEXES] = matches->regexes;
    plan->maps[MAP_FIELDS] = matches->fields;
    plan->maps[MAP_LABELS] = matches->labels;
    plan->maps[MAP_NAMES] = matches->names;
}

static void add_one(struct strmap *seen, name_list *names, struct str name)
{
    if (name.n && !strmap_put(seen, name, seen))
        vec_push(names, name);
}

static int text_compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static const struct str *sorted(struct arena *arena, name_list *names, size_t *n)
{
    struct str *copy = ARENA_ARRAY(arena, struct str, names->n);
    if (names->n) {
        qsort(names->p, names->n, sizeof *names->p, text_compare);
        memcpy(copy, names->p, names->n * sizeof *copy);
    }
    *n = names->n;
    vec_fini(names);
    return copy;
}

/* What lanes would set and do. */
static void add_lanes(struct arena *arena, struct shape_need *need, const struct model *model,
                      const struct chain_plan *chains)
{
    struct strmap *seen[3];
    name_list lists[3] = { { 0 }, { 0 }, { 0 } };
    for (size_t i = 0; i < 3; i++)
        seen[i] = strmap_create(arena, 16);
    for (size_t i = 0; i < model->n_routers; i++) {
        const struct lane *lane = chains[i].lane;
        for (size_t j = 0; lane && j < lane->requests.n; j++)
            add_one(seen[0], &lists[0], lane->requests.p[j].name);
        for (size_t j = 0; lane && j < lane->answers.n; j++)
            add_one(seen[1], &lists[1], lane->answers.p[j].name);
        if (lane)
            add_one(seen[2], &lists[2], lane->rewrite);
    }
    need->lane_requests = sorted(arena, &lists[0], &need->n_lane_requests);
    need->lane_answers = sorted(arena, &lists[1], &need->n_lane_answers);
    need->lane_rewrites = sorted(arena, &lists[2], &need->n_lane_rewrites);
}

struct plan *plan_build(struct arena *arena, const struct model *model, const struct shape *previous)
{
    struct plan *plan = ARENA_NEW(arena, struct plan);
    plan->settings = model->settings;
    plan->revision = model->revision;
    struct chain_plan *chains = chains_of(arena, model);
    struct matches matches = match_build(arena, model, chains);
    struct shape_need need = services_needed(arena, model);
    need.tls = tls_need_of(arena, model);
    const struct plan_entry *names;
    size_t n_names;
    add_kinds(&need, &matches, chains);
    add_response_headers(arena, &need, model);
    add_lanes(arena, &need, model, chains);
    if (!previous)
        plan->shape_reason = STR("a first configuration");
    if (!previous || !shape_fit(arena, previous, &need, &plan->shape, &plan->shape_reason))
        shape_grow(arena, previous, &need, model->settings, &plan->shape);
    fill_backends(arena, model, plan);
    for (size_t i = 0; i < model->n_routers; i++)
        chain_settle(arena, &chains[i], &plan->shape);
    tls_fill(arena, model, plan, &names, &n_names);
    fill_files(arena, plan, model->tls.fallback);
    fill_routes(arena, model, &matches, chains, plan, names, n_names);
    fill_programs(arena, model, chains, plan);
    fill_maps(arena, model, &matches, chains, plan);
    return plan;
}
