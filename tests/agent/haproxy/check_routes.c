/* Routes, hooks and whole states, against a real HAProxy. */
#include "haproxy/apply.h"

#include "scene.h"
#include "suite.h"

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
    ck_assert_msg(route(&scene, STEP_SET_ROUTE, "a.test|0/", "s;beta;c8;;r1@etcd;/x?/y") == APPLY_OK, "%s",
                  scene.error);
    ck_assert_msg(route(&scene, STEP_ADD_ROUTE, "b.test|0/deep/er?", ".;alpha;c9;;n@etcd;") == APPLY_OK, "%s",
                  scene.error);
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
    "a;b",  "a\\b", "\\", "#x",  "a#b",          "a\"b\"", "'q'", "<<",    "a<<b", "a<<", "<<EOF",
    "\\<<", "<",    "@1", "%20", "\xc3\xa9\xff", "a\\;b",  "{x}", "$HOME", "\\n",  ";;;", "\\\\ ",
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
    ck_assert_msg(route(&scene, STEP_SET_ROUTE, "host-019999.test|0/some/path", "changed") == APPLY_OK, "%s",
                  scene.error);
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
    ck_assert_str_eq(scene.error, "sending routes: one of them is too long for the runtime socket");
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
    scene.applier = applier_create(scene.stage.runtime_path, "/nonexistent", NULL);
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
    ck_assert_int_eq(change_server(&scene, STEP_ADD_SERVER, "beta", server(&scene, "n1", "127.0.0.1", 1, 1)),
                     APPLY_UNREACHABLE);
    ck_assert_int_eq(applier_read(scene.applier, scene.arena, &shape, &state, scene.error),
                     APPLY_UNREACHABLE);
    ck_assert_ptr_nonnull(strstr(scene.error, scene.stage.runtime_path));
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
    snprintf(witness->seen + n, sizeof witness->seen - n, "%s[%s|%.*s] ", what,
             servers_of(witness->scene, BETA), STR_ARG(live(witness->scene).routes[0].value));
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
        { .kind = STEP_ADD_SERVER, .backend = STR("beta"), .server = n1 },      { .kind = STEP_LOAD_POLICY },
        { .kind = STEP_SET_ROUTE, .entry = entry(&scene, "a.test|0/", "new") }, { .kind = STEP_TRIM_POLICY },
        { .kind = STEP_REMOVE_SERVER, .backend = STR("beta"), .server = n1 },
    };
    struct steps all = { .p = steps, .n = 5 };
    struct runtime_state to = { 0 };
    ck_assert_msg(applier_run(scene.applier, &all, NULL, &to, &hooks, scene.error) == APPLY_OK, "%s",
                  scene.error);
    /* The server that goes is out of use with the routes' change already. */
    ck_assert_str_eq(witness.seen, "load[n1 127.0.0.1:80*1|.;alpha;c8;;r1@etcd;] trim[|new] ");
    ck_assert_str_eq(servers_of(&scene, BETA), "");

    witness = (struct witness){ .scene = &scene, .refuse = true };
    const struct step refused[] = {
        { .kind = STEP_LOAD_POLICY }, { .kind = STEP_SET_ROUTE, .entry = entry(&scene, "a.test|0/", "newer") }
    };
    all = (struct steps){ .p = refused, .n = 2 };
    ck_assert_int_eq(applier_run(scene.applier, &all, NULL, &to, &hooks, scene.error), APPLY_DIFFERS);
    ck_assert_str_eq(scene.error, "the agent refused to load its programs");
    ck_assert(str_eq(live(&scene).routes[0].value, STR("new")));
    close_scene(&scene);
}
END_TEST

