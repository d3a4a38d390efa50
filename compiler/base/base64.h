/* Base64 (RFC 4648, section 4), as etcd's gateway and etcdctl write bytes. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

/* Appends the standard form with padding: etcd 3.4 takes no other. */
void base64_put(struct buf *out, struct str bytes);

/* The most bytes that n digits stand for; n / 4 * 3 where n is a multiple of 4. */
#define BASE64_ROOM(n) ((n) / 4 * 3 + 2)

/* Decodes to `bytes`, room for BASE64_ROOM. Missing padding is allowed, anything else that is not the
 * standard alphabet gives false; the bytes are then of no use. */
bool base64_read(struct str text, char *bytes, size_t *n);

/* The same into the arena, a NUL behind that does not count. */
bool base64_decode(struct arena *arena, struct str text, struct str *out);
