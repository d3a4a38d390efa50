#include "delta/work.h"

#include <stdlib.h>

#include "plan/match.h"
#include "plan/ops.h"

enum { MOST_ROUTERS = 4096, MOST_ROUNDS = 8 };

/* A field that the comparison does not know of would be missed. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct model_router) == 160,
               "same_keys must know of every field of model_router");

static bool same_dnf(const struct rule_dnf *a, const struct rule_dnf *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->conjuncts[i].n != b->conjuncts[i].n)
            return false;
        for (size_t j = 0; j < a->conjuncts[i].n; j++)
            if (!rule_literal_equals(&a->conjuncts[i].literals[j], &b->conjuncts[i].literals[j]))
                return false;
    }
    return true;
}

static bool same_entry_points(const struct model_router *a, const struct model_router *b)
{
    return a->n_entry_points == b->n_entry_points &&
           (a->n_entry_points == 0 ||
            memcmp(a->entry_points, b->entry_points, a->n_entry_points * sizeof *a->entry_points) == 0);
}

/* Below a prefix, every path that a strip cuts is a key of its own. */
static bool same_strip(const struct chain_plan *a, const struct chain_plan *b)
{
    size_t n = a->strip ? a->strip->strip.n : 0;
    bool same = !a->strip == !b->strip && n == (b->strip ? b->strip->strip.n : 0);
    for (size_t i = 0; i < n && same; i++)
        same = str_eq(a->prefixes[i], b->prefixes[i]);
    return same;
}

/* All but service and ops, which the records alone tell of. */
static bool same_keys(const struct pairing *p)
{
    const struct model_router *a = p->routers[BEFORE], *b = p->routers[AFTER];
    return a && b && str_eq(a->name, b->name) && str_eq(a->key, b->key) && str_eq(a->order, b->order) &&
           str_eq(a->rule, b->rule) && a->priority == b->priority && same_dnf(&a->dnf, &b->dnf) &&
           a->tls == b->tls && str_eq(a->tls_options, b->tls_options) && same_entry_points(a, b) &&
           same_strip(&p->chains[BEFORE], &p->chains[AFTER]);
}

static struct ledger_object *subject_of(const struct work *work, struct str key)
{
    struct str prefix;
    bool odd;
    return object_of(work->ledger->root, key, &prefix, &odd) == SORT_ROUTER
               ? strmap_get(work->subjects, prefix)
               : NULL;
}

static void pair(struct work *work)
{
    struct strmap *by_name = strmap_create(work->scratch, 64); /* place + 1 */
    work->pairings.n = 0;
    for (int s = BEFORE; s <= AFTER; s++)
        for (size_t i = 0; i < work->part.sides[s].model->n_routers; i++) {
            const struct model_router *router = &work->part.sides[s].model->routers[i];
            if (!subject_of(work, router->key))
                continue;
            size_t at = (uintptr_t)strmap_get(by_name, router->name);
            if (!at) {
                vec_push(&work->pairings, (struct pairing){ { NULL, NULL }, { { 0 }, { 0 } }, false });
                at = work->pairings.n;
                strmap_put(by_name, router->name, (void *)(uintptr_t)at);
            }
            struct pairing *p = &work->pairings.p[at - 1];
            p->routers[s] = router;
            p->chains[s] = chain_plan_of(work->scratch, router, work->input->before->settings);
            chain_settle(work->scratch, &p->chains[s], &work->input->before->shape);
        }
    for (size_t i = 0; i < work->pairings.n; i++)
        work->pairings.p[i].same_keys = same_keys(&work->pairings.p[i]);
}

static bool has_host(const host_list *hosts, uint64_t host)
{
    for (size_t i = 0; i < hosts->n; i++)
        if (hosts->p[i] == host)
            return true;
    return false;
}

static bool add_host(host_list *hosts, uint64_t host)
{
    if (has_host(hosts, host))
        return false;
    vec_push(hosts, host);
    return true;
}

/* The hosts of a side's routers; whether any is new. */
static bool add_hosts(const struct side *side, host_list *hosts)
{
    host_list own = { 0 };
    bool any = false;
    for (size_t i = 0; i < side->model->n_routers; i++)
        router_hosts(&side->model->routers[i], &own);
    for (size_t i = 0; i < own.n; i++)
        any = (own.p[i] && add_host(hosts, own.p[i])) || any;
    vec_fini(&own);
    return any;
}

/* Whether a router whose keys change is found under any host: then it may beat everybody's. */
static bool changes_everywhere(const struct work *work)
{
    host_list hosts = { 0 };
    for (size_t i = 0; i < work->pairings.n; i++)
        for (int s = BEFORE; s <= AFTER; s++)
            if (!work->pairings.p[i].same_keys && work->pairings.p[i].routers[s])
                router_hosts(work->pairings.p[i].routers[s], &hosts);
    bool any = has_host(&hosts, 0);
    vec_fini(&hosts);
    return any;
}

/* All routers of the part's hosts, and all that are found under any host, until no further host comes with
 * them: what such a part is compiled to is that part of the whole. */
static const char *add_rivals(struct work *work)
{
    struct ledger *ledger = work->ledger;
    host_list hosts = { 0 };
    const char *why = NULL;
    size_t most = ledger->n_routers / 4 > 64 ? ledger->n_routers / 4 : 64;
    add_hosts(&work->part.sides[BEFORE], &hosts);
    add_hosts(&work->part.sides[AFTER], &hosts);
    work->small = work->part.sides[AFTER];
    work->part.sides[AFTER] = (struct side){ 0 };
    for (int round = 0; !why; round++) {
        for (size_t i = 0; i < ledger->scopes.n && work->part.prefixes.n <= MOST_ROUTERS; i++) {
            const struct ledger_scope *scope = &ledger->scopes.p[i];
            if (scope->object != NO_OBJECT && (scope->host == 0 || has_host(&hosts, scope->host)))
                part_add(&work->part, ledger->objects.p[scope->object]->prefix);
        }
        if (work->part.prefixes.n > MOST_ROUTERS || work->part.prefixes.n > most || round == MOST_ROUNDS)
            why = "too many routers can meet the same requests";
        else
            why = part_build(&work->part);
        bool more = !why && add_hosts(&work->part.sides[BEFORE], &hosts);
        more = (!why && add_hosts(&work->part.sides[AFTER], &hosts)) || more;
        if (!more)
            break;
    }
    vec_fini(&hosts);
    return why;
}