START_TEST(servers_of_a_backend_in_use_change_together_with_the_routes)
{
    struct scene scene;
    open_scene(&scene, "");
    struct witness witness = { .scene = &scene };
    struct apply_hooks hooks = { witness_load, witness_trim, &witness };
    const struct plan_server *n0 = server(&scene, "n0", "127.0.0.1", 79, 1),
                             *n1 = server(&scene, "n1", "127.0.0.1", 80, 1),
                             *n2 = server(&scene, "n2", "127.0.0.1", 81, 1),
                             *n2_moved = server(&scene, "n2", "127.0.0.1", 82, 3);
    ck_assert_int_eq(change_server(&scene, STEP_ADD_SERVER, "beta", n0), APPLY_OK);
    ck_assert_int_eq(change_server(&scene, STEP_ADD_SERVER, "beta", n2), APPLY_OK);
    const struct step steps[] = {
        { .kind = STEP_ADD_SERVER, .backend = STR("beta"), .server = n1 },
        { .kind = STEP_SET_SERVER, .backend = STR("beta"), .server = n2_moved },
        { .kind = STEP_LOAD_POLICY },
        { .kind = STEP_SET_ROUTE, .entry = entry(&scene, "a.test|0/", "new") },
        { .kind = STEP_TRIM_POLICY },
        { .kind = STEP_REMOVE_SERVER, .backend = STR("beta"), .server = n0 },
    };
    struct steps all = { .p = steps, .n = 6 };
    struct runtime_state before = live(&scene), to = { 0 };
    ck_assert_msg(applier_run(scene.applier, &all, &before, &to, &hooks, scene.error) == APPLY_OK, "%s",
                  scene.error);
    ck_assert_str_eq(witness.seen, "load[n0 127.0.0.1:79*1, n2 127.0.0.1:81*1|.;alpha;c8;;r1@etcd;] "
                                   "trim[n1 127.0.0.1:80*1, n2 127.0.0.1:82*3|new] ");
    /* And without routes: before what is removed goes. */
    const struct step alone[] = { { .kind = STEP_SET_SERVER, .backend = STR("beta"), .server = n2 },
                                  { .kind = STEP_REMOVE_SERVER, .backend = STR("beta"), .server = n1 } };
    all = (struct steps){ .p = alone, .n = 2 };
    before = live(&scene);
    ck_assert_msg(applier_run(scene.applier, &all, &before, &to, NULL, scene.error) == APPLY_OK, "%s",
                  scene.error);
    ck_assert_str_eq(servers_of(&scene, BETA), "n2 127.0.0.1:81*1");
    close_scene(&scene);
}
END_TEST

static enum apply_status map_step(struct scene *scene, enum step_kind kind, const struct plan_entry *entries,
                                  size_t n)
{
    struct step step = { .kind = kind, .map = MAP_PROGRAMS, .entries = entries, .n_entries = n };
    return run(scene, &step, 1);
}

/* Whether a look-up of the live map finds the key. */
static bool has_line(struct scene *scene, const char *key)
{
    struct buf answer = { 0 };
    char command[200];
    snprintf(command, sizeof command, "get map %s/maps/programs.map %s", scene->stage.folder, key);
    bool found = strstr(stage_ask(&scene->stage, command, &answer), "found=yes");
    buf_fini(&answer);
    return found;
}

START_TEST(retired_lines_stay_for_a_while_and_come_back)
{
    static const struct plan_entry one[] = { { STR("p1"), STR("add?/a b#;") } };
    struct scene scene;
    open_scene(&scene, "");
    ck_assert_uint_eq(live(&scene).maps[MAP_PROGRAMS].n, 1);
    ck_assert_int_eq(map_step(&scene, STEP_FILL_MAP, one, 1), APPLY_OK);
    struct plan_map map = live(&scene).maps[MAP_PROGRAMS];
    ck_assert_uint_eq(map.n, 2);
    ck_assert(str_eq(map.p[1].value, one[0].value));
    ck_assert_int_eq(map_step(&scene, STEP_RETIRE, one, 1), APPLY_OK);
    ck_assert_uint_eq(live(&scene).maps[MAP_PROGRAMS].n, 1);
    applier_sweep(scene.applier);
    ck_assert_msg(has_line(&scene, "p1"), "a request on its way may still look it up");
    ck_assert_int_eq(map_step(&scene, STEP_FILL_MAP, one, 1), APPLY_OK);
    struct buf answer = { 0 };
    char command[200];
    snprintf(command, sizeof command, "show map %s/maps/programs.map", scene.stage.folder);
    const char *all = stage_ask(&scene.stage, command, &answer), *first = strstr(all, " p1 ");
    ck_assert_msg(first && !strstr(first + 1, " p1 "), "one line of it:\n%s", all);
    buf_fini(&answer);
    ck_assert_uint_eq(live(&scene).maps[MAP_PROGRAMS].n, 2);
    close_scene(&scene);
}
END_TEST

START_TEST(a_map_is_filled_at_once_and_its_damage_is_mended)
{
    struct scene scene;
    open_scene(&scene, "");
    struct plan_entry *many = many_entries(&scene, 3000, "x");
    ck_assert_int_eq(map_step(&scene, STEP_FILL_MAP, many, 3000), APPLY_OK);
    ck_assert_uint_eq(live(&scene).maps[MAP_PROGRAMS].n, 3001);
    struct plan_entry mended = { many[7].key, STR("right") };
    ck_assert_int_eq(map_step(&scene, STEP_FILL_MAP, &mended, 1), APPLY_OK);
    struct plan_map map = live(&scene).maps[MAP_PROGRAMS];
    ck_assert_uint_eq(map.n, 3001);
    ck_assert(str_eq(map.p[7].value, STR("right")));
    close_scene(&scene);
}
END_TEST

