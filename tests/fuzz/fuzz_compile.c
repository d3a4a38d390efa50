/* A dump through the whole compiler. Whatever stands in a tree: the records stay one line each, in order, with their
 * fields, and every backend that a record names is declared. */
#include <assert.h>

#include "emit/emit.h"
#include "kv/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_harmless(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f)
            return false;
    return s.n > 0;
}

static void check_record(const struct plan *plan, const struct plan_entry *entry)
{
    struct str rest = entry->value, backend = { 0 };
    size_t fields = 0, declared = 0;
    assert(is_harmless(entry->key) && is_harmless(entry->value) && entry->key.p[0] != '#');
    for (; rest.p; fields++) {
        struct str field = str_cut(&rest, ';');
        if (fields + 1 == RECORD_BACKEND)
            backend = field;
    }
    assert(fields == RECORD_RESULT);
    for (size_t i = 0; i < plan->n_backends; i++)
        declared += str_eq(plan->backends[i].name, backend);
    assert(declared == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct entry_point web = { .name = STR("web"), .address = STR(":80"), .port = 80 };
    struct settings settings = { .entry_points = &web, .n_entry_points = 1 };
    struct kv_snapshot snapshot;
    settings.haproxy.spare_backends = 2;
    settings.agent.workers = 1;
    if (kv_read(arena, str_of((const char *)data, size), KV_FORMAT_UNKNOWN, STR(""), STR("traefik"), &snapshot, diag)) {
        const struct tree *tree = tree_decode(arena, &snapshot, diag);
        struct plan *plan = plan_build(arena, model_build(arena, &tree, 1, &settings, diag), NULL);
        struct emit_paths paths = { STR("."), STR(".") };
        for (size_t i = 0; i < plan->n_routes; i++) {
            assert(i == 0 || str_cmp(plan->routes[i - 1].key, plan->routes[i].key) < 0);
            check_record(plan, &plan->routes[i]);
        }
        emit_all(arena, plan, &paths);
    }
    arena_destroy(arena);
    return 0;
}
