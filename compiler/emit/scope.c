#include "emit/scope.h"

struct template_scope scope_make(struct arena *arena, const struct template_value *values, size_t n)
{
    struct template_value *copy = ARENA_ARRAY(arena, struct template_value, n);
    memcpy(copy, values, n * sizeof *values);
    return (struct template_scope){ .values = copy, .n = n };
}
