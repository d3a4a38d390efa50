/* The model: trees of all providers with every reference resolved, defaults filled in, priorities computed,
 * and whatever is in error left out. Frozen: nothing behind this stage changes it. */
#pragma once

#include "route/model_breaker.h"
#include "route/model_op.h"
#include "route/model_service.h"
#include "route/model_tls.h"
#include "route/rule.h"
#include "route/settings.h"

enum model_op_kind {
    OP_STRIP_PREFIX,
    OP_RATE_LIMIT,
    OP_ADD_PREFIX,
    OP_HEADERS,
    OP_STRIP_REGEX,
    OP_REPLACE_PATH,
    OP_REPLACE_REGEX,
    OP_REDIRECT_REGEX,
    OP_REDIRECT_SCHEME,
    OP_ALLOW_LIST,
    OP_IN_FLIGHT,
    OP_ENCODED,
    OP_RELAYED,
    OP_BASIC_AUTH,
    OP_DIGEST_AUTH,
    OP_FORWARD_AUTH,
    OP_BREAKER,
    OP_CLIENT_CERT,
    OP_CONTENT_TYPE
};

enum { MODEL_MAX_OPS = 64 }; /* of one router: chains can name chains and double each time */

/* basicAuth, digestAuth. */
struct model_auth {
    const struct str *users; /* "name:hash", "name:realm:hash"; of equal names the last counts. Secrets */
    size_t n_users;
    struct str realm;  /* never empty */
    struct str header; /* for the user's name; or empty */
    bool remove_header;
};

/* TLS towards another server, as PEM. Secrets. */
struct model_tls_client {
    struct str ca, cert, key;
    bool insecure;
};

/* A Redis that shares buckets. The password is a secret. */
struct model_redis {
    struct str host, username, password;
    int port;
    int64_t db;
    bool encrypted;
    struct model_tls_client tls;
    int64_t dial_ns, read_ns; /* read_ns 0: no limit */
};

enum model_trust { TRUST_FORWARDED_UNSET, TRUST_FORWARDED_NO, TRUST_FORWARDED_YES };

struct model_forward {
    struct str address; /* as configured; it may be no URL: requests get 500 */
    struct str signin, response_regex;
    enum model_trust trust;
    const struct str *request_headers, *response_headers, *cookies;
    size_t n_request_headers, n_response_headers, n_cookies;
    bool send_body, keep_location, keep_method;
    int64_t cache_ns;            /* 0: no cache */
    const struct str *cache_key; /* headers; none: all */
    size_t n_cache_key;
    int64_t max_body, max_response; /* bytes; < 0: no limit */
    struct model_tls_client tls;
};

struct model_breaker {
    struct breaker_condition condition;
    int64_t check_ns, fallback_ns, recovery_ns;
    int64_t status; /* of answers while it is open */
};

enum model_relayed_kind { RELAYED_ERRORS, RELAYED_RETRY, RELAYED_BUFFERING, RELAYED_COMPRESS };

/* A status to answer instead of those of a range. */
struct model_rewrite {
    struct model_status_range range;
    int to;
};

/* A middleware of the relay's. */
struct model_relayed {
    enum model_relayed_kind kind;
    struct model_statuses statuses; /* errors, retry: answers that are no good */
    union {
        struct {
            const struct model_service *service;
            const struct model_rewrite *rewrites;
            size_t n_rewrites;
            struct str query;
            bool all_headers; /* else those of `headers` only */
            const struct str *headers;
            size_t n_headers;
        } errors;
        struct {
            int64_t attempts, interval_ns, timeout_ns, max_body; /* max_body < 0: no limit */
            bool on_network_error, non_idempotent;
        } retry;
        struct {
            int64_t max_request, mem_request, max_response, mem_response; /* maxima: 0 for no limit */
            struct str again; /* when to try again, as model_read_expression has it; empty: never */
        } buffering;
        struct {
            const struct str *encodings;
            size_t n_encodings;
            struct str default_encoding; /* or empty */
            int64_t min_size;
            bool only;               /* `types` are those to compress, else those not to */
            const struct str *types; /* media types, with parameters where they were written with some */
            size_t n_types;
        } compress;
    };
};

