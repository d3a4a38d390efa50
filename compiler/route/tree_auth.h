/* Middlewares of the agent, as written. Part of tree.h. */
#pragma once

#include "route/value.h"

/* basicAuth and digestAuth have the same keys. */
struct password_auth {
    struct str key;
    struct list_value users; /* secrets */
    struct text_value users_file, realm, header_field;
    struct bool_value remove_header;
};

/* TLS towards another server. */
struct tls_client_value {
    struct str key;
    struct text_value ca, cert, private_key; /* path or PEM text; secrets */
    struct bool_value insecure_skip_verify;
};

/* Keys of ours, not Traefik's. */
struct forward_extension {
    struct str key;
    struct duration_value cache_ttl;
    struct list_value cache_key;
};

struct forward_auth {
    struct str key;
    struct forward_extension own;
    struct text_value address, response_headers_regex, signin;
    struct tls_client_value tls;
    struct bool_value trust_forward_header, forward_body, preserve_location, preserve_method;
    struct list_value response_headers, request_headers, add_cookies;
    struct int_value max_body, max_response_body;
};

/* Where a rate limit is shared. */
struct redis_value {
    struct str key;
    struct list_value endpoints;
    struct text_value username, password; /* the password is a secret */
    struct int_value db;
    struct duration_value read_timeout, write_timeout, dial_timeout;
    struct tls_client_value tls;
};
