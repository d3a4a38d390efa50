/* Any text as what the relay is told to do, and as a condition of one of those. */
#include <assert.h>

#include "relay/directive.h"
#include "relay/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of((const char *)data, size);
    struct expression_facts facts = { .attempts = 2, .status = 502, .method = STR("PUT") };
    bool holds = expression_holds(text, &facts);
    assert(!holds || expression_check(text));
    struct arena *arena = arena_create();
    struct directives read;
    if (directives_read(arena, text, &read)) {
        assert(read.n > 0);
        for (size_t i = 0; i < read.n; i++)
            assert(read.p[i].kind != DIRECTIVE_MIRROR || read.p[i].mirror.n_targets > 0);
    }
    arena_destroy(arena);
    return 0;
}
