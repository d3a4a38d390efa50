/* Any text as what the relay is told to do. */
#include <assert.h>

#include "relay/directive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct directives read;
    if (directives_read(arena, str_of((const char *)data, size), &read)) {
        assert(read.n > 0);
        for (size_t i = 0; i < read.n; i++)
            assert(read.p[i].kind != DIRECTIVE_MIRROR || read.p[i].mirror.n_targets > 0);
    }
    arena_destroy(arena);
    return 0;
}
