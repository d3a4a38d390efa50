/* Any text as certificates and as a key: what comes out is PEM again, and reads as before. The input's
 * halves, parted by a line "%%", are certificates and key; without one it is both. */
#include <assert.h>

#include "route/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(struct arena *arena, struct str text)
{
    size_t n;
    const struct str *names = pem_names(arena, text, &n);
    for (size_t i = 0; i < n; i++) {
        assert(names[i].n > 0 && !str_has_control(names[i]) && str_find(names[i], ' ') == names[i].n);
        assert(i == 0 || str_cmp(names[i - 1], names[i]) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct str all = str_of((const char *)data, size), identity = { 0 };
    size_t mark = str_search(all, STR("\n%%\n"));
    struct str certificates = str_head(all, mark), key = mark == SIZE_MAX ? all : str_from(all, mark + 4);
    struct str again = pem_certificates(arena, certificates);
    assert(str_eq(pem_certificates(arena, again), again));
    check_names(arena, certificates);
    struct str print = pem_fingerprint(arena, again);
    assert(print.n == (again.n ? 40 : 0) && str_eq(pem_fingerprint(arena, certificates), print));
    const char *fault = pem_identity(arena, certificates, key, &identity);
    assert((fault == NULL) == (identity.n > 0));
    if (!fault)
        assert(!pem_identity(arena, identity, identity, &again) && str_eq(again, identity));
    arena_destroy(arena);
    return 0;
}
