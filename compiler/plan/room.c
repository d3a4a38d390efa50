#include "plan/room.h"

#include <stdlib.h>

#include "plan/choice.h"
#include "plan/record.h"
#include "plan/shape.h"

/* Of what a reload gives, so much should be left: the share of those that came since the last one is small
 * then, and what is left takes a burst as large as a third of that. */
enum { SHARE_LEFT = 4 };

struct room room_of(const struct shape *shape, const struct settings *settings)
{
    struct room room = { 0 };
    size_t held = 0;
    for (size_t i = 0; i < shape->n_backends; i++) {
        const struct shape_backend *backend = &shape->backends[i];
        held += backend->holder.n > 0;
        if (backend->kind != BACKEND_DECLARED)
            continue;
        room.spare += backend->service.n == 0;
        room.free += backend->holder.n == 0;
    }
    room.anew = shape_spares(held, settings);
    return room;
}

bool room_is_short(const struct room *room)
{
    return room->free < room->anew && room->free * SHARE_LEFT < room->anew;
}

static int compare_services(const void *a, const void *b)
{
    const struct model_service *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

/* Those that hold a backend, by name; false: some hold one that was added. */
static bool services_of(struct arena *arena, const struct plan *plan, struct shape_need *need)
{
    const struct model_service **services =
        ARENA_ARRAY(arena, const struct model_service *, plan->n_backends);
    need->n_services = 0;
    for (size_t i = 0; i < plan->n_backends; i++) {
        const struct plan_backend *backend = &plan->backends[i];
        if (backend->service.n == 0)
            continue;
        if (backend->kind != BACKEND_DECLARED || !backend->holds)
            return false;
        services[need->n_services++] = backend->holds;
    }
    if (need->n_services)
        qsort(services, need->n_services, sizeof *services, compare_services);
    need->services = services;
    return true;
}

/* The backends of the new shape with what those of the plan hold; `names`: old name to new one (a str), where
 * they differ. */
static void move_in(struct arena *arena, const struct plan *from, struct plan *to, struct strmap *names)
{
    struct strmap *holding = strmap_create(arena, from->n_backends);
    struct plan_backend *backends = ARENA_ARRAY(arena, struct plan_backend, to->shape.n_backends);
    for (size_t i = 0; i < from->n_backends; i++)
        if (from->backends[i].service.n)
            strmap_put(holding, from->backends[i].service, (void *)&from->backends[i]);
    for (size_t i = 0; i < to->shape.n_backends; i++) {
        const struct shape_backend *declared = &to->shape.backends[i];
        const struct plan_backend *old = declared->holder.n ? strmap_get(holding, declared->holder) : NULL;
        if (old)
            backends[i] = *old;
        backends[i].name = declared->name;
        if (old && !str_eq(old->name, declared->name))
            strmap_put(names, old->name, (void *)&declared->name);
    }
    to->backends = backends;
    to->n_backends = to->shape.n_backends;
}

static void rename_routes(struct arena *arena, struct plan *plan, const struct strmap *names)
{
    struct plan_entry *routes = ARENA_ARRAY(arena, struct plan_entry, plan->n_routes);
    for (size_t i = 0; i < plan->n_routes; i++) {
        routes[i] = plan->routes[i];
        routes[i].value = routes[i].key.n && routes[i].key.p[0] == '}'
                              ? choice_renamed(arena, routes[i].value, names)
                              : record_renamed(arena, routes[i].value, names);
    }
    plan->routes = routes;
}

struct plan *plan_with_room(struct arena *arena, const struct plan *plan)
{
    struct shape_need need = { 0 };
    if (!services_of(arena, plan, &need))
        return NULL;
    struct plan *grown = ARENA_NEW(arena, struct plan);
    struct strmap *names = strmap_create(arena, 16);
    *grown = *plan;
    shape_grow(arena, &plan->shape, &need, plan->settings, &grown->shape);
    grown->shape.grows = plan->shape.grows;
    grown->shape_reason = (struct str){ 0 };
    move_in(arena, plan, grown, names);
    if (strmap_count(names))
        rename_routes(arena, grown, names);
    return grown;
}
