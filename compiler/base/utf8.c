#include "base/utf8.h"

uint32_t utf8_decode(struct str s, size_t *length)
{
    const unsigned char *p = (const unsigned char *)s.p;
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    *length = 1;
    if (p[0] < 0x80)
        return p[0];
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || s.n < n)
        return UTF8_INVALID;
    uint32_t c = p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return UTF8_INVALID;
        c = c << 6 | (p[i] & 0x3fu);
    }
    if (c < least[n] || c > UTF8_MAX || (c >= 0xd800 && c < 0xe000))
        return UTF8_INVALID;
    *length = n;
    return c;
}

size_t utf8_encode(char *p, uint32_t c)
{
    if (c < 0x80) {
        p[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        p[i] = (char)(0x80 | (c & 0x3f));
    p[0] = (char)((0xf00 >> n & 0xff) | c);
    return n;
}

size_t utf8_fault(struct str s)
{
    size_t length;
    for (size_t i = 0; i < s.n; i += length)
        if (utf8_decode(str_from(s, i), &length) == UTF8_INVALID && length == 1)
            return i;
    return s.n;
}
