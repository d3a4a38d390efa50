/* Any bytes as a file, YAML or JSON: it becomes keys below the root, or is refused with a finding; and what
 * it expands to stays in proportion. */
#include <assert.h>

#include "kv/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct kv_snapshot snapshot;
    struct str bytes = str_of((const char *)data, size);
    bool good = kv_read(arena, bytes, KV_FORMAT_FILE, STR("routes.yml"), STR("root"), &snapshot, diag);
    assert(good || diag_count(diag, SEVERITY_ERROR) > 0);
    for (size_t i = 0; i < snapshot.n; i++) {
        struct str key = snapshot.pairs[i].key;
        assert(str_starts(key, STR("root/")));
        assert(str_search(key, STR("//")) == SIZE_MAX && !str_ends(key, STR("/")));
        assert(i == 0 || str_cmp(snapshot.pairs[i - 1].key, key) < 0);
    }
    assert(arena_size(arena) < (size_t)(64 << 20) + 256 * size);
    struct buf out = { 0 };
    diag_print(&out, diag, false);
    buf_fini(&out);
    arena_destroy(arena);
    return 0;
}
