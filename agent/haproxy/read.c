#include <stdlib.h>

#include "base/strmap.h"
#include "base/vec.h"
#include "haproxy/applier.h"

/* By key; equal keys stay in the order of the map, where the first one counts. */
static int compare_entries(const void *a, const void *b)
{
    const struct plan_entry *x = a, *y = b;
    int order = str_cmp(x->key, y->key);
    return order ? order : (x->key.p > y->key.p) - (x->key.p < y->key.p);
}

static int compare_servers(const void *a, const void *b)
{
    return str_cmp(((const struct plan_server *)a)->name, ((const struct plan_server *)b)->name);
}

/* Sorts, and drops what a look-up never finds: `add map` makes duplicates. */
static size_t sort_entries(struct plan_entry *entries, size_t n)
{
    bool sorted = true;
    for (size_t i = 1; i < n && sorted; i++)
        sorted = str_cmp(entries[i - 1].key, entries[i].key) < 0;
    if (sorted)
        return n;
    qsort(entries, n, sizeof *entries, compare_entries);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !str_eq(entries[kept - 1].key, entries[i].key))
            entries[kept++] = entries[i];
    return kept;
}

static enum apply_status read_entries(struct push *push, struct str answer, const char *what,
                                      struct plan_map *out)
{
    size_t lines = 0;
    for (size_t i = 0; i < answer.n; i++)
        lines += answer.p[i] == '\n';
    struct plan_entry *entries = ARENA_ARRAY(push->arena, struct plan_entry, lines + 1);
    size_t n = 0;
    bool broken;
    struct reply_entry entry;
    for (struct str rest = answer; reply_entry_next(&rest, &entry, &broken);)
        entries[n++] = (struct plan_entry){ entry.key, entry.value };
    if (broken) {
        struct reply reply = reply_classify(answer);
        return push_differs(
            push, "reading %s: %.*s", what,
            STR_ARG(reply.kind == REPLY_ERROR && n == 0 ? reply.text : STR("a line is not understood")));
    }
    *out = (struct plan_map){ entries, sort_entries(entries, n) };
    return APPLY_OK;
}

static enum apply_status read_routes(struct push *push, struct str answer, struct runtime_state *out)
{
    struct plan_map routes = { 0 };
    enum apply_status status = read_entries(push, answer, "the routes", &routes);
    /* Which version of the map it is belongs to no plan; but one that was left in the middle of a change is a
     * difference. */
    struct plan_entry *kept = ARENA_ARRAY(push->arena, struct plan_entry, routes.n);
    for (size_t i = 0; i < routes.n; i++)
        if (!str_eq(routes.p[i].key, STR(PLAN_VERSION_KEY)) || str_starts(routes.p[i].value, STR("~")))
            kept[out->n_routes++] = routes.p[i];
    out->routes = kept;
    return status;
}

/* Retired entries are not part of the state. */
static enum apply_status read_map(struct push *push, struct str answer, size_t map, struct runtime_state *out)
{
    struct plan_map all;
    enum apply_status status = read_entries(push, answer, push->applier->maps[map].name.p, &all);
    if (status != APPLY_OK)
        return status;
    struct plan_entry *kept = ARENA_ARRAY(push->arena, struct plan_entry, all.n);
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++)
        if (retired_find(&push->applier->retired, map, all.p[i].key) == push->applier->retired.n)
            kept[n++] = all.p[i];
    out->maps[map] = (struct plan_map){ kept, n };
    return APPLY_OK;
}

/* The servers of one backend while they are gathered. */
struct gathered {
    VEC(struct plan_server) servers;
};

/* Puts a live server where it belongs. Backends that the shape does not declare are none of ours. */
static void take_server(struct push *push, const struct strmap *backends, const struct reply_server *server)
{
    struct gathered *gathered = strmap_get(backends, server->backend);
    if (!gathered)
        return;
    if (server->maintenance)
        waiting_add(&push->applier->waiting, server->backend, server->name, 0);
    else if (!waiting_lingers(&push->applier->waiting, server->backend, server->name))
        vec_push(&gathered->servers, (struct plan_server){ .name = server->name,
                                                           .host = server->address,
                                                           .port = server->port,
                                                           .weight = server->drained ? 0 : server->weight });
}

