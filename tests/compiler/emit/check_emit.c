/* Golden files: testdata/emit/<world>/want. REGENERATE=1 writes them anew. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "emit/emit.h"
#include "emit/parts.h"
#include "worlds.h"

static const struct emit_paths here = { { ".", 1 }, { ".", 1 } };

static const struct artifact *find(const struct artifacts *artifacts, const char *name)
{
    for (size_t i = 0; i < artifacts->n; i++)
        if (str_eq(artifacts->p[i].name, str_c(name)))
            return &artifacts->p[i];
    return NULL;
}

static bool holds(const struct artifact *artifact, const char *text)
{
    return str_search(artifact->bytes, str_c(text)) != SIZE_MAX;
}

static void expect_golden(const char *world, const struct artifact *artifact)
{
    struct buf want = { 0 };
    char path[1024];
    snprintf(path, sizeof path, TESTDATA "/emit/%s/want/%.*s", world, STR_ARG(artifact->name));
    if (getenv("REGENERATE")) {
        char folder[1024];
        snprintf(folder, sizeof folder, TESTDATA "/emit/%s/want/maps", world);
        ck_assert(file_make_folder(folder));
        ck_assert(file_write(path, artifact->bytes, 0644, false));
    }
    ck_assert_msg(file_read(path, 0, &want), "%s cannot be read", path);
    ck_assert_msg(str_eq(buf_str(&want), artifact->bytes),
                  "%s differs; see it with REGENERATE=1 and git diff", path);
    buf_fini(&want);
}

START_TEST(the_artifacts_are_the_golden_ones)
{
    struct arena *arena = arena_create();
    struct artifacts artifacts = emit_all(arena, worlds[_i].plan, &here);
    for (size_t i = 0; i < artifacts.n; i++)
        if (!str_ends(artifacts.p[i].name, STR(".lua"))) /* files of templates/ as they stand */
            expect_golden(worlds[_i].name, &artifacts.p[i]);
    arena_destroy(arena);
}
END_TEST

/* The HAProxy of $MAITRED_TEST_HAPROXY, or the one on PATH; without one there is nothing to ask. */
static bool has_haproxy(const char **binary)
{
    const char *given = getenv("MAITRED_TEST_HAPROXY");
    char command[1200];
    *binary = given && *given ? given : "haproxy";
    snprintf(command, sizeof command, "PATH=$PATH:/usr/sbin; command -v %s >/dev/null 2>&1", *binary);
    return system(command) == 0;
}

static void write_artifacts(const char *folder, const struct artifacts *artifacts)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/maps", folder);
    ck_assert(file_make_folder(path));
    for (size_t i = 0; i < artifacts->n; i++) {
        snprintf(path, sizeof path, "%s/%.*s", folder, STR_ARG(artifacts->p[i].name));
        ck_assert(file_write(path, artifacts->p[i].bytes, 0600, false));
    }
}

START_TEST(haproxy_would_start_without_a_word)
{
    const char *binary;
    char command[4096], said[4096] = "", folder[] = "/tmp/maitred-emit-XXXXXX";
    if (!has_haproxy(&binary) || strcmp(worlds[_i].name, "names") == 0)
        return;
    struct arena *arena = arena_create();
    struct artifacts artifacts = emit_all(arena, worlds[_i].plan, &here);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_artifacts(folder, &artifacts);
    snprintf(command, sizeof command,
             "PATH=$PATH:/usr/sbin; export MAITRED_AS_ROOT=1; cd %s && "
             "%s -c -f haproxy.cfg -f backends.cfg 2>&1 || echo FAILED; rm -rf %s",
             folder, binary, folder);
    FILE *f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    said[fread(said, 1, sizeof said - 1, f)] = '\0';
    pclose(f);
    arena_destroy(arena);
    ck_assert_msg(!strstr(said, "WARNING") && !strstr(said, "ALERT") && !strstr(said, "FAILED"), "%s: %s",
                  worlds[_i].name, said);
}
END_TEST

START_TEST(the_skeleton_depends_on_shape_and_settings_only)
{
    struct arena *arena = arena_create();
    struct plan changed = closed_plan;
    changed.revision++;
    changed.routes = host_routes;
    changed.programs = all_programs;
    struct plan_backend *backends = ARENA_ARRAY(arena, struct plan_backend, changed.n_backends);
    memcpy(backends, changed.backends, changed.n_backends * sizeof *backends);
    backends[0].servers = names_servers;
    changed.backends = backends;
    struct artifacts before = emit_all(arena, &closed_plan, &here), after = emit_all(arena, &changed, &here);
    size_t differ = 0;
    for (size_t i = 0; i < before.n; i++) {
        bool same = str_eq(before.p[i].bytes, after.p[i].bytes);
        ck_assert_msg(same || !before.p[i].skeleton, "%.*s", STR_ARG(before.p[i].name));
        differ += !same;
    }
    ck_assert_uint_eq(differ, 3); /* servers, routes, programs */
    arena_destroy(arena);
}
END_TEST

