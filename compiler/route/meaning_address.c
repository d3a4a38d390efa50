/* ClientIP: addresses and networks, as Go's net package reads them. */
#include "base/address.h"
#include "route/matcher.h"

struct str address_canonical(struct arena *arena, struct str s)
{
    struct address_range range;
    char text[ADDRESS_TEXT];
    if (!address_range_read(s, &range))
        return (struct str){ 0 };
    return arena_printf(arena, "%.*s/%zu", STR_ARG(address_text(&range.address, text)), range.bits);
}
