/* ClientIP: addresses and networks, as Go's net package reads them. */
#include "route/matcher.h"

#include <arpa/inet.h>

/* 4 or 16 bytes, 0 where it is no address. */
static size_t read_address(struct str s, unsigned char address[16])
{
    char text[INET6_ADDRSTRLEN];
    if (s.n >= sizeof text || memchr(s.p, '\0', s.n))
        return 0;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    if (inet_pton(AF_INET, text, address) == 1)
        return 4;
    return inet_pton(AF_INET6, text, address) == 1 ? 16 : 0;
}

struct str address_canonical(struct arena *arena, struct str s)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    unsigned char address[16];
    size_t slash = str_find(s, '/'), n = read_address(str_head(s, slash), address);
    struct str digits = str_from(s, slash + 1);
    int64_t bits = (int64_t)n * 8;
    if (n == 0 || (slash < s.n && (digits.n == 0 || !ascii_is_digit(digits.p[0]) ||
                                   !str_to_int64(digits, &bits) || bits > (int64_t)n * 8)))
        return (struct str){ 0 };
    for (size_t i = 0; i < n; i++) {
        int64_t left = bits - 8 * (int64_t)i;
        address[i] &= (unsigned char)(left >= 8 ? 0xff : left <= 0 ? 0 : 0xff << (8 - left));
    }
    bool is_v4 = n == 4 || (bits >= 96 && memcmp(address, mapped, sizeof mapped) == 0);
    char text[INET6_ADDRSTRLEN];
    inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 && n == 16 ? address + 12 : address, text, sizeof text);
    return arena_printf(arena, "%s/%d", text, (int)(is_v4 && n == 16 ? bits - 96 : bits));
}
