/* A request as the gateway sees it behind its entry point: what templates/request.cfg and maitred.lua make of
 * it, in C. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "route/settings.h"

struct request_header {
    struct str name, value; /* name: any case on input, lower case in a struct request */
};

struct request_parameter {
    struct str key, value; /* decoded */
    bool first;            /* of its key */
};

struct request {
    struct str method;
    struct str authority; /* Host as sent, with port */
    struct str host;      /* as regular expressions see it: lower case, no port, no brackets, with its dots */
    struct str host_key;  /* as in keys */
    struct str sent;      /* the path in normal form, as the upstream gets it if no middleware changes it */
    struct str path;      /* the routing path (reference/traefik-routing.md 3.4) */
    struct str path_key;  /* … as in keys */
    struct str query;     /* as the upstream gets it; p == NULL: there is no '?' */
    struct str query_sent; /* as it came, where a ';' in it has become '&'; else empty */
    const struct request_parameter *parameters;
    size_t n_parameters;
    const struct request_header *headers; /* in their order, without Host */
    size_t n_headers;
    struct str client; /* address; empty: not told */
    bool tls;          /* it comes by TLS: "https://…" */
};

/* Reads method, target ("http://host/path?query" or "/path") and headers, and does to them what the entry
 * point does. A Host header counts unless the target names a host. NULL, or what is wrong: why the gateway
 * would answer 400. Everything lies in the arena or points into the arguments. */
const char *request_read(struct arena *arena, const struct entry_point *entry, struct str method,
                         struct str target, const struct request_header *headers, size_t n_headers,
                         struct str client, struct request *out);

/* Appends a value as it stands in the canonical line (plan/pattern.h). */
void request_put_field(struct buf *out, struct str value);
