#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "control/scribe.h"

struct place {
    char path[64];
    struct arena *arena;
    const struct settings *settings;
    struct state_folder *folder;
    struct scribe *scribe;
};

static void open_place(struct place *p)
{
    char error[512], dir[128];
    *p = (struct place){ .path = "/tmp/maitred-check.XXXXXX", .arena = arena_create() };
    ck_assert_ptr_nonnull(mkdtemp(p->path));
    snprintf(dir, sizeof dir, "--state.dir=%s", p->path);
    const char *const flags[] = { "--entrypoints.web.address=:80", "--providers.etcd", dir };
    struct settings_sources sources = { .flags = flags, .n_flags = 3 };
    p->settings = settings_read(p->arena, &sources, diag_create(p->arena, 0));
    p->folder = state_folder_open(p->settings, error);
    ck_assert_msg(p->folder != NULL, "%s", error);
    p->scribe =
        scribe_start(&(struct scribe_parts){ p->folder, { STR("."), STR(".") }, p->settings, NULL }, error);
    ck_assert(p->scribe);
}

static void close_place(struct place *p)
{
    char command[128];
    scribe_stop(p->scribe);
    state_folder_close(p->folder);
    arena_destroy(p->arena);
    snprintf(command, sizeof command, "rm -r %s", p->path);
    ck_assert_int_eq(system(command), 0);
}

static struct generation *compile(const struct place *p, int64_t revision)
{
    const char *host = arena_printf(p->arena, "Host(`h%lld.test`)", (long long)revision).p;
    struct kv_pair pairs[] = {
        { STR("traefik/http/routers/a/rule"), str_c(host) },
        { STR("traefik/http/routers/a/service"), STR("s") },
        { STR("traefik/http/services/s/loadbalancer/servers/0/url"), STR("http://10.0.0.1") },
    };
    struct kv_snapshot snapshot = { pairs, 3, revision, STR("traefik"), STR("etcd"), false };
    return generation_compile(p->settings, &snapshot, 1, NULL, NULL, NULL);
}

static bool holds(const struct place *p, const char *name, const char *text)
{
    char path[256];
    struct buf bytes = { 0 };
    snprintf(path, sizeof path, "%s/%s", p->path, name);
    bool ok = file_read(path, 0, &bytes) && str_search(buf_str(&bytes), str_c(text)) != SIZE_MAX;
    buf_fini(&bytes);
    return ok;
}

START_TEST(files_and_tree_follow)
{
    struct place p;
    open_place(&p);
    for (int64_t revision = 1; revision <= 50; revision++) {
        struct generation *generation = compile(&p, revision);
        scribe_follow(p.scribe, generation);
        generation_release(generation); /* the scribe holds it as long as it must */
    }
    scribe_flush(p.scribe);
    ck_assert(holds(&p, "maps/routes.map", "h50.test|0/"));
    ck_assert(holds(&p, STATE_TREE, "\"revision\":50"));
    ck_assert(holds(&p, STATE_HISTORY "/50.json", "\"revision\":50"));
    close_place(&p);
}
END_TEST

START_TEST(what_is_behind_is_written_at_the_end)
{
    struct place p;
    struct generation *generation;
    open_place(&p);
    for (int64_t revision = 1; revision <= 2; revision++) {
        scribe_follow(p.scribe, generation = compile(&p, revision));
        generation_release(generation);
    }
    scribe_stop(p.scribe);
    p.scribe = NULL;
    ck_assert(holds(&p, "maps/routes.map", "h2.test|0/"));
    ck_assert(holds(&p, STATE_TREE, "\"revision\":2"));
    close_place(&p);
}
END_TEST

/* Whoever starts HAProxy gets what it is to start from, whatever was to follow. */
START_TEST(a_write_counts_before_all_that_was_to_follow)
{
    struct place p;
    char error[512], skeleton[SKELETON_NAME + 1];
    open_place(&p);
    struct generation *old = compile(&p, 1), *new = compile(&p, 2);
    ck_assert(!scribe_has_skeleton(p.scribe, new));
    for (int i = 0; i < 100; i++) {
        scribe_follow(p.scribe, old);
        ck_assert_msg(scribe_write(p.scribe, new, WRITE_CHANGED, skeleton, error), "%s", error);
        ck_assert(holds(&p, "maps/routes.map", "h2.test|0/"));
    }
    ck_assert(scribe_has_skeleton(p.scribe, new));
    generation_release(old);
    generation_release(new);
    close_place(&p);
}
END_TEST

