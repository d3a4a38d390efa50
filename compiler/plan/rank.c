#include "plan/rank.h"

#include <inttypes.h>
#include <stdio.h>

/* Traefik's providers.precedence: earlier wins ties. Those that maitred has. */
static int provider_rank(struct str qualified)
{
    static const char *const rising[] = { "@etcd", "@file", "@internal" };
    int count = sizeof rising / sizeof *rising;
    for (int i = 0; i < count; i++)
        if (str_ends(qualified, str_c(rising[i])))
            return i + 1;
    return 0;
}

void rank_put(struct buf *out, const struct model_router *router)
{
    char digits[24];
    uint64_t size = router->priority < 0 ? 0 - (uint64_t)router->priority : (uint64_t)router->priority;
    int n = snprintf(digits, sizeof digits, "%" PRIu64, size);
    if (router->priority < 0)
        for (int i = 0; i < n; i++)
            digits[i] = (char)('0' + '9' - digits[i]);
    buf_putc(out, (char)(router->priority < 0 ? 'Z' - n : 'a' + n));
    buf_puts(out, digits);
    buf_putc(out, (char)('0' + provider_rank(router->name)));
}

bool rank_above(const struct model_router *a, const struct model_router *b)
{
    return a->priority != b->priority ? a->priority > b->priority
                                      : provider_rank(a->name) > provider_rank(b->name);
}
