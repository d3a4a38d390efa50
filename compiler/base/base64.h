/* Base64 (RFC 4648, section 4), as etcd's gateway and etcdctl write bytes. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

/* Appends the standard form with padding: etcd 3.4 takes no other. */
void base64_put(struct buf *out, struct str bytes);

/* Decodes into the arena, a NUL behind that does not count. Missing padding is allowed, anything else that is
 * not the standard alphabet gives false. */
bool base64_decode(struct arena *arena, struct str text, struct str *out);
