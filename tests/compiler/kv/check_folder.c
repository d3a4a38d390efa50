#include "kv/reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "kv.h"

static struct kv_test t;
static char folder[64];

static void setup(void)
{
    kv_test_init(&t);
    strcpy(folder, "/tmp/check_folder.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    kv_test_fini(&t);
}

static const char *path_of(const char *name)
{
    return arena_printf(t.arena, "%s/%s", folder, name).p;
}

static void put(const char *name, struct str contents)
{
    const char *path = path_of(name);
    ck_assert(file_make_folder(arena_copy(t.arena, str_of(path, (size_t)(strrchr(path, '/') - path))).p));
    ck_assert(file_write(path, contents, 0600, false));
}

static bool read_folder(const char *root)
{
    return kv_read_folder(t.arena, folder, str_c(root), &t.snapshot, t.diag);
}

START_TEST(paths_are_keys_below_the_root)
{
    put("http/routers/web/rule", STR("Host(`a`)\n"));
    put("http/routers/web/service", STR("s"));
    put("tls/x", STR(""));
    ck_assert(read_folder("traefik"));
    ck_assert_str_eq(kv_test_show(&t),
                     "traefik/http/routers/web/rule=Host(`a`)\ntraefik/http/routers/web/service=s\n"
                     "traefik/tls/x=\n");
    ck_assert(str_eq(t.snapshot.root, STR("traefik")));
    ck_assert(str_eq(t.snapshot.provider, STR("etcd")));
    ck_assert(!t.snapshot.literal_lists);
    ck_assert_int_eq(t.snapshot.revision, 0);
    ck_assert_uint_eq(diag_total(t.diag), 0);
}
END_TEST

START_TEST(a_top_folder_named_like_the_root_is_the_root)
{
    put("traefik/http/a", STR("1"));
    put("http/b", STR("2"));
    put("traefik2/c", STR("3"));
    ck_assert(read_folder("traefik"));
    ck_assert_str_eq(kv_test_show(&t), "traefik/http/a=1\ntraefik/http/b=2\ntraefik/traefik2/c=3\n");
}
END_TEST

START_TEST(the_root_may_be_a_path)
{
    put("a/b/http/x", STR("1"));
    put("a/http/x", STR("2"));
    ck_assert(read_folder("a/b"));
    ck_assert_str_eq(kv_test_show(&t), "a/b/a/http/x=2\na/b/http/x=1\n");
}
END_TEST

START_TEST(one_final_line_end_is_no_part_of_the_value)
{
    put("a", STR("x\n"));
    put("b", STR("x\r\n"));
    put("c", STR("x\n\n"));
    put("d", STR("\n"));
    put("e", STR("x\r"));
    put("f", STR(" x \0\n"));
    ck_assert(read_folder("r"));
    ck_assert_str_eq(kv_test_show(&t), "r/a=x\nr/b=x\nr/c=x\\n\nr/d=\nr/e=x\\x0d\nr/f= x \\x00\n");
}
END_TEST

START_TEST(the_same_key_in_two_places_is_found)
{
    put("http/a", STR("1"));
    put("traefik/http/a", STR("2"));
    ck_assert(read_folder("traefik"));
    ck_assert_str_eq(kv_test_show(&t), "traefik/http/a=2\n");
    ck_assert_str_eq(
        kv_test_findings(&t),
        "warning[duplicate-key] traefik/http/a: the key occurs 2 times, and the last one counts\n");
}
END_TEST

START_TEST(hidden_entries_are_not_looked_at)
{
    put(".git/config", STR("x"));
    put("http/.rule.swp", STR("x"));
    put("http/a", STR("1"));
    ck_assert_int_eq(symlink("/etc/passwd", path_of("..data")), 0);
    ck_assert(read_folder("r"));
    ck_assert_str_eq(kv_test_show(&t), "r/http/a=1\n");
}
END_TEST

START_TEST(an_empty_folder_holds_nothing)
{
    ck_assert(file_make_folder(path_of("http/routers")));
    ck_assert(read_folder("r"));
    ck_assert_uint_eq(t.snapshot.n, 0);
    ck_assert_uint_eq(diag_total(t.diag), 0);
}
END_TEST

START_TEST(a_link_to_a_file_inside_is_that_file)
{
    put(".v1/rule", STR("inside\n"));
    ck_assert_int_eq(symlink(".v1/rule", path_of("rule")), 0);
    ck_assert(read_folder("r"));
    ck_assert_str_eq(kv_test_show(&t), "r/rule=inside\n");
}
END_TEST

START_TEST(links_out_of_the_folder_or_in_circles_are_refused)
{
    static const char *const targets[] = {
        "/etc/hostname", "../check_folder_neighbour", ".", "..", "sub", "/"
    };
    char neighbour[] = "/tmp/check_folder_neighbour";
    put("sub/a", STR("1"));
    ck_assert(file_write(neighbour, STR("x"), 0600, false));
    ck_assert_int_eq(symlink(targets[_i], path_of("link")), 0);
    bool good = read_folder("r");
    unlink(neighbour);
    ck_assert(!good);
    ck_assert_uint_eq(diag_total(t.diag), 1);
    ck_assert_ptr_nonnull(strstr(kv_test_findings(&t), "/link: it is a link that leads out of the folder"));
    ck_assert_uint_eq(t.snapshot.n, 0);
}
END_TEST

/* A folder beside that starts with the same name is not inside. */
START_TEST(a_neighbour_with_a_longer_name_is_outside)
{
    put("in/a", STR("1"));
    put("in-not/secret", STR("2"));
    ck_assert_int_eq(symlink("../in-not/secret", path_of("in/link")), 0);
    ck_assert(!kv_read_folder(t.arena, path_of("in"), STR("r"), &t.snapshot, t.diag));
}
END_TEST

START_TEST(all_that_is_wrong_is_told_in_order)
{
    ck_assert_int_eq(mkfifo(path_of("b"), 0600), 0);
    ck_assert_int_eq(symlink("nowhere", path_of("a")), 0);
    put("c", STR("1"));
    ck_assert(!read_folder("r"));
    char want[400];
    snprintf(want, sizeof want,
             "error[bad-source] %s/a: it cannot be read: No such file or directory\n"
             "error[bad-source] %s/b: it is neither a file nor a folder\n",
             folder, folder);
    ck_assert_str_eq(kv_test_findings(&t), want);
}
END_TEST

START_TEST(depth_is_bounded)
{
    char name[3 * KV_MAX_DEPTH + 10] = "";
    for (int i = 0; i < KV_MAX_DEPTH - 1; i++)
        strcat(name, "d/");
    strcat(name, "f");
    put(name, STR("1"));
    ck_assert(read_folder("r"));
    ck_assert_uint_eq(t.snapshot.n, 1);
    memcpy(name + strlen(name) - 1, "d/f", 4);
    unlink(path_of("d"));
    char *file = strrchr(name, 'd');
    *file = 'e';
    put(name, STR("1"));
    ck_assert(!read_folder("r"));
    ck_assert_ptr_nonnull(strstr(kv_test_findings(&t), "it is nested too deeply"));
}
END_TEST

START_TEST(a_trailing_slash_and_a_path_do_not_matter)
{
    put("http/a", STR("1"));
    const char *slashed = path_of("");
    ck_assert(kv_read_path(t.arena, slashed, STR("r"), &t.snapshot, t.diag));
    ck_assert_str_eq(kv_test_show(&t), "r/http/a=1\n");
}
END_TEST

START_TEST(what_is_not_there_is_a_finding)
{
    ck_assert(!kv_read_folder(t.arena, "/nowhere/at/all", STR("r"), &t.snapshot, t.diag));
    ck_assert(!kv_read_path(t.arena, "/nowhere/at/all", STR("r"), &t.snapshot, t.diag));
    ck_assert_str_eq(kv_test_findings(&t),
                     "error[bad-source] /nowhere/at/all: it cannot be read: No such file or directory\n"
                     "error[bad-source] /nowhere/at/all: it cannot be read: No such file or directory\n");
    ck_assert(str_eq(t.snapshot.root, STR("r")));
}
END_TEST

START_TEST(a_dash_is_the_standard_input)
{
    int saved = dup(STDIN_FILENO), ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "r/a\n1\n", 6), 6);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    bool good = kv_read_path(t.arena, "-", STR("r"), &t.snapshot, t.diag);
    dup2(saved, STDIN_FILENO);
    close(saved);
    ck_assert(good);
    ck_assert_str_eq(kv_test_show(&t), "r/a=1\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kv/folder");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, paths_are_keys_below_the_root);
    tcase_add_test(all, a_top_folder_named_like_the_root_is_the_root);
    tcase_add_test(all, the_root_may_be_a_path);
    tcase_add_test(all, one_final_line_end_is_no_part_of_the_value);
    tcase_add_test(all, the_same_key_in_two_places_is_found);
    tcase_add_test(all, hidden_entries_are_not_looked_at);
    tcase_add_test(all, an_empty_folder_holds_nothing);
    tcase_add_test(all, a_link_to_a_file_inside_is_that_file);
    tcase_add_loop_test(all, links_out_of_the_folder_or_in_circles_are_refused, 0, 6);
    tcase_add_test(all, a_neighbour_with_a_longer_name_is_outside);
    tcase_add_test(all, all_that_is_wrong_is_told_in_order);
    tcase_add_test(all, depth_is_bounded);
    tcase_add_test(all, a_trailing_slash_and_a_path_do_not_matter);
    tcase_add_test(all, what_is_not_there_is_a_finding);
    tcase_add_test(all, a_dash_is_the_standard_input);
    return kv_test_run(srunner_create(suite));
}