/* One middleware at its place in a router's chain; chains are expanded. */
struct model_op {
    enum model_op_kind kind;
    struct str middleware; /* qualified name */
    struct str of_service; /* the service that has it: '/' (no router's name has one) and its qualified name;
                              empty: it is the router's */
    union {
        struct {
            const struct str *prefixes; /* in the order given, trimmed */
            size_t n;
            bool force_slash;
        } strip;
        struct {
            int64_t average, burst, period_ns; /* > 0; average at most INT64_MAX / 10^9 */
            enum source_kind source;
            struct str header;          /* SOURCE_HEADER: its name, lower case */
            int64_t depth;              /* SOURCE_IP, > 0: that address of X-Forwarded-For, from the right */
            const struct str *excluded; /* or the first from the right that is in none of these networks */
            size_t n_excluded;
            int subnet;                      /* > 0: IPv6 addresses count by networks of so many bits */
            struct str written;              /* how the limit was written: a change of it is another limit */
            const struct model_redis *redis; /* NULL: of this process alone */
            bool of_middleware; /* all routers with the middleware count together; else each its own */
            bool passes_without_redis;
        } limit;
        const struct model_auth *auth; /* OP_BASIC_AUTH, OP_DIGEST_AUTH */
        const struct model_forward *forward;
        const struct model_breaker *breaker;
        struct str prefix; /* OP_ADD_PREFIX: not empty */
        const struct model_headers *headers;
        struct model_strip_regex strip_regex;
        struct str path;                /* OP_REPLACE_PATH */
        struct model_replace replace;   /* OP_REPLACE_REGEX, OP_REDIRECT_REGEX */
        struct model_redirect redirect; /* OP_REDIRECT_SCHEME */
        struct model_allow_list allow;
        struct model_in_flight in_flight;
        const char *refused_codes; /* OP_ENCODED: "2F5C": the codes that are refused, two digits each */
        struct model_client_cert client_cert;
        const struct model_relayed *relayed; /* OP_RELAYED */
    };
};

struct model_router {
    struct str name; /* qualified; "<entry point>-<name>" on one of several that has middlewares of its own */
    struct str key;
    struct str
        order; /* decides between equal priorities, and names the router in records: its name, quoted by
                  quote_field; of routers behind a parent the parent's, "!", and their own rank and name */
    struct str rule;
    struct rule_dnf dnf; /* n == 0: matches nothing */
    int64_t priority;
    const size_t *entry_points; /* indices into settings->entry_points, ascending */
    size_t n_entry_points;
    bool tls;                                /* of TLS connections only; else of clear ones only */
    struct str tls_options;                  /* qualified name of its options, if tls */
    const struct model_tls_options *options; /* they themselves */
    const struct model_service *service;
    const struct model_op *ops;
    size_t n_ops;
};

/* What a tree spends of what all its objects share, and where they name each other in a circle: with less
 * than half of each limit and no circle nothing depends on the order in which objects are looked at. */
struct model_effort {
    size_t guesses, expanded, ties, circles;
};

/* What objects name others by references, found or not. `key`: of who names it. */
enum object_kind { KIND_SERVICE, KIND_MIDDLEWARE, KIND_TRANSPORT, KINDS };

struct model_watch {
    void (*reference)(void *context, enum object_kind kind, struct str name, struct str provider,
                      struct str key, bool found);
    /* The nearest name of that kind in the whole tree; NULL: the tree at hand is whole. */
    struct str (*nearest)(void *context, enum object_kind kind, struct str name);
    void *context;
};

struct model {
    const struct settings *settings;
    int64_t revision;
    const struct model_router *routers; /* by rank (router_compare) */
    size_t n_routers;
    const struct model_service *services; /* by name */
    size_t n_services;
    struct model_effort effort;
    struct model_tls tls;
    size_t n_routers_out; /* routers of the trees that are in error, if only on one of their entry points */
};

/* Which provider wins ties (Traefik's providers.precedence, as far as they exist here): the smaller. */
int provider_precedence(struct str provider);

/* The order of all routers: priority descending, provider, `order` by its bytes. <0: a is asked first. */
int router_compare(const struct model_router *a, const struct model_router *b);

/* Appends priority and provider as text that orders under strcmp: the smaller, the better. Over the whole
 * range of int64 (integer arithmetic in HAProxy 2.6 overflows there: reference/skeleton.md 3). */
void router_put_rank(struct buf *out, int64_t priority, struct str qualified_name);

/* Checks and resolves. Trees in any order; providers that win ties come first ("file" before "etcd"). Ops
 * that do nothing (rate limits without an average, strips without prefixes) are left out. The model points
 * into trees and settings. */
struct model *model_build(struct arena *arena, const struct tree *const *trees, size_t n_trees,
                          const struct settings *settings, struct diag *diag);

/* The same, watched. */
struct model *model_build_watched(struct arena *arena, const struct tree *const *trees, size_t n_trees,
                                  const struct settings *settings, struct diag *diag,
                                  const struct model_watch *watch);

/* Whether an effort, and another one on top of it, stays so well below the limits. */
bool model_effort_is_small(const struct model_effort *effort, const struct model_effort *more);
