/* Plans made by hand, one a golden folder. "everything" is also what tests/e2e/test_skeleton.py runs: its
 * ports and backends are named there. */
#pragma once

#include "plan/plan.h"

#define SECOND   INT64_C(1000000000)
#define N(table) (sizeof(table) / sizeof *(table))
#define ENTRY_TIMED(label, h, p, read_ns, idle_ns, ...)                                                      \
    {                                                                                                        \
        .name = STR(label), .host = STR(h), .port = (p), .read_timeout_ns = (read_ns),                       \
        .idle_timeout_ns = (idle_ns), .grace_timeout_ns = 10 * SECOND, .sanitize_path = true,                \
        .underscores = STR("keep"), __VA_ARGS__                                                              \
    }
#define ENTRY(label, h, p, ...) ENTRY_TIMED(label, h, p, 60 * SECOND, 180 * SECOND, __VA_ARGS__)
#define SETTINGS(entries, ...)                                                                               \
    {                                                                                                        \
        .entry_points = (entries), .n_entry_points = N(entries),                                             \
        .agent = { .workers = 2, .timeout_ns = SECOND }, __VA_ARGS__                                         \
    }
#define ENTRIES(table, member) .member = (table), .n_##member = N(table)

static const struct entry_point one_entry[] = { ENTRY("web", "127.0.0.1", 8081, .as_default = true) };
static const struct settings one_settings = SETTINGS(one_entry, .throttle_ns = 0);

static const struct plan_server two_servers[] = {
    { .name = STR("0a0a0a0a0a0a0a0a"), .host = STR("127.0.0.1"), .port = 9001, .weight = 3 },
    { .name = STR("749cbf12c8a090ba"), .host = STR("::1"), .port = 9002, .weight = 256 },
    { .name = STR("ffffffffffffffff"), .host = STR("localhost"), .port = 80, .weight = 1 },
};

/* any: rules without Host, nothing else. */
static const struct shape_backend any_declared[] = {
    { .name = STR("etcd:whoami"), .service = STR("whoami@etcd") }, { .name = STR("spare-0001") }
};
static const struct plan_backend any_backends[] = {
    { .name = STR("etcd:whoami"), .service = STR("whoami@etcd"), .servers = two_servers, .n_servers = 3 },
    { .name = STR("spare-0001") },
};
static const struct plan_entry any_routes[] = {
    { STR("|0/"), STR(".;etcd:whoami;R472;all@etcd;;;;") },
    { STR("|0/whoami?"), STR(".;etcd:whoami;R472;whoami@etcd;;;;") },
};
static const struct plan any_plan = { .settings = &one_settings,
                                      .revision = 7,
                                      .shape = { ENTRIES(any_declared, backends) },
                                      ENTRIES(any_routes, routes),
                                      ENTRIES(any_backends, backends) };

/* host: rules with Host only; all addresses; numbers of threads and connections. */
static const struct entry_point host_entry[] = { ENTRY_TIMED("web", "", 80, 0, 1, .as_default = true) };
static const struct settings host_settings =
    SETTINGS(host_entry, .haproxy = { .threads = 2, .max_connections = 5000 });
static const struct plan_entry host_routes[] = { { STR("a.test|0/"), STR(".;etcd:whoami;R472;a@etcd;;;;") } };
static const struct plan host_plan = { .settings = &host_settings,
                                       .shape = { ENTRIES(any_declared, backends) },
                                       ENTRIES(host_routes, routes),
                                       ENTRIES(any_backends, backends) };

/* closed: path cuts, an agent that fails closed and reads addresses only. */
static const struct plan_program closed_programs[] = { { STR("cl0123456789abcdef"), STR("{\"ops\":[]}") } };
static const struct plan_entry closed_routes[] = {
    { STR("|0/strip"), STR("sg;etcd:whoami;R472;s@etcd;cl0123456789abcdef;/strip?;;") },
};
static const struct plan closed_plan = {
    .settings = &one_settings,
    .shape = { .cut = true, .agent = true, .messages = 1u << MESSAGE_LEAN, ENTRIES(any_declared, backends) },
    ENTRIES(closed_routes, routes),
    ENTRIES(any_backends, backends),
    ENTRIES(closed_programs, programs),
};

/* empty: a tree without a route; an entry point of our own with ping on it. */
static const struct entry_point empty_entries[] = { ENTRY("traefik", "", 8080, .internal = true),
                                                    ENTRY("udp", "", 53, .udp = true),
                                                    ENTRY("web", "127.0.0.1", 8081, .as_default = true) };
static const struct settings empty_settings =
    SETTINGS(empty_entries, .ping = { .on = true, .entry_point = STR("traefik") });
