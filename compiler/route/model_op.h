/* What middlewares are in the model: the arguments of one op each. */
#pragma once

#include "base/address.h"
#include "route/regex_program.h"

enum source_kind { SOURCE_IP, SOURCE_HEADER, SOURCE_HOST };

/* A header to set, or to take away where the value is empty. The name in lower case; names are different. */
struct model_header {
    struct str name, value;
};

struct model_headers_list {
    const struct model_header *p; /* by name */
    size_t n;
};

/* A list of texts joined with commas; `any` if one of them is "*". */
struct model_words {
    struct str text;
    bool any;
};

/* The middleware `headers`. Values hold no control bytes but tabs. */
struct model_headers {
    struct model_headers_list request, response; /* "host" in request changes the request's Host */
    bool no_forwarded_for; /* X-Forwarded-For is to be gone altogether, our own part too */
    struct {
        bool on; /* any CORS option is set: preflights are answered */
        bool credentials, add_vary;
        struct model_words headers, methods, expose;
        const struct str *origins; /* exact, or "*" */
        size_t n_origins;
        const struct regex_program *const *patterns;
        size_t n_patterns;
        struct str max_age; /* empty: none */
    } cors;
    const struct str *hosts; /* allowed ones, lower case; none: all */
    size_t n_hosts;
    const struct str *host_headers; /* the first that is there says the host */
    size_t n_host_headers;
    struct model_headers_list security; /* set in all answers */
    struct model_headers_list secure;   /* set where the request came by TLS, or one of tls_headers says so */
    struct model_headers_list tls_headers;
};

struct model_strip_regex {
    const struct regex_program *const *p;
    size_t n;
};

struct model_replace {
    struct str pattern; /* as written */
    const struct regex_program *program;
    struct regex_template with;
    bool permanent;
};

struct model_redirect {
    struct str scheme, port; /* port: empty or ":8443" */
    bool permanent;
};

struct model_nets {
    const struct address_range *p; /* networks */
    size_t n;
};

/* Which address counts: the peer's; or with depth > 0 that one of X-Forwarded-For, from the right; or with
 * excluded.n the first from the right not among those. subnet: 0 for none, else IPv6 addresses count by
 * networks of so many bits. */
struct model_ip_strategy {
    int64_t depth;
    struct model_nets excluded;
    int subnet;
};

struct model_allow_list {
    struct model_nets nets;
    struct model_ip_strategy strategy;
    int status;
};

struct model_in_flight {
    int64_t amount;
    enum source_kind source;
    struct str header; /* SOURCE_HEADER: its name, lower case */
    struct model_ip_strategy strategy;
};

/* passTLSClientCert, as letters: p the certificates themselves, i what is said of them; n serial number, b
 * and a the ends of its life, s alternative names. Parts of a name: D(C), C, (S)T, L, O, (O)U, S(N), (C)N. */
struct model_client_cert {
    struct str what, subject, issuer;
};

/* The reason text of a status as Go has it, or NULL. */
const char *model_status_text(int64_t status);
