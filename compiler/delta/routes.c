#include "delta/work.h"

#include "plan/choice.h"
#include "plan/entry.h"
#include "plan/match.h"
#include "plan/place.h"
#include "plan/record.h"
#include "plan/shape.h"

/* Whether the running skeleton can do a chain. Kinds that it lacks make it grow. */
static bool shape_has(const struct shape *shape, const struct chain_plan *chain)
{
    struct shape_need need = { 0 };
    shape_need_add(&need, chain, chain->strip != NULL);
    return shape_has_kinds(shape, &need);
}

static void change(struct work *work, struct str key, struct str value)
{
    vec_push(&work->routes, (struct plan_entry){ arena_copy(work->out->arena, key), value });
}

/* A router that stands where it stood: its records stand under its keys and below them. */
static void rerender(struct work *work, const struct pairing *p)
{
    const struct plan *before = work->input->before;
    const struct model_router *router = p->routers[AFTER];
    struct model alone = { .settings = before->settings, .routers = router, .n_routers = 1 };
    struct matches matches = match_build(work->scratch, &alone, &p->chains[AFTER]);
    struct choice_target target = choice_target_of(work->scratch, router->service, work->holders);
    struct buf scratch = { 0 };
    struct str last = { 0 };
    for (size_t m = 0; m < matches.n; m++) {
        struct str key = matches.p[m].key;
        if (matches.p[m].router == NOBODY || (last.p && str_starts(key, last)))
            continue;
        last = key;
        for (size_t i = entry_lower_bound(before->routes, 0, before->n_routes, key);
             i < before->n_routes && str_starts(before->routes[i].key, key); i++)
            if (str_eq(record_router(before->routes[i].value), router->order))
                change(work, before->routes[i].key,
                       record_again(work->out->arena, &scratch, &before->routes[i], router, &p->chains[AFTER],
                                    &target));
    }
    buf_fini(&scratch);
}

struct rendered {
    struct matches matches;
    struct chain_plan *chains;
    const struct model *model;
};

static struct rendered match_side(struct work *work, int s)
{
    const struct model *model = work->part.sides[s].model;
    struct chain_plan *chains = ARENA_ARRAY(work->scratch, struct chain_plan, model->n_routers);
    for (size_t i = 0; i < model->n_routers; i++) {
        chains[i] = chain_plan_of(work->scratch, &model->routers[i], model->settings);
        chain_settle(work->scratch, &chains[i], &work->input->before->shape);
    }
    return (struct rendered){ match_build(work->scratch, model, chains), chains, model };
}

static struct str render(struct work *work, const struct rendered *side, const struct match *match,
                         struct buf *scratch, const struct strmap *holders)
{
    const struct model_router *router = match->router == NOBODY ? NULL : &side->model->routers[match->router];
    struct choice_target target = { 0 };
    if (router)
        target = choice_target_of(work->scratch, router->service, holders);
    return record_render(work->scratch, scratch, match, router, router ? &side->chains[match->router] : NULL,
                         &target);
}

/* What stands in one of two sorted lists and not in the other is a change. */
static void compare_maps(struct work *work, entry_changes *changes, const struct plan_map *before,
                         const struct plan_map *after)
{
    struct arena *arena = work->out->arena;
    for (size_t i = 0, j = 0; i < before->n || j < after->n;) {
        int order = i == before->n ? 1 : j == after->n ? -1 : str_cmp(before->p[i].key, after->p[j].key);
        if (order < 0)
            vec_push(changes, (struct plan_entry){ arena_copy(arena, before->p[i].key), { 0 } });
        else if (order > 0)
            vec_push(changes, (struct plan_entry){ arena_copy(arena, after->p[j].key),
                                                   arena_copy(arena, after->p[j].value) });
        i += order <= 0;
        j += order >= 0;
    }
}

/* Routers come, go or move: both sides are whole as far as the part goes. */
static const char *compare_sides(struct work *work)
{
    struct rendered before = match_side(work, BEFORE), after = match_side(work, AFTER);
    const struct match *a = before.matches.p, *b = after.matches.p;
    struct buf scratch = { 0 };
    const char *why = NULL;
    for (size_t i = 0, j = 0; !why && (i < before.matches.n || j < after.matches.n);) {
        int order = i == before.matches.n ? 1 : j == after.matches.n ? -1 : str_cmp(a[i].key, b[j].key);
        struct str old = { 0 }, new = { 0 };
        if (order <= 0)
            old = render(work, &before, &a[i], &scratch, work->ledger->holders);
        if (order >= 0)
            new = render(work, &after, &b[j], &scratch, work->holders);
        if (order >= 0 && b[j].router != NOBODY &&
            !shape_has(&work->out->plan.shape, &after.chains[b[j].router]))
            why = "the shape grows";
        if (order < 0)
            change(work, a[i].key, new);
        else if (order > 0 || !str_eq(old, new))
            change(work, b[j].key, arena_copy(work->out->arena, new));
        i += order <= 0;
        j += order >= 0;
    }
    buf_fini(&scratch);
    compare_maps(work, &work->maps[MAP_REGEXES], &before.matches.regexes, &after.matches.regexes);
    compare_maps(work, &work->maps[MAP_FIELDS], &before.matches.fields, &after.matches.fields);
    compare_maps(work, &work->maps[MAP_LABELS], &before.matches.labels, &after.matches.labels);
    return why;
}

const char *work_change_routes(struct work *work)
{
    bool same = true;
    for (size_t i = 0; i < work->pairings.n; i++) {
        same = same && work->pairings.p[i].same_keys;
        if (work->pairings.p[i].routers[AFTER] &&
            !shape_has(&work->out->plan.shape, &work->pairings.p[i].chains[AFTER]))
            return "the shape grows";
    }
    if (!same)
        return compare_sides(work);
    for (size_t i = 0; i < work->pairings.n; i++)
        rerender(work, &work->pairings.p[i]);
    return NULL;
}
