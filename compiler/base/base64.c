#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { NONE = 64 };

/* The value of every byte, NONE where it is no digit. */
static const unsigned char values[256] = {
#define ROW4(n)  n, n, n, n
#define ROW16(n) ROW4(n), ROW4(n), ROW4(n), ROW4(n)
    ROW16(NONE), ROW16(NONE), NONE,        NONE,        NONE,        NONE,        NONE,        NONE,
    NONE,        NONE,        NONE,        NONE,        NONE,        62,          NONE,        NONE,
    NONE,        63,          52,          53,          54,          55,          56,          57,
    58,          59,          60,          61,          NONE,        NONE,        NONE,        NONE,
    NONE,        NONE,        NONE,        0,           1,           2,           3,           4,
    5,           6,           7,           8,           9,           10,          11,          12,
    13,          14,          15,          16,          17,          18,          19,          20,
    21,          22,          23,          24,          25,          NONE,        NONE,        NONE,
    NONE,        NONE,        NONE,        26,          27,          28,          29,          30,
    31,          32,          33,          34,          35,          36,          37,          38,
    39,          40,          41,          42,          43,          44,          45,          46,
    47,          48,          49,          50,          51,          NONE,        NONE,        NONE,
    NONE,        NONE,        ROW16(NONE), ROW16(NONE), ROW16(NONE), ROW16(NONE), ROW16(NONE), ROW16(NONE),
    ROW16(NONE), ROW16(NONE),
#undef ROW16
#undef ROW4
};

void base64_put(struct buf *out, struct str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t have = bytes.n - i;
        unsigned second = have > 1 ? p[i + 1] : 0, third = have > 2 ? p[i + 2] : 0;
        unsigned group = (unsigned)p[i] << 16 | second << 8 | third;
        char four[4] = { digits[group >> 18], digits[group >> 12 & 63],
                         have > 1 ? digits[group >> 6 & 63] : '=', have > 2 ? digits[group & 63] : '=' };
        buf_put(out, str_of(four, 4));
    }
}

bool base64_read(struct str text, char *bytes, size_t *length)
{
    if (text.n % 4 == 0 && str_ends(text, STR("=")))
        text.n -= str_ends(text, STR("==")) ? 2 : 1;
    size_t rest = text.n % 4, n = text.n / 4 * 3 + (rest ? rest - 1 : 0);
    if (rest == 1)
        return false;
    const unsigned char *in = (const unsigned char *)text.p;
    unsigned seen = 0; /* all values or-ed: NONE's bit stays */
    size_t at = 0;
    for (size_t i = 0; i + 4 <= text.n; i += 4, at += 3) {
        unsigned a = values[in[i]], b = values[in[i + 1]], c = values[in[i + 2]], d = values[in[i + 3]];
        seen |= a | b | c | d;
        bytes[at] = (char)(a << 2 | b >> 4);
        bytes[at + 1] = (char)(b << 4 | c >> 2);
        bytes[at + 2] = (char)(c << 6 | d);
    }
    if (rest) {
        const unsigned char *last = in + text.n - rest;
        unsigned a = values[last[0]], b = values[last[1]], c = rest == 3 ? values[last[2]] : 0;
        seen |= a | b | c;
        bytes[at] = (char)(a << 2 | b >> 4);
        if (rest == 3)
            bytes[at + 1] = (char)(b << 4 | c >> 2);
    }
    *length = n;
    return !(seen & NONE);
}

bool base64_decode(struct arena *arena, struct str text, struct str *out)
{
    size_t n;
    char *bytes = arena_alloc(arena, BASE64_ROOM(text.n) + 1, 1);
    bool ok = base64_read(text, bytes, &n);
    *out = ok ? str_of(bytes, n) : (struct str){ 0 };
    return ok;
}