const char *work_pair_routers(struct work *work)
{
    bool same = true;
    pair(work);
    for (size_t i = 0; i < work->pairings.n; i++)
        same = same && work->pairings.p[i].same_keys;
    if (same)
        return NULL;
    if (changes_everywhere(work))
        return "a rule of any host changes";
    const char *why = add_rivals(work);
    if (!why)
        pair(work);
    return why;
}

static void note_programs(struct work *work, const struct chain_plan *chain)
{
    if (chain->program && !strmap_put(work->programs, chain->program->id, (void *)chain->program))
        vec_push(&work->program_list, chain->program);
    for (size_t i = 0; i < chain->n_asked; i++)
        if (!strmap_put(work->programs, chain->asked[i]->id, (void *)chain->asked[i]))
            vec_push(&work->program_list, chain->asked[i]);
}

static int compare_programs(const void *a, const void *b)
{
    return str_cmp(((const struct plan_program *)a)->id, ((const struct plan_program *)b)->id);
}

/* Programs are few and small: the list is made anew where one comes or goes. */
static void splice_programs(struct work *work)
{
    struct arena *arena = work->out->arena;
    const struct plan *before = work->input->before;
    size_t n_from = 0, n_to = 0, n = 0;
    struct plan_program *from = ARENA_ARRAY(arena, struct plan_program, work->program_list.n);
    struct plan_program *to = ARENA_ARRAY(arena, struct plan_program, work->program_list.n);
    for (size_t i = 0; i < work->program_list.n; i++) {
        const struct plan_program *program = work->program_list.p[i];
        struct plan_program own = { arena_copy(arena, program->id), arena_copy(arena, program->json) };
        bool had = plan_program_find(before, program->id) != NULL,
             has = ledger_counted(work->ledger->programs, program->id) > 0;
        if (had && !has)
            from[n_from++] = own;
        else if (has && !had)
            to[n_to++] = own;
    }
    work->out->from.programs = from;
    work->out->from.n_programs = n_from;
    work->out->to.programs = to;
    work->out->to.n_programs = n_to;
    if (n_from + n_to == 0)
        return;
    struct plan_program *all = xmalloc((before->n_programs + n_to + 1) * sizeof *all);
    for (size_t i = 0; i < before->n_programs; i++)
        if (!strmap_get(work->programs, before->programs[i].id) ||
            ledger_counted(work->ledger->programs, before->programs[i].id))
            all[n++] = before->programs[i];
    for (size_t i = 0; i < n_to; i++)
        all[n++] = to[i];
    if (n)
        qsort(all, n, sizeof *all, compare_programs);
    if (n_from)
        qsort(from, n_from, sizeof *from, compare_programs);
    if (n_to)
        qsort(to, n_to, sizeof *to, compare_programs);
    work->out->blocks[DELTA_PROGRAMS] = all;
    work->out->plan.programs = all;
    work->out->plan.n_programs = n;
}

static void change_program(struct work *work, const struct plan_entry *program)
{
    plan_entries lines = { 0 };
    bool has = ledger_counted(work->ledger->ops, program->key) > 0;
    ops_lines(work->scratch, program, &lines);
    for (size_t i = 0; i < lines.n; i++) {
        struct arena *arena = work->out->arena;
        struct plan_entry entry = { arena_copy(arena, lines.p[i].key), { 0 } };
        if (has)
            entry.value = arena_copy(arena, lines.p[i].value);
        vec_push(&work->maps[MAP_PROGRAMS], entry);
    }
    vec_fini(&lines);
}

static void change_lines(struct work *work, const struct chain_plan *chain)
{
    if (chain->ops.key.p)
        change_program(work, &chain->ops);
    for (size_t i = 0; i < chain->n_more; i++)
        change_program(work, &chain->more[i]);
    if (chain->lane_entry.key.p)
        change_program(work, &chain->lane_entry);
}

static void change_names(struct work *work, const struct model_router *router)
{
    size_t n;
    const struct str *names = match_names(work->scratch, router, &n);
    for (size_t i = 0; i < n; i++) {
        struct plan_entry entry = { arena_copy(work->out->arena, names[i]), { 0 } };
        if (ledger_counted(work->ledger->names, names[i]))
            entry.value = STR("1");
        vec_push(&work->maps[MAP_NAMES], entry);
    }
}

void work_change_programs(struct work *work)
{
    for (int s = BEFORE; s <= AFTER; s++)
        for (size_t i = 0; i < work->pairings.n; i++)
            if (work->pairings.p[i].routers[s]) {
                uses_of_router(work->ledger, work->pairings.p[i].routers[s], &work->pairings.p[i].chains[s],
                               s == AFTER);
                note_programs(work, &work->pairings.p[i].chains[s]);
            }
    for (int s = BEFORE; s <= AFTER; s++)
        for (size_t i = 0; i < work->pairings.n; i++)
            if (work->pairings.p[i].routers[s]) {
                change_lines(work, &work->pairings.p[i].chains[s]);
                change_names(work, work->pairings.p[i].routers[s]);
            }
    splice_programs(work);
}
