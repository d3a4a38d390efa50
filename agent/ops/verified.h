/* Credentials that were verified a short while ago, so that a slow hash is computed once a minute and not for
 * every request. Kept is a digest only (HMAC-SHA256 under a key that this process drew and never shows) over
 * the stored hash and the password: a changed hash is another entry, and a user who is gone is not looked up
 * at all. Bounded; safe from any thread. */
#pragma once

#include <stdint.h>

#include "base/hash.h"

struct verified;

struct verified_tag {
    unsigned char bytes[SHA256_SIZE];
};

struct verified *verified_create(void);
void verified_destroy(struct verified *v);

struct verified_tag verified_tag(const struct verified *v, struct str hash, struct str password);

/* Whether that pair was verified less than VERIFIED_LIFE_NS ago. */
#define VERIFIED_LIFE_NS INT64_C(60000000000)
bool verified_has(struct verified *v, const struct verified_tag *tag, int64_t now_ns);
void verified_put(struct verified *v, const struct verified_tag *tag, int64_t now_ns);
