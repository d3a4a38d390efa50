/* "Authorization: Digest …" to its parameters, as Traefik's library reads it: a list parted by commas outside
 * of quotes, where a backslash in quotes stands before any byte. Pure. */
#pragma once

#include "base/str.h"

enum { DIGEST_PARAMS_SIZE = 8192 }; /* longer headers have none */

struct digest_params {
    /* What is not there has p == NULL. The last of several counts. */
    struct str username, realm, nonce, uri, response, algorithm, qop, nc, cnonce, opaque;
    char bytes[DIGEST_PARAMS_SIZE]; /* holds them */
};

/* false where the header is of another scheme, or too long. The scheme is written exactly "Digest". */
bool digest_params_read(struct str header, struct digest_params *out);
