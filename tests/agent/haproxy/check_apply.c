/* Steps against a real HAProxy. */
#include "haproxy/apply.h"

#include "stage.h"
#include "suite.h"

struct scene {
    struct stage stage;
    struct applier *applier;
    struct arena *arena;
    char error[256];
};

static void open_scene(struct scene *scene, const char *backends)
{
    *scene = (struct scene){ .arena = arena_create() };
    stage_open(&scene->stage, backends);
    scene->applier = applier_create(scene->stage.runtime_path, scene->stage.map_path, NULL);
}

static void close_scene(struct scene *scene)
{
    applier_destroy(scene->applier);
    stage_close(&scene->stage);
    arena_destroy(scene->arena);
}

static struct plan_entry *entry(struct scene *scene, const char *key, const char *value)
{
    struct plan_entry *e = ARENA_NEW(scene->arena, struct plan_entry);
    *e = (struct plan_entry){ str_c(key), str_c(value) };
    return e;
}

static struct plan_server *server(struct scene *scene, const char *name, const char *host, int port, int weight)
{
    struct plan_server *s = ARENA_NEW(scene->arena, struct plan_server);
    *s = (struct plan_server){ str_c(name), str_c(host), port, weight, STR("http://where") };
    return s;
}

static enum apply_status run(struct scene *scene, const struct step *steps, size_t n)
{
    struct steps all = { .p = steps, .n = n };
    struct runtime_state to = { 0 };
    return applier_run(scene->applier, &all, &to, NULL, scene->error);
}

static enum apply_status route(struct scene *scene, enum step_kind kind, const char *key, const char *value)
{
    struct step step = { .kind = kind, .entry = entry(scene, key, value) };
    return run(scene, &step, 1);
}

static enum apply_status change_server(struct scene *scene, enum step_kind kind, const char *backend,
                                       const struct plan_server *of)
{
    struct step step = { .kind = kind, .backend = str_c(backend), .server = of };
    return run(scene, &step, 1);
}

static enum apply_status replace(struct scene *scene, const struct plan_entry *entries, size_t n)
{
    struct step step = { .kind = STEP_REPLACE_ROUTES };
    struct steps steps = { .p = &step, .n = 1 };
    struct runtime_state to = { .routes = entries, .n_routes = n };
    return applier_run(scene->applier, &steps, &to, NULL, scene->error);
}

static struct plan_entry *many_entries(struct scene *scene, size_t n, const char *tail)
{
    struct plan_entry *entries = ARENA_ARRAY(scene->arena, struct plan_entry, n);
    for (size_t i = 0; i < n; i++) {
        entries[i].key = arena_printf(scene->arena, "host-%06zu.test|0/some/path", i);
        entries[i].value = arena_printf(scene->arena, ".;alpha;c%zu;;router-%zu@etcd;%s", i % 90, i, tail);
    }
    return entries;
}

static const struct shape_backend backend_names[] = {
    { .name = STR("alpha") }, { .name = STR("beta") }, { .name = STR("etcd:3Agamma") }
};

static struct runtime_state live(struct scene *scene)
{
    struct shape shape = { .backends = backend_names, .n_backends = 3 };
    struct runtime_state state;
    enum apply_status status = applier_read(scene->applier, scene->arena, &shape, &state, scene->error);
    ck_assert_msg(status == APPLY_OK, "%s", scene->error);
    return state;
}

static void expect_routes(struct scene *scene, const struct plan_entry *entries, size_t n)
{
    struct runtime_state state = live(scene);
    ck_assert_uint_eq(state.n_routes, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert(str_eq(state.routes[i].key, entries[i].key));
        ck_assert(str_eq(state.routes[i].value, entries[i].value));
    }
}

/* "first 127.0.0.1:1*3, …" of one backend. */
static const char *servers_of(struct scene *scene, size_t backend)
{
    struct runtime_state state = live(scene);
    struct buf out = { 0 };
    ck_assert_uint_eq(state.n_backends, 3);
    for (size_t i = 0; i < state.backends[backend].n_servers; i++) {
        const struct plan_server *s = &state.backends[backend].servers[i];
        buf_printf(&out, "%s%.*s %.*s:%d*%d", i ? ", " : "", STR_ARG(s->name), STR_ARG(s->host), s->port, s->weight);
    }
    const char *text = arena_copy(scene->arena, buf_str(&out)).p;
    buf_fini(&out);
    return text;
}

