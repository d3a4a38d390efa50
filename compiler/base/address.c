#include "base/address.h"

#include <arpa/inet.h>

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

bool address_read(struct str text, struct address *out)
{
    char copy[INET6_ADDRSTRLEN];
    bool six = str_find(text, ':') < text.n;
    if (text.n == 0 || text.n >= sizeof copy || str_find(text, '\0') < text.n)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *out = (struct address){ .n = six ? 16 : 4 };
    if (inet_pton(six ? AF_INET6 : AF_INET, copy, out->bytes) != 1)
        return false;
    if (six && memcmp(out->bytes, mapped, sizeof mapped) == 0) {
        out->n = 4;
        memmove(out->bytes, out->bytes + sizeof mapped, 4);
    }
    return true;
}

bool address_looks_like_ipv6(struct str host)
{
    size_t colons = 0;
    for (size_t i = 0; i < host.n; i++) {
        char c = ascii_lower(host.p[i]);
        colons += c == ':';
        if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'f') && c != ':' && c != '.')
            return false;
    }
    return colons >= 2;
}

bool address_range_read(struct str text, struct address_range *out)
{
    size_t slash = str_find(text, '/');
    bool six = str_find(text, ':') < text.n;
    struct str digits = str_from(text, slash + 1);
    int64_t bits = 0;
    if (!address_read(str_head(text, slash), &out->address) || digits.n == 0 ||
        !ascii_is_digit(digits.p[0]) || !str_to_int64(digits, &bits) || bits > (six ? 128 : 32))
        return false;
    out->bits = (size_t)bits;
    if (six && out->address.n == 4 && bits >= 96)
        out->bits -= 96;
    else if (six && out->address.n == 4)
        address_widen(&out->address); /* its beginning only: no IPv4 lies there */
    return true;
}

void address_widen(struct address *address)
{
    if (address->n != 4)
        return;
    memmove(address->bytes + sizeof mapped, address->bytes, 4);
    memcpy(address->bytes, mapped, sizeof mapped);
    address->n = 16;
}

bool address_is_in(const struct address *address, const struct address_range *range)
{
    size_t whole = range->bits / 8, left = range->bits % 8;
    if (address->n != range->address.n || memcmp(address->bytes, range->address.bytes, whole) != 0)
        return false;
    unsigned char mask = (unsigned char)(0xff << (8 - left));
    return left == 0 || ((address->bytes[whole] ^ range->address.bytes[whole]) & mask) == 0;
}