/* Keys as the compiler makes them; in some maps a look-up of a key's own text finds nothing, or another
 * entry. */
static const struct {
    enum plan_map_id map;
    struct plan_entry entries[2];
} map_rows[] = {
    { MAP_PROGRAMS, { { { "p1", 2 }, { "add?/a b#;", 10 } }, { { "p2", 2 }, { "add?/b;", 7 } } } },
    { MAP_REGEXES,
      { { STR("^s1\\|(?#000000)[^|]*+\\|(?=a\\.test\\n)[^\\n]*+\\n"), STR("{r1@etcd") },
        { STR("^s1\\|(?#000001)[^|]*+\\|[^\\n]*+\\n"), STR("{r2@etcd") } } },
    { MAP_FIELDS,
      { { STR("^f1\\|(?#000000)x"), STR("R89;r1@etcd") }, { STR("^f1\\|(?#000001)"), STR("R90;r2@etcd") } } },
    { MAP_LABELS, { { STR("t1/?k=v"), STR("R89;r1@etcd;f1") }, { STR("t1/x-a=%20"), STR("~;;f1") } } },
    { MAP_NAMES, { { STR("x-a-longer"), STR("1") }, { STR("x"), STR("1") } } },
};

START_TEST(every_map_is_filled_read_back_and_emptied)
{
    enum plan_map_id id = map_rows[_i].map;
    const struct plan_entry *entries = map_rows[_i].entries;
    struct scene scene;
    open_scene(&scene, "");
    size_t before = live(&scene).maps[id].n;
    struct step step = { .kind = STEP_FILL_MAP, .map = id, .entries = entries, .n_entries = 2 };
    ck_assert_msg(run(&scene, &step, 1) == APPLY_OK, "%s", scene.error);
    struct plan_map map = live(&scene).maps[id];
    ck_assert_uint_eq(map.n, before + 2);
    size_t found = 0;
    for (size_t i = 0; i < map.n; i++)
        for (size_t j = 0; j < 2; j++)
            found += str_eq(map.p[i].key, entries[j].key) && str_eq(map.p[i].value, entries[j].value);
    ck_assert_uint_eq(found, 2);
    step.kind = STEP_RETIRE;
    ck_assert_msg(run(&scene, &step, 1) == APPLY_OK, "%s", scene.error);
    ck_assert_uint_eq(live(&scene).maps[id].n, before);
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
                                               arena_printf(scene->arena, ".;b;%d",
                                                            small_change ? i : rand_r(seed) % 3) };
    for (int b = 0; b < 3; b++) {
        struct plan_server *servers = ARENA_ARRAY(scene->arena, struct plan_server, 6);
        backends[b] = (struct plan_backend){ .name = backend_names[b].name, .servers = servers };
        for (int i = 0; i < 6; i++)
            if (rand_r(seed) % 2)
                servers[backends[b].n_servers++] =
                    (struct plan_server){ .name = arena_printf(scene->arena, "s%d", i),
                                          .host = STR("127.0.0.1"),
                                          .port = 1000 + rand_r(seed) % 2,
                                          .weight = 1 + rand_r(seed) % 3,
                                          .url = STR("http://x") };
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
        ck_assert_msg(applier_run(scene.applier, &steps, i % 3 ? &from : NULL, &to, NULL, scene.error) ==
                          APPLY_OK,
                      "round %d: %s", i, scene.error);
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
        { retired_lines_stay_for_a_while_and_come_back, 0 },
        { a_map_is_filled_at_once_and_its_damage_is_mended, 0 },
        { every_map_is_filled_read_back_and_emptied, ROWS(map_rows) },
        { the_state_of_the_files_is_read, 0 },
        { a_route_is_set_added_and_deleted, 0 },
        { what_is_deleted_may_be_gone_already, 0 },
        { a_route_that_is_not_as_expected_differs, 0 },
        { odd_words_arrive_as_they_are, ROWS(odd_words) },
        { all_routes_are_replaced_at_once, 0 },
        { a_replacement_that_fails_changes_nothing, 0 },
        { a_map_that_haproxy_does_not_know_differs, 0 },
        { nobody_there_is_unreachable, 0 },
        { the_agent_learns_before_the_routes_and_forgets_behind_them, 0 },
        { servers_of_a_backend_in_use_change_together_with_the_routes, 0 },
        { any_state_is_reached_from_any_other, 0 },
        { NULL, 0 },
    };
    return run_suite("routes", rows);
}
