/* "Authorization: Basic …" to name and password, as Go reads it (http.Request.BasicAuth): the scheme in any
 * case, one blank, standard base64 with its padding; the name ends at the first ':'. Pure. */
#pragma once

#include "base/str.h"

enum { CREDENTIALS_SIZE = 3072 }; /* longer ones are none: 4 kB of base64 */

struct credentials {
    struct str user, password; /* in `bytes`; both empty where there are none */
    char bytes[CREDENTIALS_SIZE];
};

/* false where the header says no credentials; then user and password are empty. */
bool credentials_read(struct str header, struct credentials *out);
