/* Digests of old schemes (MD5, SHA-1, by OpenSSL) and what goes with secrets. */
#pragma once

#include <openssl/evp.h>

#include "base/str.h"

enum { MD5_SIZE = 16, SHA1_SIZE = 20, MD5_DIGITS = 2 * MD5_SIZE };

/* A digest in the making; begin, add, end, and again. */
struct digest {
    EVP_MD_CTX *context;
    const EVP_MD *method;
};

/* A digest of that method ("MD5", "SHA1"); the process ends where OpenSSL has none. */
struct digest digest_open(const char *method);
void digest_close(struct digest *d);
void digest_begin(struct digest *d);
void digest_add(struct digest *d, struct str s);
void digest_end(struct digest *d, unsigned char *out);

/* MD5 of the parts with ':' between them, as lower-case hexadecimal digits without an end. */
void md5_joined(struct digest *md5, const struct str *parts, size_t n, char out[static MD5_DIGITS]);

/* Equal, in a time that depends on the lengths only. */
bool secret_equal(struct str a, struct str b);
