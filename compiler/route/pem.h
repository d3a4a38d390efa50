/* Certificates and keys as PEM text, checked before HAProxy meets them: one that it cannot read would keep it
 * from starting. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

/* The certificates of `text`, written anew and nothing else; n == 0 where there is none. Blocks that are none
 * are passed over, as Go does. In `arena`. */
struct str pem_certificates(struct arena *arena, struct str text);

/* A certificate with its chain, and its private key, in one text for HAProxy. NULL, or why the two are none.
 */
const char *pem_identity(struct arena *arena, struct str certificates, struct str key, struct str *out);
