#include <stdlib.h>

#include "haproxy/applier.h"

/* Larger backends even out by themselves before anybody could tell. */
enum { MOST_SERVERS = 32 };

static bool changes_servers(enum step_kind kind)
{
    return kind == STEP_ADD_SERVER || kind == STEP_SET_SERVER || kind == STEP_REMOVE_SERVER;
}

static int compare_to_name(const void *name, const void *backend)
{
    return str_cmp(*(const struct str *)name, ((const struct plan_backend *)backend)->name);
}

static bool has_shares(const struct plan_backend *backend)
{
    for (size_t i = 1; i < backend->n_servers; i++)
        if (backend->servers[i].weight != backend->servers[0].weight)
            return backend->n_servers <= MOST_SERVERS;
    return false;
}

/* A server's place in HAProxy's round robin comes from the weights at the time when it came; when others come
 * or go behind it, the first turns are up to one short or long for each. Setting a weight makes a new place:
 * so each is set to another one and back. */
enum apply_status servers_settle(struct push *push, const struct steps *steps, const struct runtime_state *to)
{
    struct strmap *done = strmap_create(push->arena, 8);
    batch_reset(push->batch);
    for (size_t i = 0; i < steps->n; i++) {
        const struct step *step = &steps->p[i];
        const struct plan_backend *backend = NULL;
        if (changes_servers(step->kind) && to->n_backends && !strmap_put(done, step->backend, (void *)step))
            backend = bsearch(&step->backend, to->backends, to->n_backends, sizeof *backend, compare_to_name);
        if (!backend || !has_shares(backend))
            continue;
        for (int pass = 0; pass < 2; pass++)
            for (size_t j = 0; j < backend->n_servers; j++) {
                int weight = backend->servers[j].weight, other = weight > 1 ? weight - 1 : 2;
                batch_addf(push->batch, "set server %.*s/%.*s weight %d",
                           STR_ARG(push_word(push, backend->name)),
                           STR_ARG(push_word(push, backend->servers[j].name)), pass ? weight : other);
            }
    }
    return batch_count(push->batch) ? push_batch(push, "setting weights") : APPLY_OK;
}
