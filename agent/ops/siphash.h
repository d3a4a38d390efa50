/* SipHash-2-4 (Aumasson, Bernstein): a keyed hash for tables whose keys strangers choose. */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct siphash_key {
    uint64_t k0, k1;
};

/* The hash of the 8 bytes of `prefix` (little endian) followed by `a` and then `b`. With a's length as the
 * prefix, different pairs hash different inputs. */
uint64_t siphash_pair(const struct siphash_key *key, uint64_t prefix, struct str a, struct str b);

/* The hash of s alone. */
uint64_t siphash(const struct siphash_key *key, struct str s);
