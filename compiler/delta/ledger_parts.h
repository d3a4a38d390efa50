/* The inside of a ledger, for the files of this folder. */
#pragma once

#include "delta/ledger.h"
#include "plan/program.h"

#define NO_OBJECT UINT32_MAX

/* A place in one of the ledger's lists: what belongs to one object stands together. */
struct ledger_span {
    size_t first, n;
};

struct ledger_object {
    struct str prefix; /* "traefik/http/routers/a" */
    enum object_sort sort;
    uint32_t number;
    bool there, was_there; /* now; before the changes that are being looked at */
    struct ledger_span edges, scopes;
};

/* Somebody named something. */
struct ledger_note {
    uint64_t target;
    struct str key; /* of who did */
};

struct ledger_edge {
    uint64_t target; /* 0: no more */
    uint32_t from;
};

/* A router is found under a host (a hash of its name); 0: under any. */
struct ledger_scope {
    uint64_t host;
    uint32_t object; /* NO_OBJECT: no more */
};

struct ledger_service {
    struct str name;
    const struct model_service *model; /* NULL: none now */
    size_t uses;                       /* by routers, and by services that are used */
    size_t names;                      /* used services that name it to the relay */
    bool counted;                      /* its children know that it uses them */
};

struct ledger_count {
    size_t n;
};

typedef VEC(struct ledger_note) ledger_notes;
typedef VEC(uint64_t) host_list;

struct ledger {
    struct arena *arena;
    const char *closed;
    struct str root;
    struct str sections[SORT_OTHER]; /* as they are spelled in this tree; p == NULL: not there */
    struct strmap *by_name;          /* prefix in small letters to object */
    VEC(struct ledger_object *) objects;
    VEC(struct ledger_edge) edges;
    VEC(struct ledger_scope) scopes;
    host_list statics;          /* what the static settings name */
    VEC(struct kv_pair) others; /* pairs of no object, nor of TLS: every part of the tree has them */
    struct strmap *programs, *ops, *names; /* how many routers have each: to ledger_count */
    struct strmap *services;               /* qualified name to ledger_service */
    VEC(struct ledger_service *) service_list;
    struct arena *holders_arena;
    struct strmap *holders; /* service to shape_backend */
    struct model_effort effort;
    size_t n_nameable; /* objects that references can mean */
    size_t n_routers, n_routers_out, n_services;
    ledger_notes notes; /* while the model is built */
};

/* The object of a key; NULL: there never was one, or (*alike) there is one of nearly that name. */
struct ledger_object *ledger_find(const struct ledger *ledger, struct str prefix, bool *alike);
/* The same, made if need be; NULL where its spelling is not like the others'. `prefix` is copied. */
struct ledger_object *ledger_open(struct ledger *ledger, struct str prefix, enum object_sort sort);

/* The steps of ledger_complete: which objects there are, whom they name, under which hosts routers are found.
 */
void ledger_take_pairs(struct ledger *ledger, const struct kv_snapshot *snapshot);
void ledger_take_notes(struct ledger *ledger);
void ledger_take_routers(struct ledger *ledger, const struct model *model);

/* Whom an object names and under which hosts it is found, anew. Notes of other objects are left alone. */
void ledger_set_edges(struct ledger *ledger, struct ledger_object *object, const ledger_notes *notes);
/* What else an object turns out to name. */
void ledger_add_edges(struct ledger *ledger, const ledger_notes *notes);
void ledger_set_scopes(struct ledger *ledger, struct ledger_object *object, const host_list *hosts);

/* The hosts of a router's conjuncts, appended. */
void router_hosts(const struct model_router *router, host_list *out);

/* How many have `key` in a map of counts. */
size_t ledger_counted(const struct strmap *counts, struct str key);
void ledger_count_up(struct ledger *ledger, struct strmap *counts, struct str key);
void ledger_count_down(struct strmap *counts, struct str key);

struct ledger_service *ledger_service_of(struct ledger *ledger, struct str name);

struct strmap *holders_of(struct arena *arena, const struct shape *shape);
