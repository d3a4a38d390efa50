/* From what runs to what shall run: an ordered list of steps, make before break. Pure. Commands and quirks
 * of HAProxy's versions are not known here: agent/haproxy/apply puts steps into commands. */
#pragma once

#include "plan/plan.h"

/* The part of a plan that the runtime socket can change, in a form that can also be read back. */
struct runtime_state {
    const struct plan_entry *routes; /* by key */
    size_t n_routes;
    const struct plan_backend *backends; /* by name */
    size_t n_backends;
    const struct plan_program *programs; /* by id */
    size_t n_programs;
    struct plan_map maps[PLAN_MAPS];
    const struct plan_list *lists; /* by name */
    size_t n_lists;
    struct str default_fingerprint,
        default_identity; /* of the certificate for unknown names; read back: the former only */
};

struct runtime_state runtime_state_of(const struct plan *plan);

enum step_kind {
    STEP_ADD_BACKEND,     /* backend, backend_kind: HAProxy 3.4 and newer; servers follow */
    STEP_ADD_SERVER,      /* backend, server: add, then enable */
    STEP_SET_SERVER,      /* backend, server: weight, port or address differs */
    STEP_LOAD_POLICY,     /* the agent gets the programs of both plans */
    STEP_FILL_MAP,        /* map, entries, n_entries: what a map lacks */
    STEP_ADD_LINE,        /* list, line: a certificate for names, which get it when no older line has them */
    STEP_DROP_LINE,       /* list, line: names go to newer lines, or to none */
    STEP_SET_CERTIFICATE, /* identity: the one for unknown names */
    STEP_SET_ROUTE,       /* entry: of an existing key: the only change of the map */
    STEP_ADD_ROUTE,       /* entry: a new key: the only change of the map */
    STEP_DELETE_ROUTE,    /* entry.key: the only change of the map */
    STEP_SWITCH_ROUTES,   /* changes, n_changes: a few records at once */
    STEP_REPLACE_ROUTES,  /* all entries in one versioned transaction: the commit of several changes */
    STEP_TRIM_POLICY,     /* the agent forgets the old programs */
    STEP_RETIRE, /* map, entries, n_entries: no record needs them any more; deleted when no request can either
                  */
    STEP_REMOVE_SERVER /* backend, server, lingers: no new requests; deleted when the last one has ended */
};

/* More records than these do not change one by one. */
enum { ROUTES_SWITCHED_MAX = 64 };

struct route_change {
    const struct plan_entry *old, *new; /* of one key; NULL: there is none */
};

struct step {
    enum step_kind kind;
    struct str backend;
    enum backend_kind backend_kind;
    const struct plan_server *server;
    bool lingers; /* nobody holds the backend any more: only requests on their way still go there, and they
                     may */
    const struct plan_entry *entry;
    const struct route_change *changes;
    size_t n_changes;
    struct str list;
    const struct plan_line *line;
    struct str identity; /* a secret */
    enum plan_map_id map;
    const struct plan_entry *entries;
    size_t n_entries;
    struct str reason; /* for logs and `diff`: "server of whoami@etcd", "route changed" */
};

struct steps {
    const struct step *p;
    size_t n;
    size_t routes_changed; /* records added, set, deleted */
};

/* The steps from one state to another of the same shape, in the order of their execution. */
struct steps diff_runtime(struct arena *arena, const struct runtime_state *from,
                          const struct runtime_state *to);

const char *step_name(enum step_kind kind);
