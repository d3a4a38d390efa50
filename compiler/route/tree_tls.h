/* TLS towards clients: what routers say of it, certificates, options. Part of tree.h. */
#pragma once

#include "route/tree_object.h"

struct router_tls {
    struct str key; /* set: the router is an HTTPS router */
    struct text_value options, cert_resolver;
};

struct tls_certificate {
    struct object object;
    struct text_value cert_file, key_file;
    struct list_value stores;
};

struct tls_pair {
    struct str key;
    struct text_value cert_file, key_file;
};

struct tls_generated {
    struct str key;
    struct text_value resolver;
};

struct tls_store {
    struct object object;
    struct tls_pair default_certificate;
    struct tls_generated generated;
};

struct tls_client_auth {
    struct str key;
    struct list_value ca_files;
    struct text_value type;
};

struct tls_options {
    struct object object;
    struct text_value min_version, max_version;
    struct list_value cipher_suites, curves, alpn;
    struct tls_client_auth client_auth;
    struct bool_value sni_strict, no_tickets;
};

struct tls_section {
    struct str key;
    const struct tls_certificate *certificates; /* in the order given */
    size_t n_certificates;
    const struct tls_store *stores;
    size_t n_stores;
    const struct tls_options *options;
    size_t n_options;
};
