/* Two trees in any format, a line "%%" between them: what is said of the change, what an import writes, and
 * what an export prints. A tree does not differ from itself, an import makes the store what it shall be, an
 * export reads as it was. */
#include <assert.h>

#include "base/vec.h"
#include "diff/import_plan.h"
#include "diff/meaning.h"
#include "diff/settings_change.h"
#include "kv/reader.h"
#include "route/export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_tree(struct arena *arena, struct str text, struct kv_snapshot *out, struct diag *diag)
{
    return kv_read(arena, text, KV_FORMAT_UNKNOWN, STR(""), STR("traefik"), out, diag);
}

/* Carries the operations out on a copy of the store, and compares. */
static void check_import(struct arena *arena, const struct kv_snapshot *store,
                         const struct kv_snapshot *wanted)
{
    struct import_ops ops = import_plan(arena, store, wanted, true);
    VEC(struct kv_pair) after = { 0 };
    for (size_t i = 0; i < store->n; i++) {
        bool gone = false;
        for (size_t j = 0; j < ops.n && !gone; j++)
            gone = ops.p[j].end.n ? str_cmp(store->pairs[i].key, ops.p[j].key) >= 0 &&
                                        str_cmp(store->pairs[i].key, ops.p[j].end) < 0
                                  : str_eq(store->pairs[i].key, ops.p[j].key);
        if (!gone)
            vec_push(&after, store->pairs[i]);
    }
    for (size_t j = 0; j < ops.n; j++) {
        assert(j == 0 || ops.p[j - 1].phase <= ops.p[j].phase);
        if (ops.p[j].end.n == 0)
            vec_push(&after, (struct kv_pair){ ops.p[j].key, ops.p[j].value });
    }
    struct kv_snapshot got =
        kv_snapshot_of(after.p, after.n, STR("traefik"), STR("etcd"), diag_create(arena, 1));
    for (size_t i = 0; i < wanted->n; i++) {
        struct str value = kv_snapshot_get(&got, wanted->pairs[i].key);
        assert(value.p && str_eq(value, wanted->pairs[i].value));
    }
    assert(import_plan(arena, &got, wanted, true).n == 0);
    vec_fini(&after);
}

static void check_export(struct arena *arena, const struct kv_snapshot *snapshot)
{
    struct buf first = { 0 }, second = { 0 }, json = { 0 };
    struct diag *diag = diag_create(arena, 20);
    struct kv_snapshot back;
    export_file(arena, snapshot, EXPORT_YAML, &first, diag);
    export_file(arena, snapshot, EXPORT_JSON, &json, diag);
    assert(read_tree(arena, buf_str(&json), &back, diag));
    assert(kv_read(arena, buf_str(&first), KV_FORMAT_FILE, STR("x.yml"), STR("traefik"), &back, diag));
    export_file(arena, &back, EXPORT_YAML, &second, diag);
    buf_reset(&json);
    export_keys(snapshot, &json);
    buf_fini(&first);
    buf_fini(&second);
    buf_fini(&json);
}

static void check_meaning(struct arena *arena, const struct kv_snapshot snapshots[static 2])
{
    struct entry_point web = { .name = STR("web"), .address = STR(":80"), .port = 80 };
    struct settings settings = { .entry_points = &web, .n_entry_points = 1 };
    struct diag *diag = diag_create(arena, 20);
    struct meaning_side sides[2];
    for (int i = 0; i < 2; i++) {
        const struct tree *tree = tree_decode(arena, &snapshots[i], diag);
        sides[i] = (struct meaning_side){ model_build(arena, &tree, 1, &settings, diag), &snapshots[i] };
        assert(meaning_of_change(arena, &sides[i], &sides[i]).n == 0);
    }
    struct meanings meanings = meaning_of_change(arena, &sides[0], &sides[1]);
    struct buf out = { 0 };
    meanings_print(&out, &meanings, false);
    for (size_t i = 0, lines = 0; i <= out.n; i++) {
        lines += i < out.n && out.p[i] == '\n';
        assert(i < out.n || lines == meanings.n); /* whatever the tree holds, a change is one line */
    }
    meanings_print_json(&out, &meanings);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of((const char *)data, size);
    size_t at = str_search(text, STR("\n%%\n"));
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 20);
    struct kv_snapshot snapshots[2];
    if (at != SIZE_MAX && read_tree(arena, str_head(text, at + 1), &snapshots[0], diag) &&
        read_tree(arena, str_from(text, at + 4), &snapshots[1], diag)) {
        check_meaning(arena, snapshots);
        check_import(arena, &snapshots[0], &snapshots[1]);
        check_export(arena, &snapshots[0]);
        check_export(arena, &snapshots[1]);
    }
    arena_destroy(arena);
    return 0;
}
