/* Any bytes as a dump in JSON: it is read, or refused with a finding. What was read passes through a store.
 */
#include <assert.h>

#include "kv/reader.h"
#include "kv/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    struct kv_snapshot snapshot;
    struct str bytes = str_of((const char *)data, size);
    bool good = kv_read(arena, bytes, KV_FORMAT_DUMP_JSON, STR("dump.json"), STR("traefik"), &snapshot, diag);
    assert(good == (diag_count(diag, SEVERITY_ERROR) == 0));
    struct kv_store *store = kv_store_create(snapshot.root, snapshot.provider);
    for (size_t i = snapshot.n; i-- > 0;) {
        assert(snapshot.pairs[i].key.n > 0);
        assert(kv_store_put(store, snapshot.pairs[i].key, snapshot.pairs[i].value));
    }
    assert(!kv_store_replace(store, snapshot.pairs, snapshot.n));
    assert(kv_store_view(store, 0).n == snapshot.n);
    kv_store_destroy(store);
    arena_destroy(arena);
    return 0;
}
