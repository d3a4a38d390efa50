#include "plan/shape.h"

#include <stdlib.h>

#include "plan/service.h"

static struct str missing_kind(const struct shape *have, const struct shape_need *need)
{
    if (need->host_keys && !have->host_keys)
        return STR("the first rule with Host");
    if (need->any_keys && !have->any_keys)
        return STR("the first rule without Host");
    if (need->cut && !have->cut)
        return STR("the first path middleware");
    if (need->agent && !have->agent)
        return STR("the first middleware of the agent");
    if (need->messages & ~have->messages)
        return STR("the first middleware of the agent that asks for so much of a request, or for so long");
    return (struct str){ 0 };
}

/* A service keeps the backend that it holds; else it takes the one that was declared for it; else a spare. A spare
 * that becomes free now stays free in this plan: until the commit, requests of its old service still go there. */
static bool assign_holders(struct arena *arena, struct shape_backend *backends, size_t n,
                           const struct shape_need *need)
{
    struct strmap *wanted = strmap_create(arena, need->n_services);
    struct strmap *own = strmap_create(arena, n);
    struct strmap *placed = strmap_create(arena, need->n_services);
    bool *freed = ARENA_ARRAY(arena, bool, n);
    for (size_t i = 0; i < need->n_services; i++)
        strmap_put(wanted, need->services[i]->name, (void *)need->services[i]);
    for (size_t i = 0; i < n; i++) {
        if (backends[i].service.n)
            strmap_put(own, backends[i].service, &backends[i]);
        freed[i] = backends[i].holder.n && !strmap_get(wanted, backends[i].holder);
        if (freed[i])
            backends[i].holder = (struct str){ 0 };
        else if (backends[i].holder.n)
            strmap_put(placed, backends[i].holder, &backends[i]);
    }
    size_t spare = 0;
    for (size_t i = 0; i < need->n_services; i++) {
        struct str name = need->services[i]->name;
        if (strmap_get(placed, name))
            continue;
        struct shape_backend *backend = strmap_get(own, name);
        while (!backend && spare < n && (backends[spare].service.n || backends[spare].holder.n || freed[spare]))
            spare++;
        if (!backend && spare == n)
            return false;
        backend = backend ? backend : &backends[spare];
        backend->holder = name;
    }
    return true;
}

bool shape_fit(struct arena *arena, const struct shape *previous, const struct shape_need *need, struct shape *out,
               struct str *reason)
{
    *reason = missing_kind(previous, need);
    if (reason->n)
        return false;
    struct shape_backend *backends = ARENA_ARRAY(arena, struct shape_backend, previous->n_backends);
    for (size_t i = 0; i < previous->n_backends; i++)
        backends[i] = (struct shape_backend){ arena_copy(arena, previous->backends[i].name),
                                              arena_copy(arena, previous->backends[i].service),
                                              arena_copy(arena, previous->backends[i].holder) };
    *out = *previous;
    out->backends = backends;
    if (assign_holders(arena, backends, previous->n_backends, need))
        return true;
    *reason = STR("more new services than spare backends");
    return false;
}

static int backend_compare(const void *a, const void *b)
{
    return str_cmp(((const struct shape_backend *)a)->name, ((const struct shape_backend *)b)->name);
}

void shape_grow(struct arena *arena, const struct shape *previous, const struct shape_need *need,
                const struct settings *settings, struct shape *out)
{
    const struct shape none = { 0 };
    const struct shape *old = previous ? previous : &none;
    size_t spares = settings->haproxy.spare_backends > 0 ? (size_t)settings->haproxy.spare_backends : 0;
    size_t n = need->n_services + spares;
    struct shape_backend *backends = ARENA_ARRAY(arena, struct shape_backend, n);
    for (size_t i = 0; i < need->n_services; i++) {
        struct str service = need->services[i]->name;
        backends[i] = (struct shape_backend){ service_backend_name(arena, service), service, service };
    }
    for (size_t i = 0; i < spares; i++)
        backends[need->n_services + i].name = arena_printf(arena, "spare-%04zu", i + 1);
    if (n)
        qsort(backends, n, sizeof *backends, backend_compare);
    /* Look-ups and cuts cost a request that has no need of them almost nothing (tests/bench), so they are always there: the first
     * rule of another kind costs no reload. The agent's filter costs every request something. */
    *out = (struct shape){ .host_keys = true,
                           .any_keys = true,
                           .cut = true,
                           .agent = old->agent || need->agent,
                           .messages = old->messages | need->messages,
                           .backends = backends,
                           .n_backends = n };
}
