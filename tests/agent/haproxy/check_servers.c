/* Servers that come, change and go, against a real HAProxy. */
#include "haproxy/apply.h"

#include "scene.h"
#include "suite.h"

START_TEST(a_server_is_added_set_and_removed)
{
    struct scene scene;
    int port;
    open_scene(&scene, "");
    int upstream = stage_listen(&port);
    ck_assert_msg(change_server(&scene, STEP_ADD_SERVER, "beta",
                                server(&scene, "n1", "127.0.0.1", port, 7)) == APPLY_OK,
                  "%s", scene.error);
    /* It is in use at once. */
    int client = stage_request(&scene.stage, "b.test", "/");
    int fd = accept(upstream, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_gt(send(fd, "HTTP/1.0 201 Created\r\n\r\n", 24, 0), 0);
    close(fd);
    ck_assert_int_eq(stage_status(client), 201);
    ck_assert_msg(change_server(&scene, STEP_SET_SERVER, "beta",
                                server(&scene, "n1", "127.0.0.2", 99, 256)) == APPLY_OK,
                  "%s", scene.error);
    ck_assert_str_eq(servers_of(&scene, BETA), "n1 127.0.0.2:99*256");
    ck_assert_msg(change_server(&scene, STEP_REMOVE_SERVER, "beta",
                                server(&scene, "n1", "127.0.0.2", 99, 256)) == APPLY_OK,
                  "%s", scene.error);
    ck_assert_str_eq(servers_of(&scene, BETA), "");
    close(upstream);
    close_scene(&scene);
}
END_TEST

START_TEST(a_server_of_the_configuration_is_set_and_removed_too)
{
    struct scene scene;
    open_scene(&scene, "");
    ck_assert_msg(change_server(&scene, STEP_SET_SERVER, "alpha",
                                server(&scene, "first", "127.0.0.1", 2, 4)) == APPLY_OK,
                  "%s", scene.error);
    ck_assert_str_eq(servers_of(&scene, ALPHA), "first 127.0.0.1:2*4");
    ck_assert_msg(change_server(&scene, STEP_REMOVE_SERVER, "alpha",
                                server(&scene, "first", "127.0.0.1", 2, 4)) == APPLY_OK,
                  "%s", scene.error);
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
        { .kind = STEP_ADD_SERVER,
          .backend = STR("beta"),
          .server = server(&scene, "n1", "127.0.0.1", 1, 1) },
        { .kind = STEP_SET_SERVER,
          .backend = STR("beta"),
          .server = server(&scene, "n2", "127.0.0.1", 2, 2) },
        { .kind = STEP_ADD_SERVER,
          .backend = STR("etcd:3Agamma"),
          .server = server(&scene, "n3", "fe80::12", 65535, 256) },
    };
    ck_assert_msg(run(&scene, steps, 4) == APPLY_OK, "%s", scene.error);
    ck_assert_str_eq(servers_of(&scene, ALPHA), "first ::1:80*9");
    ck_assert_str_eq(servers_of(&scene, BETA),
                     "n1 127.0.0.1:1*1, n2 127.0.0.1:2*2"); /* n2 was not there to be set: added */
    ck_assert_str_eq(servers_of(&scene, GAMMA), "n3 fe80::12:65535*256");
    ck_assert_msg(run(&scene, steps, 4) == APPLY_OK, "%s", scene.error); /* all once more */
    ck_assert_str_eq(servers_of(&scene, GAMMA), "n3 fe80::12:65535*256");
    close_scene(&scene);
}
END_TEST

START_TEST(hosts_that_are_no_addresses_lead_nowhere)
{
    struct scene scene;
    struct applier_counts counts;
    open_scene(&scene, "");
    const struct step steps[] = {
        { .kind = STEP_ADD_SERVER,
          .backend = STR("alpha"),
          .server = server(&scene, "n0", "127.0.0.1", 80, 1) },
        { .kind = STEP_ADD_SERVER,
          .backend = STR("beta"),
          .server = server(&scene, "n1", "nobody.invalid", 80, 1) },
        { .kind = STEP_ADD_SERVER, .backend = STR("beta"), .server = server(&scene, "n2", "", 80, 1) },
        { .kind = STEP_SET_SERVER,
          .backend = STR("beta"),
          .server = server(&scene, "n3", "nobody.invalid", 80, 1) },
        { .kind = STEP_SET_SERVER,
          .backend = STR("alpha"),
          .server = server(&scene, "first", "nobody.invalid", 1, 8) },
        { .kind = STEP_SET_ROUTE, .entry = entry(&scene, "a.test|0/", "changed") },
    };
    ck_assert_msg(run(&scene, steps, 6) == APPLY_OK, "%s", scene.error);
    ck_assert_str_eq(servers_of(&scene, ALPHA), "first 127.0.0.1:1*8, n0 127.0.0.1:80*1");
    ck_assert_str_eq(servers_of(&scene, BETA),
                     "n1 255.255.255.255:80*1, n2 255.255.255.255:80*1, n3 255.255.255.255:80*1");
    ck_assert(str_eq(live(&scene).routes[0].value, STR("changed")));
    applier_counts(scene.applier, &counts);
    ck_assert_uint_eq(counts.unresolved, 4);
    close_scene(&scene);
}
END_TEST

