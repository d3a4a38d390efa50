/* Models of few routers and services, to be planned. */
#pragma once

#include <stdlib.h>

#include "plan/plan.h"
#include "suite.h"

enum { SPARES = 2, MOST = 8 };

struct world {
    struct arena *arena;
    struct settings settings;
    struct entry_point entry_point;
    struct model_service services[MOST];
    struct model_router routers[MOST];
    struct model model;
};

static const size_t first_entry_point[] = { 0 };

/* A world whose i-th router asks for Path(`/<letter>`) and whose service is <letter>@etcd. */
static inline void make_world(struct world *w, struct arena *arena, const char *letters)
{
    *w = (struct world){ .arena = arena };
    w->settings = (struct settings){ .entry_points = &w->entry_point, .n_entry_points = 1 };
    w->settings.haproxy.spare_backends = SPARES;
    size_t n = strlen(letters);
    for (size_t i = 0; i < n; i++) {
        struct rule_literal *literal = ARENA_NEW(arena, struct rule_literal);
        struct rule_conjunct *conjunct = ARENA_NEW(arena, struct rule_conjunct);
        struct model_server *server = ARENA_NEW(arena, struct model_server);
        struct str *path = ARENA_NEW(arena, struct str);
        *path = arena_printf(arena, "/%c", letters[i]);
        *literal = (struct rule_literal){ .matcher = MATCHER_PATH, .args = path, .n_args = 1 };
        *conjunct = (struct rule_conjunct){ literal, 1 };
        *server = (struct model_server){
            .id = STR("0123456789abcdef"), .host = STR("127.0.0.1"), .port = 80, .weight = 1
        };
        w->services[i] = (struct model_service){ .name = arena_printf(arena, "%c@etcd", letters[i]),
                                                 .servers = server,
                                                 .n_servers = 1,
                                                 .used = true,
                                                 .pass_host_header = true };
        w->routers[i] = (struct model_router){ .name = arena_printf(arena, "r%c@etcd", letters[i]),
                                               .order = arena_printf(arena, "r%c@etcd", letters[i]),
                                               .dnf = { conjunct, 1 },
                                               .priority = 10,
                                               .entry_points = first_entry_point,
                                               .n_entry_points = 1,
                                               .service = &w->services[i] };
    }
    w->model = (struct model){ .settings = &w->settings,
                               .services = w->services,
                               .n_services = n,
                               .routers = w->routers,
                               .n_routers = n };
}

static inline void add_op(struct world *w, size_t router, struct model_op op)
{
    struct model_op *ops = ARENA_ARRAY(w->arena, struct model_op, w->routers[router].n_ops + 1);
    if (w->routers[router].n_ops)
        memcpy(ops, w->routers[router].ops, w->routers[router].n_ops * sizeof *ops);
    ops[w->routers[router].n_ops++] = op;
    w->routers[router].ops = ops;
}

/* The name of the backend that holds a service, or an empty str. */
static inline struct str held_by(const struct plan *plan, struct str service)
{
    for (size_t i = 0; i < plan->n_backends; i++)
        if (str_eq(plan->backends[i].service, service))
            return plan->backends[i].name;
    return (struct str){ 0 };
}