enum { ALPHA, BETA, GAMMA };

START_TEST(the_state_of_the_files_is_read)
{
    struct scene scene;
    open_scene(&scene, "");
    const struct plan_entry want[] = { { STR("a.test|0/"), STR(".;alpha;c8;;r1@etcd;") },
                                       { STR("b.test|0/"), STR(".;beta;c8;;r2@etcd;") },
                                       { STR("b.test|0/deep"), STR(".;beta;c12;;r3@etcd;") } };
    expect_routes(&scene, want, 3);
    ck_assert_str_eq(servers_of(&scene, ALPHA), "first 127.0.0.1:1*3");
    ck_assert_str_eq(servers_of(&scene, BETA), "");
    close_scene(&scene);
}
END_TEST

START_TEST(a_route_is_set_added_and_deleted)
{
    struct scene scene;
    open_scene(&scene, "");
    ck_assert_msg(route(&scene, STEP_SET_ROUTE, "a.test|0/", "s;beta;c8;;r1@etcd;/x?/y") == APPLY_OK, "%s", scene.error);
    ck_assert_msg(route(&scene, STEP_ADD_ROUTE, "b.test|0/deep/er?", ".;alpha;c9;;n@etcd;") == APPLY_OK, "%s", scene.error);
    ck_assert_msg(route(&scene, STEP_DELETE_ROUTE, "b.test|0/deep", "") == APPLY_OK, "%s", scene.error);
    const struct plan_entry want[] = { { STR("a.test|0/"), STR("s;beta;c8;;r1@etcd;/x?/y") },
                                       { STR("b.test|0/"), STR(".;beta;c8;;r2@etcd;") },
                                       { STR("b.test|0/deep/er?"), STR(".;alpha;c9;;n@etcd;") } };
    expect_routes(&scene, want, 3);
    close_scene(&scene);
}
END_TEST

START_TEST(what_is_deleted_may_be_gone_already)
{
    struct scene scene;
    open_scene(&scene, "");
    ck_assert_msg(route(&scene, STEP_DELETE_ROUTE, "nobody.test|0/", "") == APPLY_OK, "%s", scene.error);
    ck_assert_msg(route(&scene, STEP_DELETE_ROUTE, "b.test|0/dee", "") == APPLY_OK, "%s", scene.error);
    ck_assert_uint_eq(live(&scene).n_routes, 3);
    close_scene(&scene);
}
END_TEST

START_TEST(a_route_that_is_not_as_expected_differs)
{
    struct scene scene;
    struct applier_counts counts;
    open_scene(&scene, "");
    ck_assert_int_eq(route(&scene, STEP_SET_ROUTE, "nobody.test|0/", "x"), APPLY_DIFFERS);
    ck_assert_str_eq(scene.error, "route nobody.test|0/: entry not found.");
    /* An entry is there under the key, and look-ups find the first one. */
    ck_assert_int_eq(route(&scene, STEP_ADD_ROUTE, "a.test|0/", "other"), APPLY_DIFFERS);
    ck_assert_str_eq(scene.error, "route a.test|0/ is \".;alpha;c8;;r1@etcd;\"");
    ck_assert_uint_eq(live(&scene).n_routes, 3); /* the other one is not seen */
    applier_counts(scene.applier, &counts);
    ck_assert_uint_eq(counts.differences, 2);
    ck_assert_int_eq(route(&scene, STEP_DELETE_ROUTE, "a.test|0/", ""), APPLY_OK); /* both go */
    ck_assert_uint_eq(live(&scene).n_routes, 2);
    close_scene(&scene);
}
END_TEST

/* What a hostile tree could bring through; the compiler quotes more than this. */
static const char *const odd_words[] = {
    "a;b", "a\\b", "\\", "#x", "a#b", "a\"b\"", "'q'", "<<", "a<<b", "a<<", "<<EOF", "\\<<", "<", "@1", "%20", "\xc3\xa9\xff", "a\\;b", "{x}", "$HOME", "\\n", ";;;", "\\\\ ",
};

