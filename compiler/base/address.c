#include "base/address.h"

#include <arpa/inet.h>
#include <assert.h>

static_assert(ADDRESS_TEXT == INET6_ADDRSTRLEN, "room for every address");

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool is_mapped(const struct address *address)
{
    return address->n == 16 && memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

static bool has(struct str text, char c)
{
    return str_find(text, c) < text.n;
}

bool address_read(struct str text, struct address *out)
{
    char copy[ADDRESS_TEXT];
    bool six = has(text, ':');
    if (text.n == 0 || text.n >= sizeof copy || has(text, '\0'))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *out = (struct address){ .n = six ? 16 : 4 };
    if (inet_pton(six ? AF_INET6 : AF_INET, copy, out->bytes) != 1)
        return false;
    if (is_mapped(out)) {
        memmove(out->bytes, out->bytes + sizeof mapped, 4);
        memset(out->bytes + 4, 0, 12);
        out->n = 4;
    }
    return true;
}

bool address_read_zoned(struct str text, struct address *out)
{
    struct str zone = text, address = str_cut(&zone, '%');
    return (!zone.p || (zone.n > 0 && has(address, ':'))) && address_read(address, out);
}

bool address_range_read(struct str text, struct address_range *out)
{
    struct str digits = text, address = str_cut(&digits, '/');
    bool six = has(address, ':');
    int64_t bits = six ? 128 : 32;
    if (!address_read(address, &out->address))
        return false;
    if (digits.p && (digits.n == 0 || !ascii_is_digit(digits.p[0]) || !str_to_int64(digits, &bits) ||
                     bits > (six ? 128 : 32)))
        return false;
    out->bits = (size_t)bits;
    if (six && out->address.n == 4 && bits >= 96)
        out->bits -= 96;
    else if (six)
        address_widen(&out->address); /* its beginning only: no IPv4 lies there */
    address_mask(&out->address, out->bits);
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

void address_widen(struct address *address)
{
    if (address->n != 4)
        return;
    memmove(address->bytes + sizeof mapped, address->bytes, 4);
    memcpy(address->bytes, mapped, sizeof mapped);
    address->n = 16;
}

void address_mask(struct address *address, size_t bits)
{
    for (size_t i = 0; i < address->n; i++) {
        size_t kept = bits > 8 * i ? bits - 8 * i : 0;
        if (kept < 8)
            address->bytes[i] &= (unsigned char)(0xff00 >> kept);
    }
}

bool address_is_in(const struct address *address, const struct address_range *range)
{
    struct address first = *address;
    address_mask(&first, range->bits);
    return first.n == range->address.n && memcmp(first.bytes, range->address.bytes, first.n) == 0;
}

struct str address_text(const struct address *address, char memory[static ADDRESS_TEXT])
{
    bool four = address->n == 4 || is_mapped(address);
    memory[0] = '\0';
    if (address->n)
        inet_ntop(four ? AF_INET : AF_INET6, address->bytes + address->n - (four ? 4 : 16), memory,
                  ADDRESS_TEXT);
    return str_c(memory);
}

struct str address_text_by_subnet(struct str text, size_t bits, char memory[static ADDRESS_TEXT])
{
    struct address address;
    if (bits == 0 || !has(text, ':') || !address_read_zoned(text, &address))
        return text;
    address_widen(&address);
    address_mask(&address, bits);
    inet_ntop(AF_INET6, address.bytes, memory, ADDRESS_TEXT);
    return str_c(memory);
}
