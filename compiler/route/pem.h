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

/* What the first certificate of `text` is for: its common name, names and addresses, in lower case and byte
 * order, each once. In `arena`. */
const struct str *pem_names(struct arena *arena, struct str text, size_t *n);

/* SHA-1 of the first certificate of `text` as HAProxy shows it, 40 upper-case hexadecimal digits; empty where
 * there is none. In `arena`. */
struct str pem_fingerprint(struct arena *arena, struct str text);
