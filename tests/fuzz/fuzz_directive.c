/* Any text as what the relay is told to do, as a condition of one of those, and as what became of a request. */
#include <assert.h>

#include "relay/directive.h"
#include "relay/expression.h"
#include "relay/page.h"

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
    struct heading headers = { 0 };
    struct str target;
    page_request_read(arena, text, &target, &headers);
    for (size_t i = 0; i < headers.n; i++)
        assert(str_is_token(heading_name(&headers, i)) && str_is_field_value(heading_value(&headers, i)));
    heading_fini(&headers);
    arena_destroy(arena);
    return 0;
}
