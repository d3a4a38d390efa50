#include "base/address.h"
#include "base/strmap.h"
#include "emit/emit.h"
#include "haproxy/applier.h"

/* Routes looked up in one sample: a thousand looks make out any single one of 64,000. */
enum { ROUTES_SAMPLED = 64 };

/* splitmix64: which routes are looked at needs no secret. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t count_retired(const struct retired *retired, size_t map)
{
    size_t n = 0;
    for (size_t i = 0; i < retired->n; i++)
        n += retired->p[i].map == map;
    return n;
}

static enum apply_status judge_count(struct push *push, struct str name, size_t wanted)
{
    struct reply_map map;
    if (!reply_map_find(batch_answer(push->batch, 0), name, &map))
        return push_differs(push, "%.*s is not listed", STR_ARG(name));
    if (map.entries != (int64_t)wanted)
        return push_differs(push, "%.*s has %lld entries instead of %zu", STR_ARG(name),
                            (long long)map.entries, wanted);
    return APPLY_OK;
}

static bool is_at(const struct plan_server *server, struct str address)
{
    struct address a, b;
    return !address_read(server->host, &a) ||
           (address_read(address, &b) && a.n == b.n && memcmp(a.bytes, b.bytes, a.n) == 0);
}

/* All that are wanted must be there as they are wanted, and no others but those in maintenance. */
static enum apply_status judge_servers(struct push *push, const struct plan *plan)
{
    struct reply_servers servers;
    struct reply_server live;
    size_t wanted = 0, seen = 0;
    struct strmap *backends = strmap_create(push->arena, plan->n_backends + 1),
                  *by_path = strmap_create(push->arena, 64);
    for (size_t b = 0; b < plan->n_backends; b++) {
        const struct plan_backend *backend = &plan->backends[b];
        strmap_put(backends, backend->name, (void *)backend);
        for (size_t s = 0; s < backend->n_servers; s++, wanted++)
            strmap_put(by_path,
                       arena_printf(push->arena, "%.*s/%.*s", STR_ARG(backend->name),
                                    STR_ARG(backend->servers[s].name)),
                       (void *)&backend->servers[s]);
    }
    if (!reply_servers_open(batch_answer(push->batch, 2), &servers))
        return push_differs(push, "the servers are not listed");
    while (reply_servers_next(&servers, &live)) {
        if (live.maintenance || !strmap_get(backends, live.backend) ||
            waiting_lingers(&push->applier->waiting, live.backend, live.name))
            continue;
        const struct plan_server *server = strmap_get(
            by_path, arena_printf(push->arena, "%.*s/%.*s", STR_ARG(live.backend), STR_ARG(live.name)));
        if (!server || live.drained || live.weight != server->weight || live.port != server->port ||
            !is_at(server, live.address))
            return push_differs(push, "server %.*s/%.*s is not as it should be", STR_ARG(live.backend),
                                STR_ARG(live.name));
        seen++;
    }
    return seen == wanted ? APPLY_OK
                          : push_differs(push, "%zu servers are in use instead of %zu", seen, wanted);
}

/* Routes that were never committed since HAProxy started have no number. */
static bool has_version(struct push *push)
{
    struct reply_lookup found;
    return reply_lookup(batch_answer(push->batch, 1), &found) && found.found &&
           str_eq(found.entry.key, STR(PLAN_VERSION_KEY));
}

static enum apply_status judge_route(struct push *push, const struct plan_entry *route, size_t i)
{
    struct reply_lookup found;
    if (!reply_lookup(batch_answer(push->batch, i), &found) || !found.found ||
        !str_eq(found.entry.key, route->key) || !str_eq(found.entry.value, route->value))
        return push_differs(push, "route %.*s is not as it should be", STR_ARG(route->key));
    return APPLY_OK;
}

/* The first two questions of a batch, and what is to be thought of their answers. */
static void ask_for_counts(struct push *push)
{
    batch_add(push->batch, STR("show map"));
    batch_addf(push->batch, "get map %s %s", push->applier->map_word.p,
               push_word(push, STR(PLAN_VERSION_KEY)).p);
}

static enum apply_status judge_counts(struct push *push, const struct plan *plan)
{
    const struct applier *applier = push->applier;
    enum apply_status status = judge_count(push, applier->routes_map, plan->n_routes + has_version(push));
    for (size_t i = 0; i < PLAN_MAPS && status == APPLY_OK; i++)
        status =
            judge_count(push, applier->maps[i].name, plan->maps[i].n + count_retired(&applier->retired, i));
    return status;
}

enum apply_status applier_count(struct applier *applier, const struct plan *plan, char error[static 256])
{
    struct arena *arena = arena_create();
    struct push push = {
        .applier = applier, .arena = arena, .batch = batch_create(&applier->runtime), .error = error
    };
    error[0] = '\0';
    ask_for_counts(&push);
    enum apply_status status = push_batch(&push, "counting the entries of maps");
    if (status == APPLY_OK)
        status = judge_counts(&push, plan);
    batch_destroy(push.batch);
    arena_destroy(arena);
    return status;
}

enum apply_status applier_sample(struct applier *applier, const struct plan *plan, uint64_t seed,
                                 char error[static 256])
{
    struct arena *arena = arena_create();
    struct push push = {
        .applier = applier, .arena = arena, .batch = batch_create(&applier->runtime), .error = error
    };
    size_t n = plan->n_routes < ROUTES_SAMPLED ? plan->n_routes : ROUTES_SAMPLED;
    const struct plan_entry **routes = ARENA_ARRAY(arena, const struct plan_entry *, n);
    error[0] = '\0';
    ask_for_counts(&push);
    batch_add(push.batch, STR("show servers state"));
    for (size_t i = 0; i < n; i++) {
        routes[i] = &plan->routes[n == plan->n_routes ? i : next_random(&seed) % plan->n_routes];
        batch_addf(push.batch, "get map %s %.*s", applier->map_word.p,
                   STR_ARG(push_word(&push, routes[i]->key)));
    }
    enum apply_status status = push_batch(&push, "looking at the state");
    if (status == APPLY_OK)
        status = judge_counts(&push, plan);
    if (status == APPLY_OK)
        status = judge_servers(&push, plan);
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        status = judge_route(&push, routes[i], 3 + i);
    batch_destroy(push.batch);
    arena_destroy(arena);
    return status;
}

enum apply_status applier_set_revision(struct applier *applier, int64_t revision, char error[static 256])
{
    struct arena *arena = arena_create();
    struct push push = {
        .applier = applier, .arena = arena, .batch = batch_create(&applier->runtime), .error = error
    };
    const char *map = applier->revision_word.p;
    batch_addf(push.batch, "set map %s " REVISION_KEY " %lld", map, (long long)revision);
    enum apply_status status = push_batch(&push, "telling the revision");
    if (status == APPLY_OK && reply_classify(batch_answer(push.batch, 0)).kind == REPLY_MISSING) {
        batch_reset(push.batch);
        batch_addf(push.batch, "add map %s " REVISION_KEY " %lld", map, (long long)revision);
        status = push_batch(&push, "telling the revision");
    }
    batch_destroy(push.batch);
    arena_destroy(arena);
    return status;
}
