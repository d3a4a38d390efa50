#include "base/hex.h"

static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

void hex_write(char *out, const unsigned char *bytes, size_t digits)
{
    for (size_t i = 0; i < digits; i++)
        out[i] = lower[bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
    out[digits] = '\0';
}

void hex_put(struct buf *out, struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        buf_put(out, str_of((char[]){ lower[c >> 4], lower[c & 15] }, 2));
    }
}

void hex_put_code(struct buf *out, char lead, char c)
{
    unsigned char byte = (unsigned char)c;
    buf_put(out, str_of((char[]){ lead, upper[byte >> 4], upper[byte & 15] }, 3));
}
