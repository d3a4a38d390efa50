/* What a change of the tree means to who is served: model × model, said before any talk of files and sockets.
 * Pure. */
#pragma once

#include "base/buf.h"
#include "route/model.h"

/* Every kind of change with its stable name for JSON. The order is that of the report within an object. */
#define MEANING_KINDS(X)                                                                                     \
    X(ROUTER_APPEARS, "router-appears")                                                                      \
    X(ROUTER_VANISHES, "router-vanishes")                                                                    \
    X(ROUTER_FAILS, "router-in-error")                                                                       \
    X(ROUTER_RECOVERS, "router-out-of-error")                                                                \
    X(PROTECTION_LOST, "protection-lost")                                                                    \
    X(PROTECTION_GAINED, "protection-gained")                                                                \
    X(PROTECTION_CHANGED, "protection-changed")                                                              \
    X(LIMIT_LOST, "limit-lost")                                                                              \
    X(LIMIT_GAINED, "limit-gained")                                                                          \
    X(LIMIT_CHANGED, "limit-changed")                                                                        \
    X(ROUTER_UNREACHABLE, "router-unreachable")                                                              \
    X(ROUTER_REACHABLE, "router-reachable")                                                                  \
    X(ROUTER_RULE, "router-rule")                                                                            \
    X(ROUTER_SERVICE, "router-service")                                                                      \
    X(ROUTER_PRIORITY, "router-priority")                                                                    \
    X(ROUTER_ENTRY_POINTS, "router-entry-points")                                                            \
    X(ROUTER_MIDDLEWARES, "router-middlewares")                                                              \
    X(ROUTER_TLS, "router-tls")                                                                              \
    X(SERVICE_APPEARS, "service-appears")                                                                    \
    X(SERVICE_VANISHES, "service-vanishes")                                                                  \
    X(SERVER_ADDED, "server-added")                                                                          \
    X(SERVER_REMOVED, "server-removed")                                                                      \
    X(SERVER_WEIGHT, "server-weight")                                                                        \
    X(SETTING, "setting")

enum meaning_kind {
#define X(id, name) MEANING_##id,
    MEANING_KINDS(X)
#undef X
        MEANING_KIND_COUNT
};

struct meaning {
    enum meaning_kind kind;
    bool grave;               /* requests that were asked for credentials, or refused, no longer are */
    struct str object;        /* "a@etcd"; of a setting "http/middlewares/limit" */
    struct str text;          /* one clause that goes on where the object's name ends */
    struct str before, after; /* the values, where there are such; may be empty */
};

struct meanings {
    const struct meaning *p; /* grave ones first; then routers, services, settings, each by name */
    size_t n, n_grave;
};

/* One side: the model, and the snapshot that it was made from (of one provider, which both sides have in
 * common). */
struct meaning_side {
    const struct model *model;
    const struct kv_snapshot *snapshot;
};

struct meanings meaning_of_change(struct arena *arena, const struct meaning_side *before,
                                  const struct meaning_side *after);

const char *meaning_name(enum meaning_kind kind);

/* One line a change, headed by '!', '+', '-' or '~'; and the same as a JSON array. */
void meanings_print(struct buf *out, const struct meanings *meanings, bool colour);
void meanings_print_json(struct buf *out, const struct meanings *meanings);