START_TEST(odd_words_arrive_as_they_are)
{
    struct scene scene;
    open_scene(&scene, "");
    /* As value by a command, as key by a command, and both by payload. Blanks stand in neither. */
    char key[64], text[32];
    snprintf(text, sizeof text, "%s", odd_words[_i]);
    text[strcspn(text, " ")] = '\0';
    snprintf(key, sizeof key, "k%s", text);
    ck_assert_msg(route(&scene, STEP_ADD_ROUTE, "odd.test|0/", text) == APPLY_OK, "%s", scene.error);
    ck_assert_msg(route(&scene, STEP_ADD_ROUTE, key, "plain") == APPLY_OK, "%s", scene.error);
    ck_assert_msg(route(&scene, STEP_SET_ROUTE, key, text) == APPLY_OK, "%s", scene.error);
    const struct plan_entry all[] = { { str_c(key), str_c(text) }, { STR("z"), STR("end") } };
    ck_assert_msg(replace(&scene, all, 2) == APPLY_OK, "%s", scene.error);
    expect_routes(&scene, all, 2);
    ck_assert_msg(route(&scene, STEP_DELETE_ROUTE, key, "") == APPLY_OK, "%s", scene.error);
    ck_assert_uint_eq(live(&scene).n_routes, 1);
    close_scene(&scene);
}
END_TEST

START_TEST(all_routes_are_replaced_at_once)
{
    struct scene scene;
    struct applier_counts counts;
    open_scene(&scene, "");
    struct plan_entry *entries = many_entries(&scene, 20000, "one");
    ck_assert_msg(replace(&scene, entries, 20000) == APPLY_OK, "%s", scene.error);
    expect_routes(&scene, entries, 20000);
    ck_assert_msg(route(&scene, STEP_SET_ROUTE, "host-019999.test|0/some/path", "changed") == APPLY_OK, "%s", scene.error);
    entries = many_entries(&scene, 300, "two");
    ck_assert_msg(replace(&scene, entries, 300) == APPLY_OK, "%s", scene.error);
    expect_routes(&scene, entries, 300);
    ck_assert_msg(replace(&scene, NULL, 0) == APPLY_OK, "%s", scene.error);
    expect_routes(&scene, NULL, 0);
    applier_counts(scene.applier, &counts);
    ck_assert_uint_eq(counts.replacements, 3);
    close_scene(&scene);
}
END_TEST

START_TEST(a_replacement_that_fails_changes_nothing)
{
    struct scene scene;
    open_scene(&scene, "");
    char *long_value = arena_alloc(scene.arena, RUNTIME_COMMAND_MAX + 1, 1);
    memset(long_value, 'x', RUNTIME_COMMAND_MAX);
    struct plan_entry *entries = many_entries(&scene, 1000, "");
    struct str good = entries[900].value;
    entries[900].value = str_c(long_value);
    ck_assert_int_eq(replace(&scene, entries, 1000), APPLY_DIFFERS);
    ck_assert_str_eq(scene.error, "a route is too long for the runtime socket");
    ck_assert_uint_eq(live(&scene).n_routes, 3);
    ck_assert_int_eq(route(&scene, STEP_ADD_ROUTE, "long.test|0/", long_value), APPLY_DIFFERS);
    entries[900].value = good;
    ck_assert_msg(replace(&scene, entries, 1000) == APPLY_OK, "%s", scene.error);
    expect_routes(&scene, entries, 1000);
    close_scene(&scene);
}
END_TEST

START_TEST(a_map_that_haproxy_does_not_know_differs)
{
    struct scene scene;
    struct runtime_state state;
    struct shape shape = { 0 };
    open_scene(&scene, "");
    applier_destroy(scene.applier);
    scene.applier = applier_create(scene.stage.runtime_path, "/nonexistent/routes.map", NULL);
    ck_assert_int_eq(route(&scene, STEP_ADD_ROUTE, "x|0/", "y"), APPLY_DIFFERS);
    ck_assert_ptr_nonnull(strstr(scene.error, "Unknown map identifier"));
    ck_assert_int_eq(replace(&scene, NULL, 0), APPLY_DIFFERS);
    ck_assert_ptr_nonnull(strstr(scene.error, "Unknown map identifier"));
    ck_assert_int_eq(applier_read(scene.applier, scene.arena, &shape, &state, scene.error), APPLY_DIFFERS);
    ck_assert_ptr_nonnull(strstr(scene.error, "Unknown map identifier"));
    close_scene(&scene);
}
END_TEST

