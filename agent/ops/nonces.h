/* Nonces of digestAuth. A challenge costs no memory: a nonce is a number and a keyed digest of it, so that
 * only those that somebody has authenticated with are remembered, with the last count (nc) of their requests.
 * Bounded: what had to be forgotten is never taken for new, and neither is what is older. Safe from any
 * thread. */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct nonces;

enum { NONCE_LENGTH = 16 }; /* base64 of 12 bytes */

/* Room for that many clients. */
struct nonces *nonces_create(size_t clients);
void nonces_destroy(struct nonces *nonces);

/* A new nonce for an instance of digestAuth. */
void nonces_make(struct nonces *nonces, struct str instance, int64_t now_ns, char out[static NONCE_LENGTH]);

/* The instance's opaque: the same text as long as the process lives. */
void nonces_opaque(const struct nonces *nonces, struct str instance, char out[static NONCE_LENGTH]);

enum nonce_state {
    NONCE_GOOD,    /* the count is greater than any before; it is remembered */
    NONCE_UNKNOWN, /* not ours, or of another instance, or the count was used already */
    NONCE_STALE,   /* ours, but too old, or the count is lower than the last: the client may try again with a
                      new one */
};

/* The request with this nonce and count (0 is none) has been authenticated. A nonce is good for an hour, and
 * once it was used for as long as it is remembered. */
enum nonce_state nonces_use(struct nonces *nonces, struct str instance, struct str nonce, uint64_t count,
                            int64_t now_ns);
