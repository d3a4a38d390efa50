/* The dynamic configuration as written: one typed object for each of Traefik's, nothing resolved, nothing
 * defaulted. The structs here are filled through the tables of schema.c; a field exists for every key that
 * a stage behind this one reads. */
#pragma once

#include "kv/snapshot.h"
#include "route/tree_auth.h"
#include "route/tree_middleware.h"
#include "route/tree_service.h"
#include "route/tree_tls.h"

struct router {
    struct object object;
    struct text_value rule, rule_syntax, service;
    struct list_value entry_points, middlewares, parent_refs;
    struct int_value priority;
    struct router_tls tls;
};

/* Keys of ours, not Traefik's. */
struct rate_limit_extension {
    struct str key;
    struct text_value scope, on_redis_failure;
};

struct rate_limit {
    struct str key;
    struct rate_limit_extension own;
    struct int_value average, burst;
    struct duration_value period;
    struct source_criterion source_criterion;
    struct redis_value redis;
};

struct strip_prefix {
    struct str key;
    struct list_value prefixes;
    struct bool_value force_slash;
};

struct chain {
    struct str key;
    struct list_value middlewares;
};

struct middleware {
    struct object object;
    size_t n_kinds; /* how many types it has; one is right */
    struct strip_prefix strip_prefix;
    struct add_prefix add_prefix;
    struct headers headers;
    struct strip_prefix_regex strip_prefix_regex;
    struct replace_path replace_path;
    struct regex_replace replace_path_regex, redirect_regex;
    struct redirect_scheme redirect_scheme;
    struct allow_list ip_allow_list, ip_white_list;
    struct in_flight_req in_flight_req;
    struct encoded_characters encoded_characters;
    struct content_type content_type;
    struct circuit_breaker circuit_breaker;
    struct buffering buffering;
    struct error_pages errors;
    struct retry retry;
    struct compress compress;
    struct rate_limit rate_limit;
    struct chain chain;
    struct password_auth basic_auth, digest_auth;
    struct forward_auth forward_auth;
    struct pass_client_cert pass_client_cert;
    struct str other_kind; /* key of a type that is known but not compiled yet; p == NULL: none */
};

/* All of one provider, each list in byte order of the names. */
struct tree {
    struct str provider;
    int64_t revision;
    const struct router *routers;
    size_t n_routers;
    const struct service *services;
    size_t n_services;
    const struct middleware *middlewares;
    size_t n_middlewares;
    const struct servers_transport *servers_transports;
    size_t n_servers_transports;
    struct tls_section tls;
    size_t n_pairs; /* pairs below the root that were read */
};

/* Decodes a snapshot (Traefik's rules: reference/traefik-routing.md 1). Unknown keys, bad values and wrong
 * structure are findings and break the one object that holds them. Never fails as a whole. */
struct tree *tree_decode(struct arena *arena, const struct kv_snapshot *snapshot, struct diag *diag);