START_TEST(nobody_there_is_unreachable)
{
    struct scene scene;
    struct runtime_state state;
    struct shape shape = { 0 };
    open_scene(&scene, "");
    haproxy_stop(scene.stage.haproxy, 0);
    ck_assert_int_eq(route(&scene, STEP_SET_ROUTE, "a.test|0/", "x"), APPLY_UNREACHABLE);
    ck_assert_int_eq(replace(&scene, NULL, 0), APPLY_UNREACHABLE);
    ck_assert_int_eq(change_server(&scene, STEP_ADD_SERVER, "beta", server(&scene, "n1", "127.0.0.1", 1, 1)), APPLY_UNREACHABLE);
    ck_assert_int_eq(applier_read(scene.applier, scene.arena, &shape, &state, scene.error), APPLY_UNREACHABLE);
    ck_assert_ptr_nonnull(strstr(scene.error, scene.stage.runtime_path));
    close_scene(&scene);
}
END_TEST

START_TEST(a_server_is_added_set_and_removed)
{
    struct scene scene;
    int port;
    open_scene(&scene, "");
    int upstream = stage_listen(&port);
    ck_assert_msg(change_server(&scene, STEP_ADD_SERVER, "beta", server(&scene, "n1", "127.0.0.1", port, 7)) == APPLY_OK, "%s",
                  scene.error);
    /* It is in use at once. */
    int client = stage_request(&scene.stage, "b.test", "/");
    int fd = accept(upstream, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_gt(send(fd, "HTTP/1.0 201 Created\r\n\r\n", 24, 0), 0);
    close(fd);
    ck_assert_int_eq(stage_status(client), 201);
    ck_assert_msg(change_server(&scene, STEP_SET_SERVER, "beta", server(&scene, "n1", "127.0.0.2", 99, 256)) == APPLY_OK, "%s",
                  scene.error);
    ck_assert_str_eq(servers_of(&scene, BETA), "n1 127.0.0.2:99*256");
    ck_assert_msg(change_server(&scene, STEP_REMOVE_SERVER, "beta", server(&scene, "n1", "127.0.0.2", 99, 256)) == APPLY_OK, "%s",
                  scene.error);
    ck_assert_str_eq(servers_of(&scene, BETA), "");
    close(upstream);
    close_scene(&scene);
}
END_TEST

START_TEST(a_server_of_the_configuration_is_set_and_removed_too)
{
    struct scene scene;
    open_scene(&scene, "");
    ck_assert_msg(change_server(&scene, STEP_SET_SERVER, "alpha", server(&scene, "first", "127.0.0.1", 2, 4)) == APPLY_OK, "%s",
                  scene.error);
    ck_assert_str_eq(servers_of(&scene, ALPHA), "first 127.0.0.1:2*4");
    ck_assert_msg(change_server(&scene, STEP_REMOVE_SERVER, "alpha", server(&scene, "first", "127.0.0.1", 2, 4)) == APPLY_OK, "%s",
                  scene.error);
    ck_assert_str_eq(servers_of(&scene, ALPHA), "");
    close_scene(&scene);
}
END_TEST

START_TEST(a_server_that_exists_already_is_set_right)
{
    struct scene scene;
    open_scene(&scene, "");
    const struct step steps[] = {
        { .kind = STEP_ADD_SERVER, .backend = STR("alpha"), .server = server(&scene, "first", "::1", 80, 9) },
        { .kind = STEP_ADD_SERVER, .backend = STR("beta"), .server = server(&scene, "n1", "127.0.0.1", 1, 1) },
        { .kind = STEP_SET_SERVER, .backend = STR("beta"), .server = server(&scene, "n2", "127.0.0.1", 2, 2) },
        { .kind = STEP_ADD_SERVER, .backend = STR("etcd:3Agamma"), .server = server(&scene, "n3", "fe80::12", 65535, 256) },
    };
    ck_assert_msg(run(&scene, steps, 4) == APPLY_OK, "%s", scene.error);
    ck_assert_str_eq(servers_of(&scene, ALPHA), "first ::1:80*9");
    ck_assert_str_eq(servers_of(&scene, BETA), "n1 127.0.0.1:1*1, n2 127.0.0.1:2*2"); /* n2 was not there to be set: added */
    ck_assert_str_eq(servers_of(&scene, GAMMA), "n3 fe80::12:65535*256");
    ck_assert_msg(run(&scene, steps, 4) == APPLY_OK, "%s", scene.error); /* all once more */
    ck_assert_str_eq(servers_of(&scene, GAMMA), "n3 fe80::12:65535*256");
    close_scene(&scene);
}
END_TEST

START_TEST(names_are_resolved_or_left_out)
{
    struct scene scene;
    struct applier_counts counts;
    open_scene(&scene, "");
    const struct step steps[] = {
        { .kind = STEP_ADD_SERVER, .backend = STR("alpha"), .server = server(&scene, "n0", "localhost", 80, 1) },
        { .kind = STEP_ADD_SERVER, .backend = STR("beta"), .server = server(&scene, "n1", "nobody.invalid", 80, 1) },
        { .kind = STEP_ADD_SERVER, .backend = STR("beta"), .server = server(&scene, "n2", "", 80, 1) },
        { .kind = STEP_SET_SERVER, .backend = STR("beta"), .server = server(&scene, "n3", "nobody.invalid", 80, 1) },
        { .kind = STEP_SET_SERVER, .backend = STR("alpha"), .server = server(&scene, "first", "nobody.invalid", 1, 8) },
        { .kind = STEP_SET_ROUTE, .entry = entry(&scene, "a.test|0/", "changed") },
    };
    ck_assert_msg(run(&scene, steps, 6) == APPLY_OK, "%s", scene.error);
    ck_assert_str_eq(servers_of(&scene, ALPHA), "first 127.0.0.1:1*8, n0 127.0.0.1:80*1");
    ck_assert_str_eq(servers_of(&scene, BETA), "");
    ck_assert(str_eq(live(&scene).routes[0].value, STR("changed")));
    applier_counts(scene.applier, &counts);
    ck_assert_uint_eq(counts.left_out, 4);
    close_scene(&scene);
}
END_TEST

START_TEST(a_refused_server_keeps_the_routes_as_they_are)
{
    struct scene scene;
    open_scene(&scene, "");
    const struct step steps[] = {
        { .kind = STEP_ADD_SERVER, .backend = STR("nowhere"), .server = server(&scene, "n1", "127.0.0.1", 80, 1) },
        { .kind = STEP_SET_ROUTE, .entry = entry(&scene, "a.test|0/", "changed") },
    };
    ck_assert_int_eq(run(&scene, steps, 2), APPLY_DIFFERS);
    ck_assert_str_eq(scene.error, "add server nowhere/n1 127.0.0.1:80 weight 1: No such backend.");
    ck_assert(str_eq(live(&scene).routes[0].value, STR(".;alpha;c8;;r1@etcd;")));
    ck_assert_int_eq(change_server(&scene, STEP_ADD_SERVER, "beta", server(&scene, "n1", "127.0.0.1", 80, 257)), APPLY_DIFFERS);
    close_scene(&scene);
}
END_TEST

/* What the hooks saw. */
struct witness {
    struct scene *scene;
    bool refuse;
    char seen[256];
};

static bool note(struct witness *witness, const char *what)
{
    size_t n = strlen(witness->seen);
    snprintf(witness->seen + n, sizeof witness->seen - n, "%s[%s|%.*s] ", what, servers_of(witness->scene, BETA),
             STR_ARG(live(witness->scene).routes[0].value));
    return !witness->refuse;
}

static bool witness_load(void *context)
{
    return note(context, "load");
}

static bool witness_trim(void *context)
{
    return note(context, "trim");
}

START_TEST(the_agent_learns_before_the_routes_and_forgets_behind_them)
{
    struct scene scene;
    open_scene(&scene, "");
    struct witness witness = { .scene = &scene };
    struct apply_hooks hooks = { witness_load, witness_trim, &witness };
    const struct plan_server *n1 = server(&scene, "n1", "127.0.0.1", 80, 1);
    const struct step steps[] = {
        { .kind = STEP_ADD_SERVER, .backend = STR("beta"), .server = n1 },
        { .kind = STEP_LOAD_POLICY },
        { .kind = STEP_SET_ROUTE, .entry = entry(&scene, "a.test|0/", "new") },
        { .kind = STEP_TRIM_POLICY },
        { .kind = STEP_REMOVE_SERVER, .backend = STR("beta"), .server = n1 },
    };
    struct steps all = { .p = steps, .n = 5 };
    struct runtime_state to = { 0 };
    ck_assert_msg(applier_run(scene.applier, &all, &to, &hooks, scene.error) == APPLY_OK, "%s", scene.error);
    ck_assert_str_eq(witness.seen, "load[n1 127.0.0.1:80*1|.;alpha;c8;;r1@etcd;] trim[n1 127.0.0.1:80*1|new] ");
    ck_assert_str_eq(servers_of(&scene, BETA), "");

    witness = (struct witness){ .scene = &scene, .refuse = true };
    const struct step refused[] = { { .kind = STEP_LOAD_POLICY },
                                    { .kind = STEP_SET_ROUTE, .entry = entry(&scene, "a.test|0/", "newer") } };
    all = (struct steps){ .p = refused, .n = 2 };
    ck_assert_int_eq(applier_run(scene.applier, &all, &to, &hooks, scene.error), APPLY_DIFFERS);
    ck_assert_str_eq(scene.error, "the agent refused to load its programs");
    ck_assert(str_eq(live(&scene).routes[0].value, STR("new")));
    close_scene(&scene);
}
END_TEST

/* A request that the upstream has and does not answer yet. */
struct in_flight {
    int listener, client, upstream;
    const struct plan_server *server;
};

static void start_request(struct scene *scene, struct in_flight *flight)
{
    int port;
    flight->listener = stage_listen(&port);
    flight->server = server(scene, "busy", "127.0.0.1", port, 1);
    ck_assert_msg(change_server(scene, STEP_ADD_SERVER, "beta", flight->server) == APPLY_OK, "%s", scene->error);
    flight->client = stage_request(&scene->stage, "b.test", "/");
    flight->upstream = accept(flight->listener, NULL, NULL);
    ck_assert_int_ge(flight->upstream, 0);
}

static void end_request(struct in_flight *flight)
{
    ck_assert_int_eq(send(flight->upstream, "HTTP/1.0 202 Accepted\r\n\r\n", 25, 0), 25);
    close(flight->upstream);
    ck_assert_int_eq(stage_status(flight->client), 202);
    close(flight->listener);
}

static size_t sweep_until(struct scene *scene, size_t wanted)
{
    size_t left = applier_sweep(scene->applier);
    for (int i = 0; i < 500 && left != wanted; i++) {
        stage_pause(10);
        left = applier_sweep(scene->applier);
    }
    return left;
}

START_TEST(a_removed_server_ends_its_requests_in_peace)
{
    struct scene scene;
    struct in_flight flight;
    struct buf answer = { 0 };
    open_scene(&scene, "");
    start_request(&scene, &flight);
    ck_assert_msg(change_server(&scene, STEP_REMOVE_SERVER, "beta", flight.server) == APPLY_OK, "%s", scene.error);
    ck_assert_uint_eq(applier_sweep(scene.applier), 1);
    ck_assert_str_eq(servers_of(&scene, BETA), "");
    ck_assert_ptr_nonnull(strstr(stage_ask(&scene.stage, "show servers state beta", &answer), " busy "));
    ck_assert_int_eq(stage_get(&scene.stage, "b.test", "/"), 503); /* nothing new goes there */
    end_request(&flight);
    ck_assert_uint_eq(sweep_until(&scene, 0), 0);
    ck_assert_ptr_null(strstr(stage_ask(&scene.stage, "show servers state beta", &answer), " busy "));
    buf_fini(&answer);
    close_scene(&scene);
}
END_TEST

START_TEST(a_waiting_server_is_taken_back)
{
    struct scene scene;
    struct in_flight flight;
    open_scene(&scene, "");
    start_request(&scene, &flight);
    ck_assert_int_eq(change_server(&scene, STEP_REMOVE_SERVER, "beta", flight.server), APPLY_OK);
    ck_assert_uint_eq(applier_sweep(scene.applier), 1);
    struct plan_server heavier = *flight.server;
    heavier.weight = 5;
    ck_assert_msg(change_server(&scene, STEP_ADD_SERVER, "beta", &heavier) == APPLY_OK, "%s", scene.error);
    ck_assert_uint_eq(applier_sweep(scene.applier), 0);
    end_request(&flight);
    ck_assert_uint_eq(applier_sweep(scene.applier), 0);
    ck_assert_ptr_nonnull(strstr(servers_of(&scene, BETA), "*5"));
    close_scene(&scene);
}
END_TEST

START_TEST(a_stranger_in_maintenance_joins_the_waiting)
{
    struct scene scene;
    struct buf answer = { 0 };
    open_scene(&scene, "");
    stage_ask(&scene.stage, "add server beta/old 127.0.0.1:9", &answer); /* left behind by an earlier daemon */
    ck_assert_str_eq(servers_of(&scene, BETA), "");
    ck_assert_uint_eq(applier_sweep(scene.applier), 0);
    ck_assert_ptr_null(strstr(stage_ask(&scene.stage, "show servers state beta", &answer), " old "));

    stage_ask(&scene.stage, "add server beta/old 127.0.0.1:9", &answer);
    (void)live(&scene);
    applier_forget(scene.applier);
    ck_assert_uint_eq(applier_sweep(scene.applier), 0);
    ck_assert_ptr_nonnull(strstr(stage_ask(&scene.stage, "show servers state beta", &answer), " old "));
    buf_fini(&answer);
    close_scene(&scene);
}
END_TEST

START_TEST(a_waiting_server_that_somebody_enabled_is_let_go)
{
    struct scene scene;
    struct in_flight flight;
    struct buf answer = { 0 };
    open_scene(&scene, "");
    start_request(&scene, &flight);
    ck_assert_int_eq(change_server(&scene, STEP_REMOVE_SERVER, "beta", flight.server), APPLY_OK);
    stage_ask(&scene.stage, "enable server beta/busy", &answer);
    ck_assert_uint_eq(applier_sweep(scene.applier), 0);
    end_request(&flight);
    ck_assert_ptr_nonnull(strstr(servers_of(&scene, BETA), "busy"));
    buf_fini(&answer);
    close_scene(&scene);
}
END_TEST

START_TEST(a_large_tree_of_servers_is_set_up_and_removed)
{
    enum { BACKENDS = 100, SERVERS = 10 };
    struct scene scene;
    struct buf more = { 0 };
    struct shape_backend names[BACKENDS];
    struct step *steps;
    for (int i = 0; i < BACKENDS; i++)
        buf_printf(&more, "backend many-%03d\n    balance roundrobin\n", i);
    open_scene(&scene, more.p);
    steps = ARENA_ARRAY(scene.arena, struct step, BACKENDS * SERVERS);
    for (size_t i = 0; i < BACKENDS * SERVERS; i++) {
        struct str backend = arena_printf(scene.arena, "many-%03zu", i / SERVERS);
        struct str name = arena_printf(scene.arena, "s%zu", i % SERVERS);
        names[i / SERVERS] = (struct shape_backend){ .name = backend };
        steps[i] = (struct step){ .kind = STEP_ADD_SERVER, .backend = backend,
                                  .server = server(&scene, name.p, "10.1.2.3", 1000 + (int)i, 1 + (int)i % 256) };
    }
    ck_assert_msg(run(&scene, steps, BACKENDS * SERVERS) == APPLY_OK, "%s", scene.error);
    struct shape shape = { .backends = names, .n_backends = BACKENDS };
    struct runtime_state state;
    ck_assert_int_eq(applier_read(scene.applier, scene.arena, &shape, &state, scene.error), APPLY_OK);
    for (size_t i = 0; i < BACKENDS * SERVERS; i++) {
        const struct plan_server *s = &state.backends[i / SERVERS].servers[i % SERVERS];
        ck_assert_uint_eq(state.backends[i / SERVERS].n_servers, SERVERS);
        ck_assert(s->port == 1000 + (int)i && s->weight == 1 + (int)i % 256);
        steps[i].kind = STEP_REMOVE_SERVER;
    }
    ck_assert_msg(run(&scene, steps, BACKENDS * SERVERS) == APPLY_OK, "%s", scene.error);
    ck_assert_uint_eq(sweep_until(&scene, 0), 0);
    ck_assert_int_eq(applier_read(scene.applier, scene.arena, &shape, &state, scene.error), APPLY_OK);
    for (size_t i = 0; i < BACKENDS; i++)
        ck_assert_uint_eq(state.backends[i].n_servers, 0);
    buf_fini(&more);
    close_scene(&scene);
}
END_TEST

/* A state made of `seed`: some routes, some servers of three backends. */
static struct runtime_state random_state(struct scene *scene, unsigned *seed)
{
    struct plan_entry *routes = ARENA_ARRAY(scene->arena, struct plan_entry, 40);
    struct plan_backend *backends = ARENA_ARRAY(scene->arena, struct plan_backend, 3);
    size_t n = 0;
    bool small_change = rand_r(seed) % 2;
    for (int i = 0; i < 40; i++)
        if (small_change ? i % 3 || (i == 3 && rand_r(seed) % 2) : rand_r(seed) % 2)
            routes[n++] = (struct plan_entry){ arena_printf(scene->arena, "h%02d.test|0/", i),
                                               arena_printf(scene->arena, ".;b;%d", small_change ? i : rand_r(seed) % 3) };
    for (int b = 0; b < 3; b++) {
        struct plan_server *servers = ARENA_ARRAY(scene->arena, struct plan_server, 6);
        backends[b] = (struct plan_backend){ .name = backend_names[b].name, .servers = servers };
        for (int i = 0; i < 6; i++)
            if (rand_r(seed) % 2)
                servers[backends[b].n_servers++] = (struct plan_server){
                    arena_printf(scene->arena, "s%d", i), STR("127.0.0.1"), 1000 + rand_r(seed) % 2, 1 + rand_r(seed) % 3,
                    STR("http://x")
                };
    }
    return (struct runtime_state){ .routes = routes, .n_routes = n, .backends = backends, .n_backends = 3 };
}

START_TEST(any_state_is_reached_from_any_other)
{
    struct scene scene;
    unsigned seed = 7;
    open_scene(&scene, "");
    struct runtime_state from = live(&scene);
    for (int i = 0; i < 60; i++) {
        struct runtime_state to = random_state(&scene, &seed);
        struct steps steps = diff_runtime(scene.arena, &from, &to);
        ck_assert_msg(applier_run(scene.applier, &steps, &to, NULL, scene.error) == APPLY_OK, "round %d: %s", i, scene.error);
        from = live(&scene);
        ck_assert_msg(diff_runtime(scene.arena, &from, &to).n == 0, "round %d: the live state is another", i);
        applier_sweep(scene.applier);
    }
    close_scene(&scene);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { the_state_of_the_files_is_read, 0 },
        { a_route_is_set_added_and_deleted, 0 },
        { what_is_deleted_may_be_gone_already, 0 },
        { a_route_that_is_not_as_expected_differs, 0 },
        { odd_words_arrive_as_they_are, ROWS(odd_words) },
        { all_routes_are_replaced_at_once, 0 },
        { a_replacement_that_fails_changes_nothing, 0 },
        { a_map_that_haproxy_does_not_know_differs, 0 },
        { nobody_there_is_unreachable, 0 },
        { a_server_is_added_set_and_removed, 0 },
        { a_server_of_the_configuration_is_set_and_removed_too, 0 },
        { a_server_that_exists_already_is_set_right, 0 },
        { names_are_resolved_or_left_out, 0 },
        { a_refused_server_keeps_the_routes_as_they_are, 0 },
        { the_agent_learns_before_the_routes_and_forgets_behind_them, 0 },
        { a_removed_server_ends_its_requests_in_peace, 0 },
        { a_waiting_server_is_taken_back, 0 },
        { a_stranger_in_maintenance_joins_the_waiting, 0 },
        { a_waiting_server_that_somebody_enabled_is_let_go, 0 },
        { a_large_tree_of_servers_is_set_up_and_removed, 0 },
        { any_state_is_reached_from_any_other, 0 },
        { NULL, 0 },
    };
    return run_suite("apply", rows);
}
