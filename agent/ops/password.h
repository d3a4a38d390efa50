/* Password hashes as Traefik's basicAuth takes them (reference/traefik-middlewares.md 3.2): {SHA} and base64,
 * bcrypt, and everything else as MD5-crypt with whatever magic stands there ("$apr1$", "$1$"). Blocking:
 * bcrypt takes tens of milliseconds and more, MD5-crypt half a one. */
#pragma once

#include "base/str.h"

enum password_scheme { PASSWORD_SHA1, PASSWORD_BCRYPT, PASSWORD_MD5_CRYPT, PASSWORD_UNUSABLE };

/* Which scheme a stored hash is of; unusable: no password has it. */
enum password_scheme password_scheme(struct str hash);

/* Whether `password` has that hash. The comparison takes the same time wherever they differ. A password with
 * a NUL byte has no bcrypt hash: crypt(3) would look at its front only. */
bool password_check(struct str hash, struct str password);

/* MD5-crypt (Poul-Henning Kamp's, as in FreeBSD and Apache): the 22 digits behind "MAGIC SALT $". */
enum { MD5_CRYPT_DIGITS = 22 };
void md5_crypt(struct str password, struct str magic, struct str salt, char out[static MD5_CRYPT_DIGITS]);
