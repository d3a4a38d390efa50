#include "route/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* More than any chain or list of authorities has; a bound against texts that are nothing but certificates. */
enum { MOST_CERTIFICATES = 1000, LONGEST_TEXT = 4 << 20 };

/* Keys with a password are refused: nobody is there to be asked. */
static int no_password(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static BIO *reader_of(struct str text)
{
    return text.n && text.n <= LONGEST_TEXT ? BIO_new_mem_buf(text.p, (int)text.n) : NULL;
}

static struct str take(struct arena *arena, BIO *out)
{
    char *p;
    long n = BIO_get_mem_data(out, &p);
    struct str copy = arena_copy(arena, str_of(p, n > 0 ? (size_t)n : 0));
    BIO_free(out);
    ERR_clear_error();
    return copy;
}

/* The next certificate; blocks that cannot be read are skipped, NULL at the end. */
static X509 *next_certificate(BIO *in)
{
    for (int i = 0; in && i < MOST_CERTIFICATES; i++) {
        char *name = NULL, *header = NULL;
        unsigned char *bytes = NULL;
        long n = 0;
        X509 *found = NULL;
        if (!PEM_read_bio(in, &name, &header, &bytes, &n))
            return NULL;
        const unsigned char *at = bytes;
        if (strcmp(name, PEM_STRING_X509) == 0)
            found = d2i_X509(NULL, &at, n);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(bytes);
        if (found)
            return found;
    }
    return NULL;
}

struct str pem_certificates(struct arena *arena, struct str text)
{
    BIO *in = reader_of(text), *out = BIO_new(BIO_s_mem());
    X509 *found;
    for (int i = 0; i < MOST_CERTIFICATES && (found = next_certificate(in)); i++) {
        PEM_write_bio_X509(out, found);
        X509_free(found);
    }
    BIO_free(in);
    return take(arena, out);
}

static EVP_PKEY *read_key(struct str text)
{
    BIO *in = reader_of(text);
    EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_password, NULL) : NULL;
    BIO_free(in);
    return key;
}

const char *pem_identity(struct arena *arena, struct str certificates, struct str key_text, struct str *out)
{
    const char *fault = NULL;
    struct str chain = pem_certificates(arena, certificates);
    BIO *in = reader_of(chain);
    X509 *first = next_certificate(in);
    EVP_PKEY *key = read_key(key_text);
    if (!first)
        fault = "there is no certificate in it, or no such file";
    else if (!key)
        fault = "its private key cannot be read";
    else if (X509_check_private_key(first, key) != 1)
        fault = "the private key is not that of the certificate";
    BIO *text = BIO_new(BIO_s_mem());
    if (!fault) {
        BIO_write(text, chain.p, (int)chain.n);
        PEM_write_bio_PrivateKey(text, key, NULL, NULL, 0, NULL, NULL);
    }
    *out = take(arena, text);
    BIO_free(in);
    X509_free(first);
    EVP_PKEY_free(key);
    return fault;
}
