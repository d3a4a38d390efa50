/* Any bytes as a plain dump: it is read, in parts that are all there, or refused with a finding. */
#include <assert.h>

#include "kv/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct kv_snapshot snapshot;
    struct str bytes = str_of((const char *)data, size);
    bool good = kv_read(arena, bytes, KV_FORMAT_DUMP, STR(""), STR("traefik"), &snapshot, diag);
    assert(good == (diag_count(diag, SEVERITY_ERROR) == 0));
    size_t total = 0;
    for (size_t i = 0; i < snapshot.n; i++) {
        assert(snapshot.pairs[i].key.n > 0);
        assert(i == 0 || str_cmp(snapshot.pairs[i - 1].key, snapshot.pairs[i].key) < 0);
        assert(kv_snapshot_get(&snapshot, snapshot.pairs[i].key).n == snapshot.pairs[i].value.n);
        total += snapshot.pairs[i].key.n + snapshot.pairs[i].value.n;
    }
    assert(total <= size);
    kv_detect(bytes, STR(""));
    arena_destroy(arena);
    return 0;
}
