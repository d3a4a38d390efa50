/* TLS towards clients, resolved: sets of options, certificates, and which set a name gets. Part of model.h.
 */
#pragma once

#include "base/str.h"

enum client_auth {
    CLIENT_AUTH_NONE,
    CLIENT_AUTH_REQUEST,
    CLIENT_AUTH_REQUIRE_ANY,
    CLIENT_AUTH_VERIFY_IF_GIVEN,
    CLIENT_AUTH_REQUIRE
};

/* The name of the set that every connection has for which no router says otherwise. */
#define MODEL_TLS_DEFAULT "default"

struct model_tls_options {
    struct str name;                     /* qualified; MODEL_TLS_DEFAULT is not */
    bool broken;                         /* connections that would have it are closed */
    struct str min_version, max_version; /* as HAProxy writes them: "TLSv1.2"; max may be empty */
    struct str ciphers;                  /* OpenSSL's names, parted by ':'; of TLS 1.2 and older */
    struct str curves;                   /* the same; empty: as the library has it */
    struct str alpn;                     /* parted by commas; empty: none */
    struct str authorities;              /* of clients, PEM */
    enum client_auth client_auth;
    bool sni_strict, no_tickets;
};

struct model_certificate {
    struct str key;          /* in the tree */
    struct str identity;     /* PEM, certificates and private key: a secret */
    struct str order;        /* its names in one text, as Traefik compares them */
    const struct str *names; /* lower case: names, wildcards, addresses */
    size_t n_names;
};

/* A name that routers of an entry point ask for: exact, or "*.x" for one more label. */
struct model_tls_host {
    size_t entry_point;
    struct str name;
    const struct model_tls_options *options;
};

struct model_tls {
    const struct model_tls_options *fallback; /* MODEL_TLS_DEFAULT, the user's or Traefik's */
    const struct model_certificate
        *certificates; /* in the order that a name is looked up: the first with it wins */
    size_t n_certificates;
    struct str default_identity;        /* PEM as above; empty: the daemon's */
    const struct model_tls_host *hosts; /* by entry point and name, each once */
    size_t n_hosts;
    const bool *entry_points; /* of each: whether it has routers of TLS connections */
};