static enum apply_status read_servers(struct push *push, struct str answer, const struct shape *shape,
                                      struct runtime_state *out)
{
    struct reply_servers servers;
    struct reply_server server;
    if (!reply_servers_open(answer, &servers))
        return push_differs(push, "reading the servers: %.*s", STR_ARG(str_trim(answer)));
    struct plan_backend *backends = ARENA_ARRAY(push->arena, struct plan_backend, shape->n_backends);
    struct gathered *gathered = ARENA_ARRAY(push->arena, struct gathered, shape->n_backends);
    struct strmap *by_name = strmap_create(push->arena, shape->n_backends);
    for (size_t i = 0; i < shape->n_backends; i++)
        strmap_put(by_name, shape->backends[i].name, &gathered[i]);
    while (reply_servers_next(&servers, &server))
        take_server(push, by_name, &server);
    for (size_t i = 0; i < shape->n_backends; i++) {
        size_t n = gathered[i].servers.n;
        struct plan_server *sorted = ARENA_ARRAY(push->arena, struct plan_server, n);
        if (n) {
            memcpy(sorted, gathered[i].servers.p, n * sizeof *sorted);
            qsort(sorted, n, sizeof *sorted, compare_servers);
        }
        backends[i] =
            (struct plan_backend){ .name = shape->backends[i].name, .servers = sorted, .n_servers = n };
        vec_fini(&gathered[i].servers);
    }
    out->backends = backends;
    out->n_backends = shape->n_backends;
    for (size_t i = 0; i < shape->n_backends; i++)
        backends[i].kind = shape->backends[i].kind;
    return servers.broken ? push_differs(push, "reading the servers: a line is not understood") : APPLY_OK;
}

/* Backends that were to be added while HAProxy runs are listed only if they are there. */
static enum apply_status drop_missing(struct push *push, struct runtime_state *state)
{
    struct plan_backend *kept = ARENA_ARRAY(push->arena, struct plan_backend, state->n_backends);
    struct strmap *live = NULL;
    size_t n = 0, added = 0;
    for (size_t i = 0; i < state->n_backends; i++)
        added += state->backends[i].kind != BACKEND_DECLARED;
    enum apply_status status = added ? backends_read(push, &live) : APPLY_OK;
    if (status != APPLY_OK || !added)
        return status;
    for (size_t i = 0; i < state->n_backends; i++)
        if (state->backends[i].kind == BACKEND_DECLARED || strmap_get(live, state->backends[i].name))
            kept[n++] = state->backends[i];
    state->backends = kept;
    state->n_backends = n;
    return APPLY_OK;
}

enum apply_status applier_read(struct applier *applier, struct arena *arena, const struct shape *shape,
                               struct runtime_state *out, char error[static 256])
{
    struct push push = {
        .applier = applier, .arena = arena, .batch = batch_create(&applier->runtime), .error = error
    };
    *out = (struct runtime_state){ 0 };
    error[0] = '\0';
    batch_addf(push.batch, "show map %s", applier->map_word.p);
    batch_add(push.batch, STR("show servers state"));
    for (size_t i = 0; i < PLAN_MAPS; i++)
        batch_addf(push.batch, "show map %s", applier->maps[i].word.p);
    enum apply_status status = push_batch(&push, "reading the state");
    if (status == APPLY_OK)
        status = read_routes(&push, arena_copy(arena, batch_answer(push.batch, 0)), out);
    if (status == APPLY_OK)
        status = read_servers(&push, arena_copy(arena, batch_answer(push.batch, 1)), shape, out);
    for (size_t i = 0; i < PLAN_MAPS && status == APPLY_OK; i++)
        status = read_map(&push, arena_copy(arena, batch_answer(push.batch, 2 + i)), i, out);
    if (status == APPLY_OK)
        status = drop_missing(&push, out);
    if (status == APPLY_OK && shape->n_tls_entry_points)
        status = lines_read(&push, out);
    batch_destroy(push.batch);
    return status;
}