static enum prepared await_prepared(const struct place *p, char skeleton[static SKELETON_NAME + 1])
{
    char error[512];
    enum prepared prepared = PREPARED_SOON;
    for (int i = 0; i < 1000 && (prepared = scribe_prepared(p->scribe, skeleton, error)) == PREPARED_SOON;
         i++)
        usleep(10000);
    return prepared;
}

START_TEST(files_are_prepared_until_others_are_wanted)
{
    struct place p;
    char error[512], path[128], prepared[SKELETON_NAME + 1], written[SKELETON_NAME + 1];
    open_place(&p);
    struct generation *old = compile(&p, 1), *new = compile(&p, 2);
    snprintf(path, sizeof path, "%s/maps/routes.map", p.path);
    scribe_prepare(p.scribe, new);
    ck_assert_int_eq(await_prepared(&p, prepared), PREPARED_YES);
    ck_assert(holds(&p, "maps/routes.map", "h2.test|0/"));
    ck_assert(!holds(&p, STATE_TREE, "\"revision\":2")); /* nobody has served it */
    ck_assert(file_write(path, STR("damage\n"), 0600, false));
    scribe_prepare(p.scribe, new);
    ck_assert_int_eq(await_prepared(&p, prepared), PREPARED_YES);
    ck_assert_msg(holds(&p, "maps/routes.map", "h2.test|0/"), "all is written, whatever another hand did");
    ck_assert(scribe_write(p.scribe, new, WRITE_CHANGED, written, error));
    ck_assert_str_eq(prepared, written);
    ck_assert_int_eq(scribe_prepared(p.scribe, prepared, error), PREPARED_NOT);
    for (int i = 0; i < 10; i++) {
        scribe_prepare(p.scribe, new);
        if (i % 2)
            ck_assert_int_eq(await_prepared(&p, prepared), PREPARED_YES);
        scribe_follow(p.scribe, old);
        ck_assert_int_eq(scribe_prepared(p.scribe, prepared, error), PREPARED_NOT);
        scribe_flush(p.scribe);
        ck_assert(holds(&p, "maps/routes.map", "h1.test|0/"));
    }
    scribe_prepare(p.scribe, new); /* the end comes first */
    generation_release(old);
    generation_release(new);
    close_place(&p);
}
END_TEST

START_TEST(what_cannot_be_prepared_is_said)
{
    struct place p;
    char error[512], maps[128], aside[128], skeleton[SKELETON_NAME + 1];
    open_place(&p);
    struct generation *generation = compile(&p, 1);
    snprintf(maps, sizeof maps, "%s/maps", p.path);
    snprintf(aside, sizeof aside, "%s/aside", p.path);
    ck_assert_int_eq(rename(maps, aside), 0);
    scribe_prepare(p.scribe, generation);
    ck_assert_int_eq(await_prepared(&p, skeleton), PREPARED_FAILED);
    ck_assert_int_eq(scribe_prepared(p.scribe, skeleton, error), PREPARED_FAILED);
    ck_assert_msg(strstr(error, "cannot write"), "%s", error);
    ck_assert_int_eq(rename(aside, maps), 0);
    generation_release(generation);
    close_place(&p);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_is_told_until_it_can)
{
    struct place p;
    char error[512], maps[128], aside[128], skeleton[SKELETON_NAME + 1];
    open_place(&p);
    snprintf(maps, sizeof maps, "%s/maps", p.path);
    snprintf(aside, sizeof aside, "%s/aside", p.path);
    ck_assert_int_eq(rename(maps, aside), 0);
    struct generation *generation = compile(&p, 1);
    scribe_follow(p.scribe, generation);
    scribe_flush(p.scribe);
    ck_assert(scribe_failed(p.scribe, error));
    ck_assert_msg(strstr(error, "cannot write"), "%s", error);
    ck_assert(!scribe_write(p.scribe, generation, WRITE_CHANGED, skeleton, error));
    ck_assert_int_eq(rename(aside, maps), 0);
    scribe_follow(p.scribe, generation);
    scribe_flush(p.scribe);
    ck_assert(!scribe_failed(p.scribe, error));
    ck_assert(holds(&p, "maps/routes.map", "h1.test|0/"));
    generation_release(generation);
    close_place(&p);
}
END_TEST

