/* Digests: SHA-256 (FIPS 180-4) for content addresses, and a fast hash for tables. */
#pragma once

#include <stdint.h>

#include "base/str.h"

enum { SHA256_SIZE = 32 };

struct sha256 {
    uint32_t state[8];
    uint64_t total; /* bytes hashed */
    unsigned char block[64];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, struct str s);
void sha256_end(struct sha256 *h, unsigned char out[static SHA256_SIZE]);

/* The first `digits` (at most 64) lower-case hexadecimal digits of SHA-256(s), NUL behind them. */
void sha256_hex(struct str s, char *out, size_t digits);

/* For hash tables in memory only: not stable over versions, not safe against crafted keys. */
uint64_t hash_bytes(struct str s);
