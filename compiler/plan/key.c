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