static const struct plan empty_plan = { .settings = &empty_settings };

/* names: whatever a tree and a command line can make names of. */
static const struct str names_trusted[] = { STR("10.0.0.0/8"), STR("::1"),
                                            STR("1.2.3.4 } || { always_true") };
static const struct entry_point names_entries[] = { ENTRY("a b\nuse_backend x", "::1", 8081,
                                                          ENTRIES(names_trusted, trusted_ips)),
                                                    ENTRY("b:c", "[::1]", 8082, .as_default = true) };
static const struct settings names_settings = SETTINGS(names_entries, .throttle_ns = 0);
static const struct shape_backend names_declared[] = { { .name = STR("etcd:a:20b"),
                                                         .service = STR("a b@etcd") } };
static const struct plan_server names_servers[] = {
    { .name = STR("1"), .host = STR("unix@/tmp/x"), .port = 1, .weight = 1 },
    { .name = STR("2"), .host = STR("a b"), .port = 2, .weight = 2 },
    { .name = STR("3"), .host = STR("x\n    server evil 1.2.3.4"), .port = 3, .weight = 3 },
    { .name = STR("4"), .host = STR(""), .port = 4, .weight = 4 },
    { .name = STR("5"), .host = STR("${HOME}"), .port = 5, .weight = 5 },
    { .name = STR("6"), .host = STR("fe80::1"), .port = 6, .weight = 6 },
    { .name = STR("7"), .host = STR("_srv.x-y.test"), .port = 7, .weight = 7 },
};
static const struct plan_backend names_backends[] = {
    { .name = STR("etcd:a:20b"),
      .service = STR("a b@etcd"),
      .servers = names_servers,
      .n_servers = N(names_servers) },
};
static const struct plan names_plan = { .settings = &names_settings,
                                        .shape = { .cut = true, ENTRIES(names_declared, backends) },
                                        ENTRIES(names_backends, backends) };

/* everything: all that the skeleton can do. */
static const struct str some_trusted[] = { STR("127.0.0.2"), STR("10.0.0.0/8") };
static const struct entry_point all_entries[] = {
    ENTRY("insecure", "127.0.0.1", 8083, .trust_all = true),
    ENTRY_TIMED("short", "127.0.0.1", 8084, SECOND, SECOND, .as_default = true),
    ENTRY("trusting", "127.0.0.1", 8082, ENTRIES(some_trusted, trusted_ips)),
    ENTRY("web", "127.0.0.1", 8081, .as_default = true),
};
static const struct settings all_settings =
    SETTINGS(all_entries, .ping = { .on = true, .entry_point = STR("short") });
static const struct shape_backend all_declared[] = {
    { .name = STR("etcd:a") },      { .name = STR("etcd:b") },     { .name = STR("etcd:dead") },
    { .name = STR("etcd:silent") }, { .name = STR("spare-0001") },
};
static const struct plan_server all_servers[][1] = {
    { { .name = STR("a"), .host = STR("127.0.0.1"), .port = 9001, .weight = 1 } },
    { { .name = STR("b"), .host = STR("127.0.0.1"), .port = 9002, .weight = 1 } },
    { { .name = STR("dead"), .host = STR("127.0.0.1"), .port = 9003, .weight = 1 } },
    { { .name = STR("silent"), .host = STR("127.0.0.1"), .port = 9004, .weight = 1 } },
};
static const struct plan_backend all_backends[] = {
    { .name = STR("etcd:a"), .servers = all_servers[0], .n_servers = 1 },
    { .name = STR("etcd:b"), .servers = all_servers[1], .n_servers = 1 },
    { .name = STR("etcd:dead"), .servers = all_servers[2], .n_servers = 1 },
    { .name = STR("etcd:silent"), .servers = all_servers[3], .n_servers = 1 },
    { .name = STR("spare-0001") },
};
static const struct plan_program all_programs[] = { { STR("cf0"), STR("{\"ops\":[]}") },
                                                    { STR("ol0"), STR("{\"ops\":[]}") } };
static const struct plan all_plan = {
    .settings = &all_settings,
    .revision = INT64_C(9223372036854775807),
    .shape = { .cut = true,
               .agent = true,
               .messages = (1u << MESSAGE_COUNT) - 1,
               ENTRIES(all_declared, backends) },
    ENTRIES(all_backends, backends),
    ENTRIES(all_programs, programs),
};

static const struct world {
    const char *name;
    const struct plan *plan;
} worlds[] = { { "any", &any_plan },     { "host", &host_plan },   { "closed", &closed_plan },
               { "empty", &empty_plan }, { "names", &names_plan }, { "everything", &all_plan } };
