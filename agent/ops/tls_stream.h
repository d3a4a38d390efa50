/* The client's side of TLS over bytes that somebody else carries (OpenSSL on memory BIOs): no sockets. */
#pragma once

#include "base/buf.h"

/* PEM, or empty. */
struct tls_material {
    struct str ca, cert, key;
    bool insecure; /* any certificate is believed */
};

struct tls_stream;

/* Towards `host`, a name or an address that the server's certificate must bear. NULL where the material is of
 * no use. */
struct tls_stream *tls_stream_create(const struct tls_material *material, const char *host);
void tls_stream_destroy(struct tls_stream *stream); /* NULL is allowed */

/* Takes what came (nothing at first), appends what is to be sent to `out` and what the peer said to `plain`.
 * false: the peer cannot be believed, or has ended. */
bool tls_stream_feed(struct tls_stream *stream, struct str came, struct buf *plain, struct buf *out);

/* Whether the handshake is over. */
bool tls_stream_ready(const struct tls_stream *stream);

/* Encrypts; only when ready. */
bool tls_stream_put(struct tls_stream *stream, struct str plain, struct buf *out);
