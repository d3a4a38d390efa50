/* The dynamic configuration as written: one typed object for each of Traefik's, nothing resolved, nothing
 * defaulted. The structs here are filled through the tables of schema.c; a field exists for every key that
 * a stage behind this one reads. */
#pragma once

#include "kv/snapshot.h"
#include "route/tree_auth.h"
#include "route/value.h"

/* In every object: its name as stored, its key, and whether something in it could not be read (then it is in
 * error as a whole: nobody may use it). */
struct object {
    struct str name;
    struct str key;
    struct str unsupported; /* key of the first thing in it that maitred does not do yet; p == NULL: none */
    size_t n_unsupported;
    bool broken;
};

struct router_tls {
    struct str key; /* set: the router is an HTTPS router */
    struct text_value options, cert_resolver;
};

struct router {
    struct object object;
    struct text_value rule, rule_syntax, service;
    struct list_value entry_points, middlewares, parent_refs;
    struct int_value priority;
    struct router_tls tls;
};

struct server {
    struct object object;
    struct text_value url;
    struct int_value weight;
    struct bool_value preserve_path;
};

struct load_balancer {
    struct str key; /* set: the service is of this kind */
    const struct server *servers;
    size_t n_servers;
    struct text_value strategy, servers_transport;
    struct bool_value pass_host_header;
};

struct service {
    struct object object;
    size_t n_kinds; /* how many kinds it has; one is right */
    struct load_balancer load_balancer;
    struct str other_kind; /* key of a kind that is known but not compiled yet (weighted, …); p == NULL: none */
    struct list_value middlewares;
};

struct ip_strategy {
    struct str key;
    struct int_value depth, ipv6_subnet;
    struct list_value excluded_ips;
};

struct source_criterion {
    struct str key;
    struct ip_strategy ip_strategy;
    struct text_value request_header_name;
    struct bool_value request_host;
};

struct rate_limit {
    struct str key;
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
    struct rate_limit rate_limit;
    struct chain chain;
    struct password_auth basic_auth, digest_auth;
    struct forward_auth forward_auth;
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
    size_t n_pairs; /* pairs below the root that were read */
};

/* Decodes a snapshot (Traefik's rules: reference/traefik-routing.md 1). Unknown keys, bad values and wrong
 * structure are findings and break the one object that holds them. Never fails as a whole. */
struct tree *tree_decode(struct arena *arena, const struct kv_snapshot *snapshot, struct diag *diag);