START_TEST(only_what_the_shape_has_is_compiled_in)
{
    static const struct {
        const char *text;
        const char *in; /* worlds, one after another */
    } table[] = {
        { "spoe", "closed everything" },
        { "lua.cut", "closed everything names" },
        { "send-spoe-group maitred full", "everything" },
        { "Prefix %[var(txn.c),field(1,?)] if", "closed everything names" },
        /* What is looked up is the same for every shape: its tables say what applies. */
        { "http-request allow if { var(txn.r) -m beg . }", "any host closed empty everything names" },
        { "host_only", "any host closed empty everything names" },
        { "strcmp(txn.od)", "any host closed empty everything names" },
        { "map_reg(./maps/regexes.map)", "any host closed empty everything names" },
        { "backend ping", "empty everything" },
        { "sess.trusted", "everything names" },
        { "nbthread 2", "host" },
        { "bind [::]:80 v6only", "host" },
    };
    struct arena *arena = arena_create();
    struct artifacts artifacts = emit_all(arena, worlds[_i].plan, &here);
    const struct artifact *config = find(&artifacts, ARTIFACT_CONFIG);
    for (size_t i = 0; i < N(table); i++)
        ck_assert_msg(holds(config, table[i].text) == (strstr(table[i].in, worlds[_i].name) != NULL),
                      "%s in %s", table[i].text, worlds[_i].name);
    ck_assert_int_eq(find(&artifacts, ARTIFACT_SPOE) != NULL, worlds[_i].plan->shape.agent);
    arena_destroy(arena);
}
END_TEST

START_TEST(no_name_or_host_can_write_a_line)
{
    struct arena *arena = arena_create();
    struct artifacts artifacts = emit_all(arena, &names_plan, &here);
    const struct artifact *backends = find(&artifacts, ARTIFACT_BACKENDS);
    size_t lines = 0;
    for (size_t i = 0; i < backends->bytes.n; i++)
        lines += backends->bytes.p[i] == '\n';
    ck_assert_uint_eq(lines, 3 + N(names_servers));
    ck_assert(!holds(backends, "unix@") && !holds(backends, "evil") && !holds(backends, "$"));
    ck_assert(holds(backends, "server 6 [fe80::1]:6 weight 6") &&
              holds(backends, "server 7 _srv.x-y.test:7 weight 7"));
    ck_assert(!holds(find(&artifacts, ARTIFACT_CONFIG), "\nuse_backend x"));
    ck_assert(holds(find(&artifacts, ARTIFACT_CONFIG), "{ src \"1.2.3.4 } || { always_true\" }"));
    arena_destroy(arena);
}
END_TEST

START_TEST(folders_with_odd_names_are_quoted_where_they_stand)
{
    struct arena *arena = arena_create();
    struct emit_paths odd = { STR("/home/J. \"Q\" Doe/x"), STR("/run/a b") };
    struct artifacts artifacts = emit_all(arena, &all_plan, &odd);
    const struct artifact *config = find(&artifacts, ARTIFACT_CONFIG);
    ck_assert(holds(config, "lua-load-per-thread \"/home/J. \\\"Q\\\" Doe/x/maitred.lua\""));
    ck_assert(holds(config, "map_beg(\\\"/home/J.\\ \\\\\\\"Q\\\\\\\"\\ Doe/x/maps/routes.map\\\")"));
    ck_assert(holds(config, "stats socket unix@\"/run/a b\"/haproxy.sock"));
    ck_assert(holds(config, "server agent-1 unix@\"/run/a b\"/agent-1.sock"));
    arena_destroy(arena);
}
END_TEST

START_TEST(durations_are_whole_milliseconds)
{
    static const struct {
        int64_t ns;
        const char *text;
    } table[] = { { 0, "24d" },           { -1, "24d" },
                  { 1, "1ms" },           { 1500000, "2ms" },
                  { 60 * SECOND, "60s" }, { SECOND + 1, "1001ms" },
                  { INT64_MAX, "24d" },   { 24 * 86400 * SECOND, "24d" } };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < N(table); i++)
        ck_assert_msg(str_eq(emit_duration(arena, table[i].ns), str_c(table[i].text)), "%s", table[i].text);
    arena_destroy(arena);
}
END_TEST

START_TEST(the_policy_is_what_the_agent_loads)
{
    struct buf json = { 0 };
    emit_policy(&json, &all_plan);
    ck_assert_str_eq(json.p,
                     "{\"version\":1,\"revision\":9223372036854775807,\"programs\":{\n\"cf0\":{\"ops\":[]},\n"
                     "\"ol0\":{\"ops\":[]}\n}}\n");
    buf_reset(&json);
    emit_policy(&json, &any_plan);
    ck_assert_str_eq(json.p, "{\"version\":1,\"revision\":7,\"programs\":{}}\n");
    buf_fini(&json);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { the_artifacts_are_the_golden_ones, ROWS(worlds) },
                                     { haproxy_would_start_without_a_word, ROWS(worlds) },
                                     { the_skeleton_depends_on_shape_and_settings_only, 0 },
                                     { only_what_the_shape_has_is_compiled_in, ROWS(worlds) },
                                     { no_name_or_host_can_write_a_line, 0 },
                                     { folders_with_odd_names_are_quoted_where_they_stand, 0 },
                                     { durations_are_whole_milliseconds, 0 },
                                     { the_policy_is_what_the_agent_loads, 0 },
                                     { NULL, 0 } };
    return run_suite("emit", rows);
}
