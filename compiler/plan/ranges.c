#include "plan/ranges.h"

#include <arpa/inet.h>
#include <stdlib.h>

struct range {
    unsigned char address[16];
    int family, bits;
    struct str text;
    struct str value; /* with all ranges around it */
};

static bool range_read(struct str text, struct range *out)
{
    char address[INET6_ADDRSTRLEN];
    size_t slash = str_find(text, '/');
    int64_t bits = 0;
    *out = (struct range){ .text = text, .family = str_find(text, ':') < text.n ? AF_INET6 : AF_INET };
    if (slash >= sizeof address || !str_to_int64(str_from(text, slash + 1), &bits))
        return false;
    memcpy(address, text.p, slash);
    address[slash] = '\0';
    out->bits = (int)bits;
    return inet_pton(out->family, address, out->address) == 1;
}

/* Wider ranges before those inside them. */
static int range_compare(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    if (x->family != y->family)
        return x->family < y->family ? -1 : 1;
    int c = memcmp(x->address, y->address, sizeof x->address);
    return c ? c : (x->bits > y->bits) - (x->bits < y->bits);
}

static bool range_holds(const struct range *outer, const struct range *inner)
{
    int whole = outer->bits / 8, left = outer->bits % 8;
    if (outer->family != inner->family || outer->bits > inner->bits ||
        memcmp(outer->address, inner->address, (size_t)whole) != 0)
        return false;
    unsigned char mask = (unsigned char)(0xff << (8 - left));
    return left == 0 || ((outer->address[whole] ^ inner->address[whole]) & mask) == 0;
}

static int entry_compare(const void *a, const void *b)
{
    return str_cmp(((const struct plan_entry *)a)->key, ((const struct plan_entry *)b)->key);
}

struct plan_map ranges_build(struct arena *arena, const struct str *texts, size_t n_texts)
{
    struct range *ranges = ARENA_ARRAY(arena, struct range, n_texts);
    struct plan_entry *entries = ARENA_ARRAY(arena, struct plan_entry, n_texts);
    size_t *around = ARENA_ARRAY(arena, size_t, n_texts), depth = 0, n_ranges = 0, n = 0;
    for (size_t i = 0; i < n_texts; i++)
        n_ranges += range_read(texts[i], &ranges[n_ranges]);
    if (n_ranges)
        qsort(ranges, n_ranges, sizeof *ranges, range_compare);
    for (size_t i = 0; i < n_ranges; i++) {
        if (n && str_eq(entries[n - 1].key, ranges[i].text))
            continue;
        while (depth && !range_holds(&ranges[around[depth - 1]], &ranges[i]))
            depth--;
        struct str outer = depth ? ranges[around[depth - 1]].value : STR(",");
        ranges[i].value = arena_printf(arena, "%.*s%.*s,", STR_ARG(outer), STR_ARG(ranges[i].text));
        around[depth++] = i;
        entries[n++] = (struct plan_entry){ ranges[i].text, ranges[i].value };
    }
    if (n)
        qsort(entries, n, sizeof *entries, entry_compare);
    return (struct plan_map){ entries, n };
}
