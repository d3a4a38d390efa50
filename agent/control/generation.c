#include "control/generation.h"

#include "route/tree_files.h"

static struct kv_snapshot snapshot_copy(struct arena *arena, const struct kv_snapshot *from)
{
    struct kv_snapshot copy = *from;
    struct kv_pair *pairs = ARENA_ARRAY(arena, struct kv_pair, from->n);
    for (size_t i = 0; i < from->n; i++)
        pairs[i] = (struct kv_pair){ arena_copy(arena, from->pairs[i].key), arena_copy(arena, from->pairs[i].value) };
    copy.pairs = pairs;
    copy.root = arena_copy(arena, from->root);
    copy.provider = arena_copy(arena, from->provider);
    return copy;
}

struct generation *generation_compile(const struct settings *settings, const struct kv_snapshot *snapshots, size_t n,
                                      const struct shape *previous, const struct address_book *names)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct generation *generation = ARENA_NEW(arena, struct generation);
    const struct tree **trees = ARENA_ARRAY(arena, const struct tree *, n);
    for (size_t i = 0; i < n; i++) {
        struct kv_snapshot *copy = ARENA_NEW(arena, struct kv_snapshot);
        *copy = snapshot_copy(arena, &snapshots[i]);
        generation->etcd = *copy;
        struct tree *tree = tree_decode(arena, copy, diag);
        tree_read_files(arena, tree);
        trees[i] = tree;
        generation->n_pairs += copy->n;
    }
    generation->arena = arena;
    atomic_init(&generation->holders, 1);
    generation->model = model_build(arena, trees, n, settings, diag);
    struct plan *plan = plan_build(arena, generation->model, previous);
    plan_set_addresses(arena, plan, names, diag);
    generation->plan = plan;
    diag_sort(diag);
    generation->diag = diag;
    return generation;
}

struct generation *generation_hold(struct generation *generation)
{
    if (generation)
        atomic_fetch_add_explicit(&generation->holders, 1, memory_order_relaxed);
    return generation;
}

void generation_release(struct generation *generation)
{
    if (generation && atomic_fetch_sub_explicit(&generation->holders, 1, memory_order_acq_rel) == 1)
        arena_destroy(generation->arena);
}
