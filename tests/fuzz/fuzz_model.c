/* Two trees and entry points with middlewares, through the model: lines of "key=value", those of the file
 * behind a line "-". Whatever they say, what later stages rely on holds. */
#include <assert.h>

#include "base/vec.h"
#include "route/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct tree *read_tree(struct arena *arena, struct str *lines, const char *provider,
                                    struct diag *diag)
{
    VEC(struct kv_pair) pairs = { 0 };
    while (lines->n) {
        struct str value = str_cut(lines, '\n'), key = str_cut(&value, '=');
        if (str_eq(key, STR("-")))
            break;
        vec_push(&pairs, (struct kv_pair){ arena_printf(arena, "t/http/%.*s", STR_ARG(key)), value });
    }
    struct kv_snapshot snapshot = kv_snapshot_of(pairs.p, pairs.n, STR("t"), str_c(provider), diag);
    const struct tree *tree = tree_decode(arena, &snapshot, diag);
    vec_fini(&pairs);
    return tree;
}

static void check_router(const struct model *model, const struct model_router *r)
{
    for (size_t i = 0; i < r->n_ops; i++) {
        const struct model_op *op = &r->ops[i];
        assert(op->kind != OP_STRIP_PREFIX || op->strip.n > 0);
        assert(op->kind != OP_ADD_PREFIX || op->prefix.n > 0);
        assert(op->kind != OP_RATE_LIMIT ||
               (op->limit.average > 0 && op->limit.burst > 0 && op->limit.period_ns > 0));
    }
    assert(r->n_ops <= 64 && r->service->used && r->n_entry_points > 0);
    for (size_t i = 0; i < r->n_entry_points; i++)
        assert(r->entry_points[i] < model->settings->n_entry_points &&
               (i == 0 || r->entry_points[i - 1] < r->entry_points[i]));
}

static void check_service(const struct model_service *s)
{
    for (size_t i = 0; i < s->n_servers; i++)
        assert(s->servers[i].weight > 0 && s->servers[i].port >= 0 &&
               (i == 0 || str_cmp(s->servers[i - 1].id, s->servers[i].id) < 0));
    for (size_t i = 0; i < s->n_children; i++)
        assert(s->children[i].weight > 0 && s->children[i].service &&
               (s->children[i].service->used || !s->used));
    assert(s->kind == SERVICE_SERVERS || s->n_servers == 0);
    assert(s->kind != SERVICE_FAILOVER || s->n_children == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 100);
    struct str lines = { (const char *)data, size };
    const struct str in_front[] = { STR("m"), STR("n@file") };
    const struct entry_point entry_points[] = {
        { .name = STR("guarded"), .middlewares = in_front, .n_middlewares = 2 },
        { .name = STR("udp"), .udp = true },
        { .name = STR("web") },
    };
    const struct settings settings = { .entry_points = entry_points, .n_entry_points = 3 };
    const struct tree *trees[2];
    trees[0] = read_tree(arena, &lines, "etcd", diag);
    trees[1] = read_tree(arena, &lines, "file", diag);
    const struct model *model = model_build(arena, trees, 2, &settings, diag);
    for (size_t i = 0; i < model->n_routers; i++) {
        check_router(model, &model->routers[i]);
        assert(i == 0 || model->routers[i - 1].priority >= model->routers[i].priority);
    }
    for (size_t i = 0; i < model->n_services; i++) {
        check_service(&model->services[i]);
        assert(i == 0 || str_cmp(model->services[i - 1].name, model->services[i].name) < 0);
    }
    assert(model->n_routers_out <= trees[0]->n_routers + trees[1]->n_routers);
    struct buf out = { 0 };
    diag_print(&out, diag, false);
    buf_fini(&out);
    arena_destroy(arena);
    return 0;
}
