#include "route/model_build.h"

struct str text_lower(struct arena *arena, struct str s)
{
    char *p = arena_alloc(arena, s.n, 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_lower(s.p[i]);
    return str_of(p, s.n);
}

bool model_read_add_prefix(struct build *b, const struct add_prefix *source, struct model_op *op, bool *idle)
{
    op->kind = OP_ADD_PREFIX;
    op->prefix = source->prefix.v;
    *idle = false;
    if (op->prefix.n == 0)
        diag_report(b->diag, FINDING_BAD_OBJECT, IS_SET(source->prefix) ? source->prefix.key : source->key,
                    "the prefix of addPrefix is empty");
    return op->prefix.n > 0;
}
