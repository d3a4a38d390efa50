#include "ops/decide.h"

/* A variable-length number as HAProxy writes it (reference/spop.md 1); false where the block ends before the
 * number does. Lengths beyond 4 GB are none. */
static bool take_length(struct str *block, size_t *out)
{
    uint64_t n = 0;
    for (unsigned i = 0, shift = 0; i < 5 && i < block->n; i++, shift += i == 1 ? 4 : 7) {
        unsigned char c = (unsigned char)block->p[i];
        n += (uint64_t)c << shift;
        if (c < (i == 0 ? 240 : 128)) {
            *block = str_from(*block, i + 1);
            *out = (size_t)n;
            return true;
        }
    }
    return false;
}

static bool take_text(struct str *block, struct str *out)
{
    size_t n;
    if (!take_length(block, &n) || n > block->n)
        return false;
    *out = str_head(*block, n);
    *block = str_from(*block, n);
    return true;
}

struct str headers_find(struct str block, struct str name)
{
    struct str found, value;
    while (take_text(&block, &found) && take_text(&block, &value) && found.n > 0)
        if (str_eq_nocase(found, name))
            return value;
    return (struct str){ 0 };
}
