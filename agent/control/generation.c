#include "control/generation.h"

#include <stdlib.h>

#include "plan/room.h"
#include "route/tree_files.h"

/* What a generation brought with it. It stays as long as any later one points into it. */
struct generation_layer {
    atomic_int holders;
    struct arena *arena, *kept;
    struct generation_layer *before; /* held; NULL: a whole tree */
    struct kv_snapshot etcd;         /* of a whole tree, as the next two */
    const struct tree *tree;
    const struct model *model;
    const struct kv_change *changes; /* of the others */
    size_t n_changes;
};

/* A long list of a plan. Generations of which it did not change share it. */
struct generation_block {
    atomic_int holders;
    void *p;
};

static struct generation_layer *layer_create(struct arena *arena, struct generation_layer *before)
{
    struct generation_layer *layer = xmalloc(sizeof *layer);
    *layer = (struct generation_layer){ .arena = arena, .before = before };
    atomic_init(&layer->holders, 1);
    if (before)
        atomic_fetch_add_explicit(&before->holders, 1, memory_order_relaxed);
    return layer;
}

/* One after the other: there may be thousands below. */
static void layer_release(struct generation_layer *layer)
{
    while (layer && atomic_fetch_sub_explicit(&layer->holders, 1, memory_order_acq_rel) == 1) {
        struct generation_layer *before = layer->before;
        arena_destroy(layer->arena);
        arena_destroy(layer->kept);
        free(layer);
        layer = before;
    }
}

static struct generation_block *block_create(void *p)
{
    struct generation_block *block = xmalloc(sizeof *block);
    block->p = p;
    atomic_init(&block->holders, 1);
    return block;
}

static struct generation_block *block_hold(struct generation_block *block)
{
    if (block)
        atomic_fetch_add_explicit(&block->holders, 1, memory_order_relaxed);
    return block;
}

static void block_release(struct generation_block *block)
{
    if (!block || atomic_fetch_sub_explicit(&block->holders, 1, memory_order_acq_rel) != 1)
        return;
    free(block->p);
    free(block);
}

static struct generation *generation_create(struct generation_layer *layer)
{
    struct generation *generation = xmalloc(sizeof *generation);
    *generation = (struct generation){ .layer = layer };
    atomic_init(&generation->holders, 1);
    return generation;
}

struct generation *generation_compile(const struct settings *settings, const struct kv_snapshot *snapshots,
                                      size_t n, const struct shape *previous,
                                      const struct address_book *names, struct ledger *ledger)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct generation *generation = generation_create(layer_create(arena, NULL));
    const struct tree **trees = ARENA_ARRAY(arena, const struct tree *, n);
    for (size_t i = 0; i < n; i++) {
        struct kv_snapshot *copy = ARENA_NEW(arena, struct kv_snapshot);
        *copy = kv_snapshot_copy(arena, &snapshots[i]);
        generation->layer->etcd = *copy;
        struct tree *tree = tree_decode(arena, copy, diag);
        tree_read_files(arena, tree);
        trees[i] = tree;
        generation->n_pairs += copy->n;
    }
    struct model_watch watch = { 0 };
    if (ledger)
        watch = ledger_watch(ledger);
    const struct model *model = model_build_watched(arena, trees, n, settings, diag, ledger ? &watch : NULL);
    struct plan *plan = plan_build(arena, model, previous);
    plan_set_addresses(arena, plan, names, diag);
    diag_sort(diag);
    generation->plan = plan;
    generation->diag = diag;
    generation->n_routers = model->n_routers;
    generation->n_services = model->n_services;
    generation->n_routers_out = model->n_routers_out;
    generation->revision = n ? snapshots[n - 1].revision : 0;
    generation->layer->tree = n == 1 ? trees[0] : NULL;
    generation->layer->model = model;
    return generation;
}

void generation_complete_ledger(const struct generation *generation, struct ledger *ledger)
{
    const struct generation_layer *layer = generation->layer;
    if (layer->tree)
        ledger_complete(ledger, &layer->etcd, layer->tree, layer->model, generation->plan, generation->diag);
}

/* The changes, for whoever wants the tree of a later generation. */
static void keep_changes(struct generation_layer *layer, const struct kv_change *changes, size_t n)
{
    struct kv_change *own = ARENA_ARRAY(layer->arena, struct kv_change, n);
    for (size_t i = 0; i < n; i++) {
        own[i].key = arena_copy(layer->arena, changes[i].key);
        if (changes[i].after.p)
            own[i].after = arena_copy(layer->arena, changes[i].after);
    }
    layer->changes = own;
    layer->n_changes = n;
}

