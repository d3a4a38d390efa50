#include "plan/key.h"

#include "base/address.h"
#include "base/hex.h"

/* The codes that stay encoded in a routing path, with capitals: reserved characters of RFC 3986 2.2 and '%'.
 */
static bool is_reserved_code(struct str s)
{
    int byte = s.p[1] < 'a' && s.p[2] < 'a' ? hex_pair(s.p + 1) : -1;
    return byte >= 0 && memchr(":/?#[]@!$&'()*+,;=%", byte, 19);
}

bool key_put_path(struct buf *out, struct str path, bool prefix)
{
    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i];
        if (c == '?' || c == '#')
            return false;
        bool cut_short = path.n - i < 3;
        if (c == '%' && (cut_short ? !prefix : !is_reserved_code(str_from(path, i))))
            return false;
        if (c == ' ' || ascii_is_control(c))
            hex_put_code(out, '#', c);
        else
            buf_putc(out, c);
    }
    return true;
}

void key_put_prefix(struct buf *out, struct str prefix)
{
    for (size_t i = 0; i < prefix.n; i++) {
        char c = prefix.p[i];
        if (c == ' ' || ascii_is_control(c))
            hex_put_code(out, '#', c);
        else if (c == '%' || c == '?' || c == '#')
            hex_put_code(out, '%', c);
        else
            buf_putc(out, c);
    }
}

bool key_has_spellings(char c)
{
    return c && strchr("!$&'()*+,/;=:@[]", c);
}

bool key_put_spelling(struct buf *out, struct str prefix, size_t base, unsigned which)
{
    for (size_t i = 0; i < prefix.n; i++) {
        bool either = i >= base && key_has_spellings(prefix.p[i]);
        if (either && (which & 1))
            hex_put_code(out, '%', prefix.p[i]);
        else
            buf_putc(out, prefix.p[i]);
        which >>= either;
    }
    return which == 0;
}

bool key_starts(struct str path, struct str prefix)
{
    size_t at = 0;
    for (size_t i = 0; i < prefix.n; i++) {
        bool code = at + 2 < path.n && path.p[at] == '%' && key_has_spellings(prefix.p[i]) &&
                    hex_pair(path.p + at + 1) == (unsigned char)prefix.p[i];
        if (!code && (at >= path.n || path.p[at] != prefix.p[i]))
            return false;
        at += code ? 3 : 1;
    }
    return true;
}

/* What Go's server takes in a Host header (golang.org/x/net/http/httpguts ValidHostHeader). The skeleton
 * refuses the rest. */
static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || ascii_is_digit(c) || (c && strchr("!$%&'()*+,-.;=_~", c));
}

bool key_put_host(struct buf *out, struct str host, size_t dots)
{
    bool ipv6 = address_looks_like_ipv6(host);
    for (size_t i = 0; i < host.n; i++) {
        char c = ascii_lower(host.p[i]);
        if (!ipv6 && !is_host_byte(c))
            return false;
        buf_putc(out, c);
    }
    for (size_t i = 0; i < dots; i++)
        buf_putc(out, '.');
    return host.n > 0;
}
