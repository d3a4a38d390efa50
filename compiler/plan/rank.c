#include "plan/rank.h"

#include <inttypes.h>
#include <stdio.h>

static int provider_digit(struct str qualified)
{
    size_t at = qualified.n;
    while (at > 0 && qualified.p[at - 1] != '@')
        at--;
    return '0' + provider_precedence(str_from(qualified, at));
}

/* A letter for sign and number of digits (A to S: 19 to 1 digits; a to s: negative, 1 to 19), then the digits, of positive
 * numbers their complements. Capitals come before small letters. */
void rank_put(struct buf *out, const struct model_router *router)
{
    char digits[24];
    bool negative = router->priority < 0;
    uint64_t size = negative ? 0 - (uint64_t)router->priority : (uint64_t)router->priority;
    int n = snprintf(digits, sizeof digits, "%" PRIu64, size);
    for (int i = 0; i < n && !negative; i++)
        digits[i] = (char)('0' + '9' - digits[i]);
    buf_putc(out, (char)(negative ? 'a' + n - 1 : 'T' - n));
    buf_puts(out, digits);
    buf_putc(out, (char)provider_digit(router->name));
}
