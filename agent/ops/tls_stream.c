#include "ops/tls_stream.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "base/address.h"
#include "base/arena.h"

struct tls_stream {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out; /* the SSL's own */
    bool ready;
};

static BIO *over(struct str pem)
{
    return BIO_new_mem_buf(pem.p, (int)pem.n);
}

static bool add_authorities(SSL_CTX *context, struct str pem)
{
    BIO *bio = over(pem);
    X509 *certificate;
    int n = 0;
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        n += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
        X509_free(certificate);
    }
    BIO_free(bio);
    ERR_clear_error(); /* the end of the text is one, too */
    return n > 0;
}

static bool use_own(SSL_CTX *context, struct str cert, struct str key)
{
    BIO *certs = over(cert), *keys = over(key);
    X509 *own = PEM_read_bio_X509(certs, NULL, NULL, NULL), *issuer;
    EVP_PKEY *private_key = PEM_read_bio_PrivateKey(keys, NULL, NULL, NULL);
    bool ok = own && private_key && SSL_CTX_use_certificate(context, own) == 1 &&
              SSL_CTX_use_PrivateKey(context, private_key) == 1;
    while (ok && (issuer = PEM_read_bio_X509(certs, NULL, NULL, NULL)))
        SSL_CTX_add0_chain_cert(context, issuer);
    X509_free(own);
    EVP_PKEY_free(private_key);
    BIO_free(certs);
    BIO_free(keys);
    ERR_clear_error();
    return ok;
}

static bool name_peer(SSL *ssl, const char *host)
{
    struct address address;
    if (address_read(str_c(host), &address))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

struct tls_stream *tls_stream_create(const struct tls_material *m, const char *host)
{
    struct tls_stream *s = xmalloc(sizeof *s);
    *s = (struct tls_stream){ .context = SSL_CTX_new(TLS_client_method()) };
    bool ok = s->context && SSL_CTX_set_min_proto_version(s->context, TLS1_2_VERSION) == 1;
    SSL_CTX_set_verify(s->context, m->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    ok = ok &&
         (m->ca.n ? add_authorities(s->context, m->ca) : SSL_CTX_set_default_verify_paths(s->context) == 1);
    ok = ok && (!m->cert.n || use_own(s->context, m->cert, m->key));
    s->ssl = ok ? SSL_new(s->context) : NULL;
    if (s->ssl) {
        s->in = BIO_new(BIO_s_mem());
        s->out = BIO_new(BIO_s_mem());
        SSL_set_bio(s->ssl, s->in, s->out);
        SSL_set_connect_state(s->ssl);
    }
    if (s->ssl && (m->insecure || name_peer(s->ssl, host)))
        return s;
    tls_stream_destroy(s);
    return NULL;
}

void tls_stream_destroy(struct tls_stream *s)
{
    if (!s)
        return;
    SSL_free(s->ssl);
    SSL_CTX_free(s->context);
    free(s);
}

static void take_out(struct tls_stream *s, struct buf *out)
{
    char *bytes;
    long n = BIO_get_mem_data(s->out, &bytes);
    if (n > 0)
        buf_put(out, str_of(bytes, (size_t)n));
    (void)BIO_reset(s->out);
}

/* Whether an SSL call that said `n` only wants more bytes. */
static bool wants_more(struct tls_stream *s, int n)
{
    int why = SSL_get_error(s->ssl, n);
    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

bool tls_stream_feed(struct tls_stream *s, struct str came, struct buf *plain, struct buf *out)
{
    bool good = came.n == 0 || BIO_write(s->in, came.p, (int)came.n) == (int)came.n;
    if (good && !s->ready) {
        int n = SSL_do_handshake(s->ssl);
        s->ready = n == 1;
        good = s->ready || wants_more(s, n);
    }
    while (good && s->ready) {
        char chunk[4096];
        int n = SSL_read(s->ssl, chunk, sizeof chunk);
        if (n <= 0) {
            good = wants_more(s, n);
            break;
        }
        buf_put(plain, str_of(chunk, (size_t)n));
    }
    take_out(s, out);
    return good;
}

bool tls_stream_ready(const struct tls_stream *s)
{
    return s->ready;
}

bool tls_stream_put(struct tls_stream *s, struct str plain, struct buf *out)
{
    bool good = plain.n == 0 || SSL_write(s->ssl, plain.p, (int)plain.n) == (int)plain.n;
    ERR_clear_error();
    take_out(s, out);
    return good;
}
