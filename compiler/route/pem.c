#include "route/pem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

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

static int compare_texts(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Lower case; what could not stand in a configuration is no name to look for. */
static void add_name(struct arena *arena, struct str text, struct str *names, size_t *n)
{
    char *copy = arena_alloc(arena, text.n, 1);
    bool good = text.n > 0;
    for (size_t i = 0; i < text.n; i++) {
        copy[i] = ascii_lower(text.p[i]);
        good = good && copy[i] > ' ' && copy[i] < 0x7f && copy[i] != ',';
    }
    struct str name = { copy, text.n };
    for (size_t i = 0; i < *n && good; i++)
        good = !str_eq(names[i], name);
    if (good)
        names[(*n)++] = name;
}

static struct str address_text(struct arena *arena, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN];
    int n = ASN1_STRING_length(address);
    bool good = (n == 4 || n == 16) &&
                inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof text);
    return good ? arena_copy(arena, str_c(text)) : (struct str){ 0 };
}

static struct str string_of(const ASN1_STRING *s)
{
    int n = s ? ASN1_STRING_length(s) : 0;
    return n > 0 ? str_of((const char *)ASN1_STRING_get0_data(s), (size_t)n) : (struct str){ 0 };
}

const struct str *pem_names(struct arena *arena, struct str text, size_t *n)
{
    enum { MOST_NAMES = 10000 };
    BIO *in = reader_of(text);
    X509 *first = next_certificate(in);
    GENERAL_NAMES *all = first ? X509_get_ext_d2i(first, NID_subject_alt_name, NULL, NULL) : NULL;
    int n_all = all ? sk_GENERAL_NAME_num(all) : 0;
    n_all = n_all < MOST_NAMES ? n_all : MOST_NAMES;
    struct str *names = ARENA_ARRAY(arena, struct str, (size_t)n_all + 1);
    *n = 0;
    if (first) {
        X509_NAME *subject = X509_get_subject_name(first);
        int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
        if (at >= 0)
            add_name(arena, string_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))), names, n);
    }
    for (int i = 0; i < n_all; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
        if (name->type == GEN_DNS)
            add_name(arena, string_of(name->d.dNSName), names, n);
        else if (name->type == GEN_IPADD)
            add_name(arena, address_text(arena, name->d.iPAddress), names, n);
    }
    if (*n)
        qsort(names, *n, sizeof *names, compare_texts);
    GENERAL_NAMES_free(all);
    X509_free(first);
    BIO_free(in);
    ERR_clear_error();
    return names;
}

struct str pem_fingerprint(struct arena *arena, struct str text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct str out = { 0 };
    BIO *in = reader_of(text);
    X509 *first = next_certificate(in);
    if (first && X509_digest(first, EVP_sha1(), digest, &n) == 1) {
        char *hex = arena_alloc(arena, 2 * (size_t)n + 1, 1);
        for (unsigned i = 0; i < n; i++)
            snprintf(hex + 2 * i, 3, "%02X", digest[i]);
        out = str_of(hex, 2 * (size_t)n);
    }
    X509_free(first);
    BIO_free(in);
    ERR_clear_error();
    return out;
}
