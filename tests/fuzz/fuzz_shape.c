/* shape.json as it might be found in a state folder: refused, or written back in the same form. */
#include <assert.h>

#include "plan/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct shape shape, again;
    struct buf first = { 0 }, second = { 0 };
    if (shape_read(arena, str_of((const char *)data, size), &shape)) {
        shape_write(&shape, &first);
        assert(shape_read(arena, buf_str(&first), &again));
        shape_write(&again, &second);
        assert(str_eq(buf_str(&first), buf_str(&second)));
    }
    buf_fini(&first);
    buf_fini(&second);
    arena_destroy(arena);
    return 0;
}
