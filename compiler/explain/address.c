#include "explain/address.h"

#include <arpa/inet.h>

struct address {
    int family;
    unsigned char bytes[16];
};

static bool address_read(struct str text, struct address *out)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    char copy[INET6_ADDRSTRLEN];
    if (text.n == 0 || text.n >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *out = (struct address){ .family = str_find(text, ':') < text.n ? AF_INET6 : AF_INET };
    if (inet_pton(out->family, copy, out->bytes) != 1)
        return false;
    if (out->family == AF_INET6 && memcmp(out->bytes, mapped, sizeof mapped) == 0) {
        out->family = AF_INET;
        memmove(out->bytes, out->bytes + sizeof mapped, 4);
    }
    return true;
}

int address_in_range(struct str address, struct str range)
{
    struct address a, r;
    int64_t bits = 0;
    size_t slash = str_find(range, '/');
    if (!address_read(address, &a) || !address_read(str_head(range, slash), &r) || a.family != r.family ||
        !str_to_int64(str_from(range, slash + 1), &bits) || bits < 0 || bits > (a.family == AF_INET ? 32 : 128))
        return -1;
    size_t whole = (size_t)bits / 8;
    unsigned char mask = (unsigned char)(0xff << (8 - bits % 8));
    bool inside = memcmp(a.bytes, r.bytes, whole) == 0 && (bits % 8 == 0 || ((a.bytes[whole] ^ r.bytes[whole]) & mask) == 0);
    return inside ? (int)bits : -1;
}
