#include "control/default_certificate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/hex.h"

enum { DAYS = 365, RENEW_DAYS = 30, KEY_BITS = 2048, LARGEST = 1 << 16, DAY_SECONDS = 24 * 3600 };

#define FILE_NAME "default-certificate.pem"

static bool is_good(struct str pem)
{
    BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    time_t limit = time(NULL) + (time_t)RENEW_DAYS * DAY_SECONDS;
    bool good = certificate && key && X509_check_private_key(certificate, key) == 1 &&
                X509_cmp_time(X509_get0_notAfter(certificate), &limit) > 0;
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(in);
    return good;
}

/* 32 hexadecimal digits, a dot, 32 more: nobody's name. */
static bool random_name(char out[static 128])
{
    unsigned char bytes[32];
    char digits[2 * sizeof bytes + 1];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    hex_write(digits, bytes, sizeof digits - 1);
    snprintf(out, 128, "%.32s.%s.traefik.default", digits, digits + 32);
    return true;
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    char name[128], names[160];
    unsigned char serial[16];
    BIGNUM *number = NULL;
    X509_NAME *subject = X509_get_subject_name(certificate);
    if (!random_name(name) || RAND_bytes(serial, sizeof serial) != 1)
        return false;
    serial[0] &= 0x7f;
    snprintf(names, sizeof names, "DNS:%s", name);
    number = BN_bin2bn(serial, sizeof serial, NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) &&
              X509_set_version(certificate, X509_VERSION_3) &&
              X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
              X509_time_adj_ex(X509_getm_notAfter(certificate), DAYS, 0, NULL) &&
              X509_set_pubkey(certificate, key) &&
              X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                         (const unsigned char *)"TRAEFIK DEFAULT CERT", -1, -1, 0) &&
              X509_set_issuer_name(certificate, subject) &&
              add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
              add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
              add_extension(certificate, NID_subject_alt_name, names);
    BN_free(number);
    return ok;
}

static bool make(struct buf *out)
{
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
    X509 *certificate = X509_new();
    BIO *text = BIO_new(BIO_s_mem());
    bool ok = key && certificate && text && fill(certificate, key) &&
              X509_sign(certificate, key, EVP_sha256()) > 0 && PEM_write_bio_X509(text, certificate) == 1 &&
              PEM_write_bio_PrivateKey(text, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (ok) {
        char *bytes;
        long n = BIO_get_mem_data(text, &bytes);
        buf_put(out, str_of(bytes, (size_t)n));
    }
    BIO_free(text);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return ok;
}

bool default_certificate_load(const char *folder, struct buf *out, char error[static 512])
{
    char path[4200];
    snprintf(path, sizeof path, "%s/" FILE_NAME, folder);
    buf_reset(out);
    if (file_read(path, LARGEST, out) && is_good(buf_str(out)))
        return true;
    buf_reset(out);
    if (!make(out)) {
        snprintf(error, 512, "cannot make a default certificate");
        return false;
    }
    if (!file_write(path, buf_str(out), 0600, true)) {
        snprintf(error, 512, "cannot write %.300s: %s", path, strerror(errno));
        return false;
    }
    return true;
}
