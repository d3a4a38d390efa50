/* Services of the model. Part of model.h. */
#pragma once

#include "route/tree.h"

enum server_scheme { SERVER_HTTP, SERVER_HTTPS, SERVER_H2C };

struct model_server {
    struct str url; /* as configured */
    struct str id;  /* first 16 hexadecimal digits of SHA-256(url): server name and sticky cookie */
    struct str
        host; /* name or address, IPv6 without brackets; empty: URL without a host (requests get 500) */
    int port; /* 0: none that can be connected to (requests get 502) */
    enum server_scheme scheme;
    struct str
        authority;   /* host[:port] as written: the Host of requests where the client's is not passed on */
    struct str path; /* put before the request's, no '/' at its end; empty: nothing is */
    int64_t weight;  /* > 0: others are left out */
};

enum model_strategy { STRATEGY_WRR, STRATEGY_P2C, STRATEGY_HRW, STRATEGY_LEASTTIME };

/* A cookie by which clients stay with a choice. name.n == 0: none. */
struct model_cookie {
    struct str name;
    struct str attributes; /* what stands behind the value: "; Path=/; HttpOnly" */
};

/* How servers are probed. */
struct model_check {
    bool on;
    struct str path;                     /* resolved against the server's URL; empty: the URL itself */
    struct str scheme, method, hostname; /* empty: the server's, GET, the server's */
    int port, status;                    /* 0: the server's, 200 to 399 */
    int64_t interval_ns, unhealthy_interval_ns, timeout_ns;
    bool follow_redirects;
    bool grpc; /* by the gRPC health protocol: of what is above port, scheme and times count */
    const struct pair_value *headers;
    size_t n_headers;
};

/* Servers that fail are left out for a while. */
struct model_passive {
    bool on;
    int64_t window_ns;
    int64_t max_failures;
};

/* What a transport's dial_ns is if nobody says anything. */
#define MODEL_DIAL_DEFAULT_NS (30 * INT64_C(1000000000))

/* How servers are reached: a serversTransport, or the usual way. */
struct model_transport {
    struct str name;        /* qualified */
    struct str server_name; /* for SNI and verification; empty: the URL's host */
    bool insecure, http2;
    bool distrusts;         /* authorities are named, but none of them can be read: nobody is trusted */
    struct str authorities; /* to trust, PEM; empty: those of the system */
    struct str identity;    /* the client's certificate and key, PEM; empty: none */
    struct str min_version, max_version; /* "TLSv1.2"; empty: no limit */
    int64_t dial_ns, response_header_ns; /* 0: no limit */
};

enum model_service_kind {
    SERVICE_SERVERS,  /* loadBalancer */
    SERVICE_WEIGHTED, /* children take turns, by weight. A mirroring without copies is one of a single child
                       */
    SERVICE_MIRRORED, /* the first child answers; the others get copies: a share of so many percent (weight)
                       */
    SERVICE_HASHED,   /* the client's address chooses */
    SERVICE_FAILOVER, /* two children: the second while the first is down, or where its answer is no good */
    SERVICE_INTERNAL  /* a backend of the skeleton: "noop@internal", "ping@internal", "not-found@internal" */
};

/* Statuses of answers, both ends included. */
struct model_status_range {
    int from, to;
};

struct model_statuses {
    const struct model_status_range *p;
    size_t n;
};

struct model_service;

struct model_child {
    struct str name; /* as written */
    struct str id;   /* first 16 hexadecimal digits of SHA-256(name): sticky cookie */
    int64_t weight;  /* > 0: others are left out */
    const struct model_service *service;
};

struct model_service {
    struct str name; /* qualified: "whoami@etcd" */
    struct str key;
    enum model_service_kind kind;
    struct model_cookie cookie;
    bool used; /* by a router of the model, or by a service that is */
    /* SERVICE_SERVERS: */
    const struct model_server *servers; /* by id; equal URLs are one, their weights added */
    size_t n_servers;
    enum model_strategy strategy;
    bool pass_host_header;
    struct model_check check;
    struct model_passive passive;
    const struct model_transport *transport; /* NULL: the usual way */
    /* The others: */
    const struct model_child *children; /* in the order given */
    size_t n_children;
    bool aware;                     /* children that are down are passed over */
    bool named;                     /* the relay asks for it by name */
    bool mirror_body;               /* SERVICE_MIRRORED: copies have the body */
    int64_t max_body;               /* bytes of a request's body for copies or a second try; < 0: no limit */
    struct model_statuses statuses; /* SERVICE_FAILOVER: answers of the first child that are no good */
};

/* Whether the relay asks for its children, by name. */
bool service_names_children(const struct model_service *service);
