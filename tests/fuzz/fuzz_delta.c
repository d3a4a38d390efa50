/* Two trees in any format, a line "%%" between them: the second compiled as a change of the first is the
 * second compiled as a whole. */
#include <assert.h>

#include "base/vec.h"
#include "delta/delta.h"
#include "emit/emit.h"
#include "kv/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct entry_point points[] = { { .name = STR("other"), .address = STR(":81"), .port = 81 },
                                       { .name = STR("web"), .address = STR(":80"), .port = 80 } };
static const struct settings settings = { .entry_points = points, .n_entry_points = 2 };

struct whole {
    struct kv_snapshot snapshot;
    const struct tree *tree;
    const struct model *model;
    const struct plan *plan;
    struct diag *diag;
};

static void compile(struct arena *arena, struct whole *w, const struct shape *previous,
                    const struct model_watch *watch)
{
    w->diag = diag_create(arena, 0);
    w->tree = tree_decode(arena, &w->snapshot, w->diag);
    w->model = model_build_watched(arena, &w->tree, 1, &settings, w->diag, watch);
    w->plan = plan_build(arena, w->model, previous);
    diag_sort(w->diag);
}

/* What to do to the first to get the second. */
static struct kv_change *compare(struct arena *arena, const struct kv_snapshot *a,
                                 const struct kv_snapshot *b, size_t *n)
{
    struct kv_change *changes = ARENA_ARRAY(arena, struct kv_change, a->n + b->n);
    *n = 0;
    for (size_t i = 0, j = 0; i < a->n || j < b->n;) {
        int order = i == a->n ? 1 : j == b->n ? -1 : str_cmp(a->pairs[i].key, b->pairs[j].key);
        struct kv_change change = { order <= 0 ? a->pairs[i].key : b->pairs[j].key, { 0 }, { 0 } };
        if (order <= 0)
            change.before = a->pairs[i].value;
        if (order >= 0)
            change.after = b->pairs[j].value;
        if (order != 0 || !str_eq(change.before, change.after))
            changes[(*n)++] = change;
        i += order <= 0;
        j += order >= 0;
    }
    return changes;
}

static void expect_same(struct arena *arena, const struct whole *whole, const struct delta *delta)
{
    const struct emit_paths here = { STR("."), STR(".") };
    struct artifacts a = emit_all(arena, whole->plan, &here), b = emit_all(arena, &delta->plan, &here);
    struct buf x = { 0 }, y = { 0 };
    assert(whole->plan->shape_reason.n == 0 && a.n == b.n);
    for (size_t i = 0; i < a.n; i++)
        assert(str_eq(a.p[i].name, b.p[i].name) && str_eq(a.p[i].bytes, b.p[i].bytes));
    diag_print_json(&x, whole->diag);
    diag_print_json(&y, delta->diag);
    assert(str_eq(buf_str(&x), buf_str(&y)));
    buf_fini(&x);
    buf_fini(&y);
}

static void check(struct arena *arena, struct whole sides[static 2])
{
    struct ledger *ledger = ledger_create();
    struct model_watch watch = ledger_watch(ledger);
    struct kv_store *store = kv_store_create(STR("traefik"), STR("etcd"));
    sides[0].snapshot.provider = sides[1].snapshot.provider = STR("etcd");
    sides[0].snapshot.literal_lists = sides[1].snapshot.literal_lists = false;
    sides[0].snapshot.revision = 1;
    sides[1].snapshot.revision = 2;
    compile(arena, &sides[0], NULL, &watch);
    ledger_complete(ledger, &sides[0].snapshot, sides[0].tree, sides[0].model, sides[0].plan, sides[0].diag);
    compile(arena, &sides[1], &sides[0].plan->shape, NULL);
    kv_store_replace(store, sides[1].snapshot.pairs, sides[1].snapshot.n);
    struct delta_input input = {
        .ledger = ledger, .store = store, .revision = 2, .before = sides[0].plan, .diag = sides[0].diag
    };
    struct delta delta;
    input.changes = compare(arena, &sides[0].snapshot, &sides[1].snapshot, &input.n_changes);
    if (!delta_compile(&input, &delta)) {
        expect_same(arena, &sides[1], &delta);
        for (size_t i = 0; i < DELTA_BLOCKS; i++)
            free(delta.blocks[i]);
        arena_destroy(delta.arena);
        arena_destroy(delta.kept);
    }
    kv_store_destroy(store);
    ledger_destroy(ledger);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of((const char *)data, size);
    size_t at = str_search(text, STR("\n%%\n"));
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 20);
    struct whole sides[2] = { 0 };
    if (at != SIZE_MAX &&
        kv_read(arena, str_head(text, at + 1), KV_FORMAT_UNKNOWN, STR(""), STR("traefik"), &sides[0].snapshot,
                diag) &&
        kv_read(arena, str_from(text, at + 4), KV_FORMAT_UNKNOWN, STR(""), STR("traefik"), &sides[1].snapshot,
                diag))
        check(arena, sides);
    arena_destroy(arena);
    return 0;
}
