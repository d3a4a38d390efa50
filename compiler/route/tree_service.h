/* Services and how their servers are reached, as written. Part of tree.h. */
#pragma once

#include "route/tree_object.h"

struct server {
    struct object object;
    struct text_value url;
    struct int_value weight;
    struct bool_value preserve_path;
};

struct cookie {
    struct str key; /* set: clients stay with their choice */
    struct text_value name, same_site, path, domain;
    struct bool_value secure, http_only;
    struct int_value max_age;
};

struct sticky {
    struct str key;
    struct cookie cookie;
};

struct health_check {
    struct str key; /* set: servers are probed */
    struct text_value path, scheme, mode, method, hostname;
    struct int_value status, port;
    struct duration_value interval, unhealthy_interval, timeout;
    struct bool_value follow_redirects;
    struct map_value headers;
};

struct passive_check {
    struct str key;
    struct duration_value failure_window;
    struct int_value max_failed_attempts;
};

/* A struct without keys: set or not. */
struct marker {
    struct str key;
};

struct load_balancer {
    struct str key; /* set: the service is of this kind */
    const struct server *servers;
    size_t n_servers;
    struct text_value strategy, servers_transport;
    struct bool_value pass_host_header;
    struct sticky sticky;
    struct health_check health_check;
    struct passive_check passive_check;
};

/* A service below another one. */
struct child {
    struct object object;
    struct text_value name;
    struct int_value weight;  /* of a share */
    struct int_value percent; /* of a mirror */
};

/* Of weighted and of highestRandomWeight, which has no sticky. */
struct shares {
    struct str key;
    const struct child *services;
    size_t n_services;
    struct sticky sticky;
    struct marker health_check;
};

struct mirroring {
    struct str key;
    struct text_value service;
    struct bool_value mirror_body;
    struct int_value max_body_size;
    const struct child *mirrors;
    size_t n_mirrors;
    struct marker health_check;
};

struct failover_errors {
    struct str key;
    struct list_value status;
    struct int_value max_request_body_bytes;
};

struct failover {
    struct str key;
    struct text_value service, fallback;
    struct failover_errors errors;
    struct marker health_check;
};

struct service {
    struct object object;
    size_t n_kinds; /* how many kinds it has; one is right */
    struct load_balancer load_balancer;
    struct shares weighted, highest_random_weight;
    struct mirroring mirroring;
    struct failover failover;
    struct str other_kind; /* key of a kind that is known but not compiled yet; p == NULL: none */
    struct list_value middlewares;
};

struct key_pair {
    struct object object;
    struct text_value cert_file, key_file;
};

struct forwarding_timeouts {
    struct str key;
    struct duration_value dial, response_header, read;
};

struct servers_transport {
    struct object object;
    struct text_value server_name, min_version, max_version;
    struct bool_value insecure_skip_verify, disable_http2;
    struct list_value root_cas, cipher_suites;
    const struct key_pair *certificates;
    size_t n_certificates;
    struct forwarding_timeouts timeouts;
};