START_TEST(a_tree_that_cannot_be_saved_is_saved_as_soon_as_it_can)
{
    struct place p;
    char error[512], tree[128];
    open_place(&p);
    struct generation *generation = compile(&p, 7);
    snprintf(tree, sizeof tree, "%s/" STATE_TREE, p.path);
    ck_assert_int_eq(mkdir(tree, 0700), 0); /* nothing is renamed to a folder */
    scribe_follow(p.scribe, generation);
    scribe_flush(p.scribe);
    ck_assert(holds(&p, "maps/routes.map", "h7.test|0/"));
    ck_assert(scribe_failed(p.scribe, error));
    ck_assert_msg(strstr(error, STATE_TREE), "%s", error);
    ck_assert_int_eq(rmdir(tree), 0);
    for (int i = 0; i < 1000 && scribe_failed(p.scribe, error); i++)
        usleep(10000);
    ck_assert(holds(&p, STATE_TREE, "\"revision\":7"));
    generation_release(generation);
    close_place(&p);
}
END_TEST

START_TEST(what_another_hand_changed_is_written_anew_if_all_is)
{
    struct place p;
    char error[512], path[128], skeleton[SKELETON_NAME + 1];
    open_place(&p);
    struct generation *generation = compile(&p, 1);
    snprintf(path, sizeof path, "%s/maps/routes.map", p.path);
    ck_assert(scribe_write(p.scribe, generation, WRITE_CHANGED, skeleton, error));
    ck_assert(file_write(path, STR("damage\n"), 0600, false));
    ck_assert(scribe_write(p.scribe, generation, WRITE_CHANGED, skeleton, error));
    ck_assert(holds(&p, "maps/routes.map", "damage"));
    ck_assert(scribe_write(p.scribe, generation, WRITE_ALL, skeleton, error));
    ck_assert(holds(&p, "maps/routes.map", "h1.test|0/"));
    generation_release(generation);
    close_place(&p);
}
END_TEST

/* The same for trees that one process can serve, another one where HAProxy must be started anew. */
START_TEST(a_skeleton_has_a_name)
{
    struct place p;
    char error[512], first[SKELETON_NAME + 1], second[SKELETON_NAME + 1];
    open_place(&p);
    struct generation *one = compile(&p, 1), *two = compile(&p, 2);
    ck_assert(scribe_write(p.scribe, one, WRITE_CHANGED, first, error));
    ck_assert(holds(&p, "haproxy.cfg", first));
    ck_assert(scribe_write(p.scribe, two, WRITE_CHANGED, second, error));
    ck_assert_str_eq(first, second);
    struct plan other = *one->plan;
    struct shape_backend more[2] = { other.shape.backends[0], other.shape.backends[0] };
    const struct plan *kept = one->plan;
    other.shape.backends = more;
    other.shape.n_backends = 2;
    one->plan = &other;
    ck_assert(scribe_write(p.scribe, one, WRITE_CHANGED, second, error));
    ck_assert_str_ne(first, second);
    other.shape = kept->shape;
    other.shape.rounds++;
    ck_assert(scribe_write(p.scribe, one, WRITE_CHANGED, second, error));
    ck_assert_str_ne(first, second);
    one->plan = kept;
    generation_release(one);
    generation_release(two);
    close_place(&p);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { files_and_tree_follow, 0 },
        { what_is_behind_is_written_at_the_end, 0 },
        { a_write_counts_before_all_that_was_to_follow, 0 },
        { files_are_prepared_until_others_are_wanted, 0 },
        { what_cannot_be_prepared_is_said, 0 },
        { a_folder_that_cannot_be_written_is_told_until_it_can, 0 },
        { a_tree_that_cannot_be_saved_is_saved_as_soon_as_it_can, 0 },
        { what_another_hand_changed_is_written_anew_if_all_is, 0 },
        { a_skeleton_has_a_name, 0 },
        { 0 },
    };
    return run_suite("scribe", rows);
}
