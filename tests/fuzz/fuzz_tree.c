/* Any pairs as a tree: lines of "key=value" below the root "t"; a first byte of '!' makes them those of a
 * file. */
#include <assert.h>

#include "base/vec.h"
#include "route/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str lines = str_of((const char *)data, size);
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 50);
    VEC(struct kv_pair) pairs = { 0 };
    while (lines.n) {
        struct str value = str_cut(&lines, '\n'), key = str_cut(&value, '=');
        vec_push(&pairs, (struct kv_pair){ arena_printf(arena, "t/%.*s", STR_ARG(key)), value });
    }
    struct kv_snapshot snapshot = kv_snapshot_of(pairs.p, pairs.n, STR("t"), STR("etcd"), diag);
    snapshot.literal_lists = size && data[0] == '!';
    const struct tree *tree = tree_decode(arena, &snapshot, diag);
    for (size_t i = 1; i < tree->n_routers; i++)
        assert(str_cmp(tree->routers[i - 1].object.name, tree->routers[i].object.name) < 0);
    for (size_t i = 0; i < tree->n_services; i++)
        assert(!tree->services[i].object.broken || diag_count(diag, SEVERITY_ERROR) > 0);
    struct buf out = { 0 };
    diag_print(&out, diag, false);
    buf_fini(&out);
    vec_fini(&pairs);
    arena_destroy(arena);
    return 0;
}
