#include "plan/key.h"

#include "base/address.h"

static int hex_value(char c)
{
    return ascii_is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The codes that stay encoded in a routing path: reserved characters of RFC 3986 2.2 and '%'. */
static bool is_reserved_code(struct str s)
{
    int high = hex_value(s.p[1]), low = hex_value(s.p[2]);
    return high >= 0 && low >= 0 && memchr(":/?#[]@!$&'()*+,;=%", (char)(high << 4 | low), 19);
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
        if ((unsigned char)c <= 0x20 || c == 0x7f)
            buf_printf(out, "#%02X", (unsigned)(unsigned char)c);
        else
            buf_putc(out, c);
    }
    return true;
}

void key_put_prefix(struct buf *out, struct str prefix)
{
    for (size_t i = 0; i < prefix.n; i++) {
        char c = prefix.p[i];
        if ((unsigned char)c <= 0x20 || c == 0x7f)
            buf_printf(out, "#%02X", (unsigned)(unsigned char)c);
        else if (c == '%' || c == '?' || c == '#')
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
        else
            buf_putc(out, c);
    }
}

/* What Go's server takes in a Host header (golang.org/x/net/http/httpguts ValidHostHeader). The skeleton refuses the rest. */
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
