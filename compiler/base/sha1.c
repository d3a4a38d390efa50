#include "base/sha1.h"

static uint32_t turn(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static void compress(uint32_t state[static 5], const unsigned char *block)
{
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (size_t i = 16; i < 80; i++)
        w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (size_t i = 0; i < 80; i++) {
        uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999u
                     : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1u
                     : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu
                              : (b ^ c ^ d) + 0xca62c1d6u;
        uint32_t next = turn(a, 5) + f + e + w[i];
        e = d;
        d = c;
        c = turn(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void sha1_hex(struct str s, char out[static SHA1_DIGITS + 1])
{
    uint32_t state[5] = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u };
    unsigned char tail[128] = { 0 };
    size_t whole = s.n / 64 * 64, left = s.n - whole, size = left < 56 ? 64 : 128;
    for (size_t at = 0; at < whole; at += 64)
        compress(state, (const unsigned char *)s.p + at);
    if (left)
        memcpy(tail, s.p + whole, left);
    tail[left] = 0x80;
    for (size_t i = 0; i < 8; i++)
        tail[size - 1 - i] = (unsigned char)((uint64_t)s.n * 8 >> (8 * i));
    for (size_t at = 0; at < size; at += 64)
        compress(state, tail + at);
    for (size_t i = 0; i < SHA1_DIGITS; i++)
        out[i] = "0123456789abcdef"[state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    out[SHA1_DIGITS] = '\0';
}
