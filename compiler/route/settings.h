/* The static configuration: Traefik's flags, environment and file, and maitred's own, through one table. */
#pragma once

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

struct entry_point {
    struct str name;
    struct str address; /* as given: ":80", "127.0.0.1:80/tcp" */
    struct str host;    /* empty: all addresses */
    int port;
    bool udp;
    bool as_default;
    bool trust_all;                /* forwardedHeaders.insecure */
    const struct str *trusted_ips; /* forwardedHeaders.trustedIPs */
    size_t n_trusted_ips;
    const struct str *middlewares; /* http.middlewares, qualified names */
    size_t n_middlewares;
    struct {
        bool on; /* http.tls: routers without TLS of their own get this */
        struct str options;
    } tls;
    struct {
        struct str to, scheme; /* http.redirections.entryPoint; to is empty: none */
        bool permanent;
        int64_t priority;
    } redirect;
    struct {
        bool on, insecure; /* proxyProtocol */
        const struct str *trusted_ips;
        size_t n_trusted_ips;
    } proxy;
    int max_header_bytes;
    int64_t read_timeout_ns, idle_timeout_ns, grace_timeout_ns;
    bool sanitize_path, encode_semicolons; /* http.sanitizePath, http.encodeQuerySemicolons */
    struct {
        bool slash, backslash, null, semicolon, percent, question_mark, hash;
    } allow_encoded;          /* http.encodedCharacters */
    struct str refused_codes; /* what these come to: "2F5C", codes in paths of requests that are routed; ends
                                 in NUL */
    struct str underscores;   /* http.underscoreHeadersStrategy: "keep", "delete" or "reject" */
    bool scheme_headers;      /* forwardedHeaders.addXForwardedSchemeHeaders */
    bool not_append;          /* forwardedHeaders.notAppendXForwardedFor */
    bool internal;            /* made by api.insecure or ping, not by the user ("traefik" on :8080) */
};

struct tls_client {
    bool on;
    struct str ca, cert, key; /* path or PEM text */
    bool insecure_skip_verify;
};

/* Files that a tree names (users of an authentication, certificates): whoever compiles hands them in. */
struct file_view {
    void *context;
    /* Contents that stay until the next compile; false: it cannot be read. */
    bool (*read)(void *context, struct str path, struct str *contents);
};

enum log_level { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL, LOG_PANIC };

struct settings {
    const struct entry_point *entry_points; /* by name; never empty */
    size_t n_entry_points;
    struct {
        bool on;
        const struct str *endpoints; /* host:port or URL; never empty when on */
        size_t n_endpoints;
        struct str root_key, username, password;
        struct tls_client tls;
    } etcd;
    struct {
        bool on, watch;
        struct str filename, directory;
    } file;
    struct { /* the serversTransport of services that name none */
        bool insecure;
        const struct str *root_cas;
        size_t n_root_cas;
        int64_t dial_ns, response_header_ns;
    } transport;
    struct str default_rule_syntax; /* "v2" or "v3": of routers that name none */
    struct str default_certificate; /* PEM with its key, made by the daemon for where the tree gives none;
                                       empty: none */
    const struct file_view *files;  /* NULL: no file can be read */
    struct pem_cache *pems;         /* certificates that were read before (pem_cache.h); NULL: none */
    int64_t throttle_ns; /* providers.providersThrottleDuration: accepted; maitred has no need of it */
    struct {
        bool on, insecure, dashboard, debug;
        struct str base_path;
    } api;
    struct {
        bool on, manual_routing;
        struct str entry_point;
        int terminating_status;
    } ping;
    struct {
        enum log_level level;
        bool json;
        struct str path; /* empty: standard error */
    } log;
    struct {
        struct str binary;        /* empty: "haproxy" on PATH */
        struct str master_socket; /* both set: an HAProxy that somebody else started */
        struct str runtime_socket;
        struct str agent_address;   /* socket folder as HAProxy sees it; empty: the state folder */
        int threads;                /* 0: HAProxy's choice */
        int max_connections;        /* 0: HAProxy's choice */
        int spare_backends;         /* slots for services that come later */
        int64_t verify_interval_ns; /* between two looks at a sample of the live state; 0: none */
        struct str revision_header; /* of answers: the revision that the request was routed by; empty: none */
    } haproxy;
    struct {
        int workers;
        bool rate_limit_fails_closed; /* --agent.ratelimit.onfailure=closed; default open */
        int64_t timeout_ns;           /* how long HAProxy waits for a verdict */
        int buckets;                  /* of all rate limits together */
    } agent;
    struct {
        int max_delete; /* percent of the routers that one change may take away; 100: all */
    } guard;
    struct {
        const struct str *nameservers; /* address or address:port; none: those of resolv.conf */
        size_t n_nameservers;
    } resolver;
    struct {
        struct str dir; /* empty: a folder of its own for these settings, see settings_state_dir */
        bool sync;      /* fsync the files */
        int history;    /* trees that were served before, kept for `rollback` */
    } state;
};

/* Where settings come from. Traefik takes the first of file, flags, environment that yields anything and
 * ignores the others; maitred's own settings (haproxy.*, agent.*, guard.*, state.*) are taken from all of
 * them, flags first, MAITRED_ variables last. */
struct settings_sources {
    const char *const *flags; /* without program and verb */
    size_t n_flags;
    const char *const *environment; /* NAME=value, ended by NULL */
    struct str file;                /* contents of the traefik.yml that was found; p == NULL: none */
    struct str file_name;
};

/* The settings, defaults filled in. Findings: UNKNOWN_SETTING (with the nearest name), BAD_SETTING,
 * IGNORED_SETTING. Any error among them means that the program must not start. */
struct settings *settings_read(struct arena *arena, const struct settings_sources *sources,
                               struct diag *diag);

/* --configfile of the flags (its value), or empty. */
struct str settings_config_file(const char *const *flags, size_t n_flags);

/* 12 hexadecimal digits that name this gateway among others on the machine: of entry points, etcd endpoints
 * and root key. The default state folder is <base>/<instance>. */
void settings_instance(const struct settings *settings, char out[static 13]);

/* All settings with type, default and meaning, for --help (text) and the documentation (markdown). */
void settings_print(struct buf *out, bool markdown);

/* The names of all settings that have an effect, one a line, as far as the user's own names: "entrypoints.".
 */
void settings_names(struct buf *out);
