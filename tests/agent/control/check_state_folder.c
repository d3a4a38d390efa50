#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "control/state_folder.h"

struct place {
    char path[64];
    struct settings settings;
};

static void make_place(struct place *p)
{
    *p = (struct place){ .path = "/tmp/maitred-check.XXXXXX" };
    ck_assert_ptr_nonnull(mkdtemp(p->path));
    p->settings.state.dir = str_c(p->path);
}

static void remove_place(struct place *p)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", p->path);
    ck_assert_int_eq(system(command), 0);
}

static struct str contents(const struct place *p, const char *name, struct buf *out)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", p->path, name);
    buf_reset(out);
    ck_assert_msg(file_read(path, 0, out), "%s", path);
    return buf_str(out);
}

START_TEST(a_second_daemon_is_told_who_has_the_folder)
{
    struct place p;
    char error[512], me[32];
    make_place(&p);
    struct state_folder *first = state_folder_open(&p.settings, error);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(state_folder_open(&p.settings, error));
    snprintf(me, sizeof me, "process %ld", (long)getpid());
    ck_assert_msg(strstr(error, me) && strstr(error, "--state.dir"), "%s", error);
    state_folder_close(first);
    struct state_folder *second = state_folder_open(&p.settings, error);
    ck_assert_msg(second != NULL, "%s", error);
    state_folder_close(second);
    remove_place(&p);
}
END_TEST

START_TEST(a_folder_that_cannot_be_is_an_error_with_a_remedy)
{
    static const char *const paths[] = { "/dev/null/state",
                                         "/tmp/a-name-that-is-so-long-that-no-socket-could-ever-stand-in-it-"
                                         "because-its-address-has-only-one-hundred-and-eight-bytes" };
    struct settings settings = { 0 };
    char error[512] = "";
    settings.state.dir = str_c(paths[_i]);
    ck_assert_ptr_null(state_folder_open(&settings, error));
    ck_assert_msg(strstr(error, "--state.dir"), "%s", error);
}
END_TEST

START_TEST(only_changed_artifacts_are_written)
{
    struct place p;
    char error[512], path[256];
    struct stat before, after;
    make_place(&p);
    struct state_folder *folder = state_folder_open(&p.settings, error);
    struct artifact files[] = { { STR("haproxy.cfg"), STR("global\n"), true, false },
                                { STR("maps/routes.map"), STR("a b\n"), false, false } };
    struct artifacts artifacts = { files, 2 };
    ck_assert(!state_folder_has_skeleton(folder, &artifacts));
    ck_assert(state_folder_write(folder, &artifacts, error));
    ck_assert(state_folder_has_skeleton(folder, &artifacts));
    snprintf(path, sizeof path, "%s/haproxy.cfg", p.path);
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_uint_eq(before.st_mode & 0777, 0600);
    files[1].bytes = STR("a c\n");
    ck_assert(state_folder_write(folder, &artifacts, error));
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_msg(before.st_ino == after.st_ino, "equal bytes are left alone");
    struct buf bytes = { 0 };
    ck_assert(str_eq(contents(&p, "maps/routes.map", &bytes), STR("a c\n")));
    ck_assert_msg(state_folder_has_skeleton(folder, &artifacts), "a map is no part of the skeleton");
    files[0].bytes = STR("global \n");
    ck_assert(!state_folder_has_skeleton(folder, &artifacts));
    buf_fini(&bytes);
    state_folder_close(folder);
    remove_place(&p);
}
END_TEST

START_TEST(certificates_that_nothing_names_are_removed)
{
    struct place p;
    char error[512], path[256];
    make_place(&p);
    struct state_folder *folder = state_folder_open(&p.settings, error);
    const struct artifact files[] = { { STR("tls/id-0.pem"), STR("secret"), false, true },
                                      { STR("haproxy.cfg"), STR("x"), true, false } };
    struct artifacts with = { files, 2 }, without = { files + 1, 1 };
    snprintf(path, sizeof path, "%s/tls/id-0.pem", p.path);
    for (int i = 0; i < 2; i++) { /* and written again when they are wanted again */
        ck_assert(state_folder_write(folder, &with, error));
        ck_assert_int_eq(access(path, R_OK), 0);
        ck_assert(state_folder_write(folder, &without, error));
        ck_assert_int_eq(access(path, R_OK), -1);
    }
    state_folder_close(folder);
    remove_place(&p);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_says_so_and_recovers)
{
    struct place p;
    char error[512] = "", maps[256];
    make_place(&p);
    struct state_folder *folder = state_folder_open(&p.settings, error);
    struct artifact file = { STR("maps/routes.map"), STR("a b\n"), false, false };
    struct artifacts artifacts = { &file, 1 };
    snprintf(maps, sizeof maps, "%s/maps", p.path);
    ck_assert_int_eq(rmdir(maps), 0);
    ck_assert(!state_folder_write(folder, &artifacts, error));
    ck_assert_msg(strstr(error, "routes.map"), "%s", error);
    ck_assert_int_eq(mkdir(maps, 0700), 0);
    ck_assert_msg(state_folder_write(folder, &artifacts, error),
                  "what was not written is written the next time");
    state_folder_close(folder);
    remove_place(&p);
}
END_TEST

START_TEST(a_tree_survives_saving_and_loading)
{
    static const struct kv_pair pairs[] = { { { "traefik/a", 9 }, { "", 0 } },
                                            { { "traefik/b", 9 }, { "\0\xff\n;", 4 } },
                                            { { "traefik/c", 9 }, { "12345", 5 } } };
    struct kv_snapshot tree = { .pairs = pairs,
                                .n = 3,
                                .revision = 77,
                                .root = STR("traefik"),
                                .provider = STR("etcd") },
                       back;
    struct place p;
    char error[512];
    make_place(&p);
    struct state_folder *folder = state_folder_open(&p.settings, error);
    struct arena *arena = arena_create();
    ck_assert_msg(!state_folder_load_tree(folder, arena, STR("traefik"), &back), "there is none yet");
    ck_assert(state_folder_save_tree(folder, &tree, error));
    ck_assert(state_folder_load_tree(folder, arena, STR("traefik"), &back));
    ck_assert_int_eq(back.revision, 77);
    ck_assert_uint_eq(back.n, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert(str_eq(back.pairs[i].key, pairs[i].key) && str_eq(back.pairs[i].value, pairs[i].value));
    arena_destroy(arena);
    state_folder_close(folder);
    remove_place(&p);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_second_daemon_is_told_who_has_the_folder, 0 },
        { a_folder_that_cannot_be_is_an_error_with_a_remedy, 2 },
        { only_changed_artifacts_are_written, 0 },
        { certificates_that_nothing_names_are_removed, 0 },
        { a_folder_that_cannot_be_written_says_so_and_recovers, 0 },
        { a_tree_survives_saving_and_loading, 0 },
        { 0 },
    };
    return run_suite("state_folder", rows);
}
