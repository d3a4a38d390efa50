/* The certificate for names that no other is for, where the tree gives none: self-signed, as Traefik's
 * "TRAEFIK DEFAULT CERT". It stays in the state folder, so that clients that pinned it find it again. */
#pragma once

#include "base/buf.h"

/* The certificate and its key in PEM, read from the folder, or made anew where none is there that is good for
 * another month. false with a message: it cannot be made or kept. The bytes are a secret. */
bool default_certificate_load(const char *folder, struct buf *out, char error[static 512]);
