/* A HAProxy with an applier to it, and short words for steps. */
#pragma once

#include "haproxy/apply.h"
#include "stage.h"

struct scene {
    struct stage stage;
    struct applier *applier;
    struct arena *arena;
    char error[256];
};

static inline void open_scene(struct scene *scene, const char *backends)
{
    *scene = (struct scene){ .arena = arena_create() };
    stage_open(&scene->stage, backends);
    scene->applier = applier_create(scene->stage.runtime_path, scene->stage.folder, NULL);
}

static inline void close_scene(struct scene *scene)
{
    applier_destroy(scene->applier);
    stage_close(&scene->stage);
    arena_destroy(scene->arena);
}

static inline struct plan_entry *entry(struct scene *scene, const char *key, const char *value)
{
    struct plan_entry *e = ARENA_NEW(scene->arena, struct plan_entry);
    *e = (struct plan_entry){ str_c(key), str_c(value) };
    return e;
}

static inline struct plan_server *server(struct scene *scene, const char *name, const char *host, int port,
                                         int weight)
{
    struct plan_server *s = ARENA_NEW(scene->arena, struct plan_server);
    *s = (struct plan_server){
        .name = str_c(name), .host = str_c(host), .port = port, .weight = weight, .url = STR("http://where")
    };
    return s;
}

static inline enum apply_status run(struct scene *scene, const struct step *steps, size_t n)
{
    struct steps all = { .p = steps, .n = n };
    struct runtime_state to = { 0 };
    return applier_run(scene->applier, &all, NULL, &to, NULL, scene->error);
}

static inline enum apply_status route(struct scene *scene, enum step_kind kind, const char *key,
                                      const char *value)
{
    struct step step = { .kind = kind, .entry = entry(scene, key, value) };
    return run(scene, &step, 1);
}

static inline enum apply_status change_server(struct scene *scene, enum step_kind kind, const char *backend,
                                              const struct plan_server *of)
{
    struct step step = { .kind = kind, .backend = str_c(backend), .server = of };
    return run(scene, &step, 1);
}

static inline enum apply_status replace(struct scene *scene, const struct plan_entry *entries, size_t n)
{
    struct step step = { .kind = STEP_REPLACE_ROUTES };
    struct steps steps = { .p = &step, .n = 1 };
    struct runtime_state to = { .routes = entries, .n_routes = n };
    return applier_run(scene->applier, &steps, NULL, &to, NULL, scene->error);
}

static inline struct plan_entry *many_entries(struct scene *scene, size_t n, const char *tail)
{
    struct plan_entry *entries = ARENA_ARRAY(scene->arena, struct plan_entry, n);
    for (size_t i = 0; i < n; i++) {
        entries[i].key = arena_printf(scene->arena, "host-%06zu.test|0/some/path", i);
        entries[i].value = arena_printf(scene->arena, ".;alpha;c%zu;;router-%zu@etcd;%s", i % 90, i, tail);
    }
    return entries;
}

static const struct shape_backend backend_names[] = { { .name = STR("alpha") },
                                                      { .name = STR("beta") },
                                                      { .name = STR("etcd:3Agamma") } };

static inline struct runtime_state live(struct scene *scene)
{
    struct shape shape = { .backends = backend_names, .n_backends = 3 };
    struct runtime_state state;
    enum apply_status status = applier_read(scene->applier, scene->arena, &shape, &state, scene->error);
    ck_assert_msg(status == APPLY_OK, "%s", scene->error);
    return state;
}

static inline void expect_routes(struct scene *scene, const struct plan_entry *entries, size_t n)
{
    struct runtime_state state = live(scene);
    ck_assert_uint_eq(state.n_routes, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert(str_eq(state.routes[i].key, entries[i].key));
        ck_assert(str_eq(state.routes[i].value, entries[i].value));
    }
}

/* "first 127.0.0.1:1*3, …" of one backend. */
static inline const char *servers_of(struct scene *scene, size_t backend)
{
    struct runtime_state state = live(scene);
    struct buf out = { 0 };
    ck_assert_uint_eq(state.n_backends, 3);
    for (size_t i = 0; i < state.backends[backend].n_servers; i++) {
        const struct plan_server *s = &state.backends[backend].servers[i];
        buf_printf(&out, "%s%.*s %.*s:%d*%d", i ? ", " : "", STR_ARG(s->name), STR_ARG(s->host), s->port,
                   s->weight);
    }
    const char *text = arena_copy(scene->arena, buf_str(&out)).p;
    buf_fini(&out);
    return text;
}

enum { ALPHA, BETA, GAMMA };
