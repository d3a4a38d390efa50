/* What the files that build routers share (model_router, model_layer). */
#pragma once

#include "base/vec.h"
#include "route/model_build.h"

/* A router that stands behind others (parentRefs), or in front of others. */
struct layer {
    const struct router *source;
    struct space *space;
    struct model_router draft; /* its own rule and priority; a root's entry points too */
    struct op_list ops;
    struct service_entry *service; /* NULL: none */
    VEC(size_t) children;          /* into the list of layers */
    bool ok, is_child, seen;
    bool open; /* its children are being gone through */
};

struct router_build {
    struct build *b;
    struct space *space;    /* whose routers are being built */
    struct arena *trees;    /* syntax trees; renewed now and then, so that they stay in the cache */
    const size_t *defaults; /* entry points of routers that name none */
    size_t n_defaults;
    struct strmap *parents; /* qualified names that some parentRefs have */
    VEC(struct layer) layers;
    VEC(struct model_router) found;
    size_t n_out;
};

/* Notes which routers are parents. */
void layers_find_parents(struct router_build *rb);

/* Makes routers of all layers: those that end in a service, and for each parent one that answers 404. */
void layers_build(struct router_build *rb);

/* Whether an entry point says something of its routers, who are then ones of its own there. */
bool entry_has_model(const struct entry_point *entry_point);

/* What an entry point puts in front of every router of the present space (model_entry.c). */
const struct op_list *entry_point_ops(struct router_build *rb, size_t e);

/* The rule of a router goes into out; false with findings. */
bool router_read_rule(struct router_build *rb, const struct router *r, struct model_router *out);

/* Routers that send all requests of an entry point elsewhere. */
void entry_redirections_build(struct router_build *rb);

/* What a router says of TLS (model_tls.c). */
void router_read_tls(struct router_build *rb, const struct router *r, struct str scope,
                     struct model_router *out);

/* When all routers are known: whose options count, and which names they are for. Routers without usable
 * options go. */
void routers_settle_tls(struct router_build *rb, struct model_tls *out);

/* The router on its entry points, with their middlewares in front of `own`; `root` names it in the order
 * (equal to its name but behind a parent), `tail` follows. */
bool router_add(struct router_build *rb, const struct router *r, struct model_router router, struct str root,
                struct str tail, const struct op_list *own);