struct generation *generation_follow(const struct generation *before, struct ledger *ledger,
                                     const struct kv_store *store, const struct kv_change *changes,
                                     size_t n_changes, int64_t revision, bool grows, const char **why)
{
    struct delta_input input = { .ledger = ledger,
                                 .store = store,
                                 .changes = changes,
                                 .n_changes = n_changes,
                                 .revision = revision,
                                 .before = before->plan,
                                 .diag = before->diag,
                                 .grows = grows };
    struct delta delta;
    *why = delta_compile(&input, &delta);
    if (*why)
        return NULL;
    struct generation *generation = generation_create(layer_create(delta.arena, before->layer));
    generation->layer->kept = delta.kept;
    keep_changes(generation->layer, changes, n_changes);
    struct plan *plan = ARENA_NEW(delta.arena, struct plan);
    struct generation_change *change = ARENA_NEW(delta.arena, struct generation_change);
    *plan = delta.plan;
    *change = (struct generation_change){ before, delta.from, delta.to, delta.backends_changed };
    generation->plan = plan;
    generation->change = change;
    generation->diag = delta.diag;
    for (size_t i = 0; i < DELTA_BLOCKS; i++)
        generation->blocks[i] =
            delta.blocks[i] ? block_create(delta.blocks[i]) : block_hold(before->blocks[i]);
    generation->n_pairs = kv_store_count(store);
    generation->revision = revision;
    generation->growth = before->growth + arena_size(delta.arena) + (delta.kept ? arena_size(delta.kept) : 0);
    delta_count(ledger, &generation->n_routers, &generation->n_services, &generation->n_routers_out);
    return generation;
}

struct generation *generation_with_room(const struct generation *before)
{
    struct arena *arena = arena_create();
    struct plan *plan = plan_with_room(arena, before->plan);
    if (!plan) {
        arena_destroy(arena);
        return NULL;
    }
    struct generation *generation = generation_create(layer_create(arena, before->layer));
    generation->plan = plan;
    generation->diag = before->diag;
    generation->n_pairs = before->n_pairs;
    generation->n_routers = before->n_routers;
    generation->n_services = before->n_services;
    generation->n_routers_out = before->n_routers_out;
    generation->revision = before->revision;
    generation->growth = before->growth + arena_size(arena);
    for (size_t i = 0; i < DELTA_BLOCKS; i++)
        generation->blocks[i] = block_hold(before->blocks[i]);
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
    if (!generation || atomic_fetch_sub_explicit(&generation->holders, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < DELTA_BLOCKS; i++)
        block_release(generation->blocks[i]);
    layer_release(generation->layer);
    free(generation);
}

static int compare_changes(const void *a, const void *b)
{
    return str_cmp((*(const struct kv_change *const *)a)->key, (*(const struct kv_change *const *)b)->key);
}

/* The newest change of each key, by key. */
static const struct kv_change **newest_changes(const struct generation_layer *layer, struct arena *arena,
                                               size_t *n)
{
    size_t all = 0;
    for (const struct generation_layer *l = layer; l->before; l = l->before)
        all += l->n_changes;
    const struct kv_change **changes = ARENA_ARRAY(arena, const struct kv_change *, all);
    struct strmap *seen = strmap_create(arena, all);
    *n = 0;
    for (const struct generation_layer *l = layer; l->before; l = l->before)
        for (size_t i = 0; i < l->n_changes; i++)
            if (!strmap_put(seen, l->changes[i].key, seen))
                changes[(*n)++] = &l->changes[i];
    if (*n)
        qsort(changes, *n, sizeof *changes, compare_changes);
    return changes;
}

struct kv_snapshot generation_tree(const struct generation *generation, struct arena *arena)
{
    const struct generation_layer *base = generation->layer;
    while (base->before)
        base = base->before;
    struct kv_snapshot tree = base->etcd;
    if (base == generation->layer)
        return tree;
    size_t n, next = 0, kept = 0;
    const struct kv_change **changes = newest_changes(generation->layer, arena, &n);
    struct kv_pair *pairs = ARENA_ARRAY(arena, struct kv_pair, base->etcd.n + n);
    for (size_t i = 0; i < base->etcd.n || next < n;) {
        int order = i == base->etcd.n ? 1
                    : next == n       ? -1
                                      : str_cmp(base->etcd.pairs[i].key, changes[next]->key);
        if (order < 0)
            pairs[kept++] = base->etcd.pairs[i];
        else if (changes[next]->after.p)
            pairs[kept++] = (struct kv_pair){ changes[next]->key, changes[next]->after };
        i += order <= 0;
        next += order >= 0;
    }
    tree.pairs = pairs;
    tree.n = kept;
    tree.revision = generation->revision;
    return tree;
}
