#include "ops/digest.h"

#include <stdio.h>
#include <stdlib.h>

static void need(bool ok)
{
    if (ok)
        return;
    fputs("maitred: OpenSSL lacks a digest that passwords need\n", stderr);
    abort();
}

struct digest digest_open(const char *method)
{
    struct digest d = { EVP_MD_CTX_new(), EVP_get_digestbyname(method) };
    need(d.context && d.method);
    need(EVP_DigestInit_ex(d.context, d.method, NULL) == 1);
    return d;
}

void digest_close(struct digest *d)
{
    EVP_MD_CTX_free(d->context);
    *d = (struct digest){ 0 };
}

void digest_begin(struct digest *d)
{
    need(EVP_DigestInit_ex(d->context, NULL, NULL) == 1);
}

void digest_add(struct digest *d, struct str s)
{
    need(s.n == 0 || EVP_DigestUpdate(d->context, s.p, s.n) == 1);
}

void digest_end(struct digest *d, unsigned char *out)
{
    need(EVP_DigestFinal_ex(d->context, out, NULL) == 1);
}

void md5_joined(struct digest *md5, const struct str *parts, size_t n, char out[static MD5_DIGITS])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[MD5_SIZE];
    digest_begin(md5);
    for (size_t i = 0; i < n; i++) {
        if (i)
            digest_add(md5, STR(":"));
        digest_add(md5, parts[i]);
    }
    digest_end(md5, bytes);
    for (size_t i = 0; i < MD5_SIZE; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

bool secret_equal(struct str a, struct str b)
{
    volatile unsigned char differs = 0;
    for (size_t i = 0; i < a.n && i < b.n; i++)
        differs = (unsigned char)(differs | (unsigned char)(a.p[i] ^ b.p[i]));
    return a.n == b.n && differs == 0;
}