START_TEST(a_refused_server_keeps_the_routes_as_they_are)
{
    struct scene scene;
    open_scene(&scene, "");
    const struct step steps[] = {
        { .kind = STEP_ADD_SERVER,
          .backend = STR("nowhere"),
          .server = server(&scene, "n1", "127.0.0.1", 80, 1) },
        { .kind = STEP_SET_ROUTE, .entry = entry(&scene, "a.test|0/", "changed") },
    };
    ck_assert_int_eq(run(&scene, steps, 2), APPLY_DIFFERS);
    ck_assert_str_eq(scene.error, "add server nowhere/n1 127.0.0.1:80 weight 1: No such backend.");
    ck_assert(str_eq(live(&scene).routes[0].value, STR(".;alpha;c8;;r1@etcd;")));
    ck_assert_int_eq(
        change_server(&scene, STEP_ADD_SERVER, "beta", server(&scene, "n1", "127.0.0.1", 80, 257)),
        APPLY_DIFFERS);
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
    ck_assert_msg(change_server(scene, STEP_ADD_SERVER, "beta", flight->server) == APPLY_OK, "%s",
                  scene->error);
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
    ck_assert_msg(change_server(&scene, STEP_REMOVE_SERVER, "beta", flight.server) == APPLY_OK, "%s",
                  scene.error);
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

/* Nobody holds its backend any more, but requests may be on their way to it. */
START_TEST(a_server_lingers_until_another_service_takes_its_backend)
{
    struct scene scene;
    struct buf answer = { 0 };
    open_scene(&scene, "");
    const struct plan_server *old = server(&scene, "old", "127.0.0.1", 9, 1);
    struct step gone = { .kind = STEP_REMOVE_SERVER, .backend = STR("beta"), .server = old, .lingers = true };
    ck_assert_int_eq(change_server(&scene, STEP_ADD_SERVER, "beta", old), APPLY_OK);
    ck_assert_msg(run(&scene, &gone, 1) == APPLY_OK, "%s", scene.error);
    ck_assert_str_eq(servers_of(&scene, BETA), ""); /* no part of the state */
    ck_assert_uint_eq(applier_sweep(scene.applier), 1);
    ck_assert_ptr_nonnull(
        strstr(stage_ask(&scene.stage, "show servers state beta", &answer), " old 127.0.0.1 2 0 "));

    struct plan_backend held = {
        .name = STR("beta"), .service = STR("other@etcd"), .servers = old, .n_servers = 1
    };
    struct runtime_state to = { .backends = &held, .n_backends = 1 };
    struct steps none = { 0 };
    ck_assert_msg(applier_run(scene.applier, &none, NULL, &to, NULL, scene.error) == APPLY_OK, "%s",
                  scene.error);
    ck_assert_ptr_nonnull(
        strstr(stage_ask(&scene.stage, "show servers state beta", &answer), " old 127.0.0.1 2 0 "));
    held.n_servers = 0;
    ck_assert_msg(applier_run(scene.applier, &none, NULL, &to, NULL, scene.error) == APPLY_OK, "%s",
                  scene.error);
    ck_assert_ptr_nonnull(
        strstr(stage_ask(&scene.stage, "show servers state beta", &answer), " old 127.0.0.1 0 1 "));
    ck_assert_uint_eq(sweep_until(&scene, 0), 0);
    ck_assert_ptr_null(strstr(stage_ask(&scene.stage, "show servers state beta", &answer), " old "));
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
    stage_ask(&scene.stage, "add server beta/old 127.0.0.1:9",
              &answer); /* left behind by an earlier daemon */
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
        steps[i] =
            (struct step){ .kind = STEP_ADD_SERVER,
                           .backend = backend,
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

int main(void)
{
    const struct test_row rows[] = {
        { a_server_is_added_set_and_removed, 0 },
        { a_server_of_the_configuration_is_set_and_removed_too, 0 },
        { a_server_that_exists_already_is_set_right, 0 },
        { hosts_that_are_no_addresses_lead_nowhere, 0 },
        { a_refused_server_keeps_the_routes_as_they_are, 0 },
        { a_removed_server_ends_its_requests_in_peace, 0 },
        { a_server_lingers_until_another_service_takes_its_backend, 0 },
        { a_waiting_server_is_taken_back, 0 },
        { a_stranger_in_maintenance_joins_the_waiting, 0 },
        { a_waiting_server_that_somebody_enabled_is_let_go, 0 },
        { a_large_tree_of_servers_is_set_up_and_removed, 0 },
        { NULL, 0 },
    };
    return run_suite("servers", rows);
}
