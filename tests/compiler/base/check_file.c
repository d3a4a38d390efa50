#include "base/file.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[128], beside[160];
static struct buf out;

static void setup(void)
{
    strcpy(folder, "/tmp/check_file.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(beside, sizeof beside, "%s.new", path);
    out = buf_make(0);
}

static void teardown(void)
{
    buf_fini(&out);
    unlink(path);
    unlink(beside);
    rmdir(folder);
}

static unsigned mode_of(const char *name)
{
    struct stat st;
    ck_assert_int_eq(lstat(name, &st), 0);
    ck_assert(S_ISREG(st.st_mode));
    return st.st_mode & 0777;
}

START_TEST(what_is_written_is_read_back)
{
    size_t n = 300000;
    char *bytes = xmalloc(n);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 7 ^ i >> 8);
    ck_assert(file_write(path, str_of(bytes, n), 0600, _i));
    ck_assert_uint_eq(mode_of(path), 0600);
    ck_assert_int_eq(access(beside, F_OK), -1);
    buf_puts(&out, "before");
    ck_assert(file_read(path, 0, &out));
    ck_assert_uint_eq(out.n, n + 6);
    ck_assert_mem_eq(out.p, "before", 6);
    ck_assert_mem_eq(out.p + 6, bytes, n);
    free(bytes);
}
END_TEST

START_TEST(an_empty_file_is_a_file)
{
    ck_assert(file_write(path, STR(""), 0600, false));
    ck_assert(file_read(path, 10, &out));
    ck_assert_uint_eq(out.n, 0);
}
END_TEST

START_TEST(a_new_text_replaces_the_whole_old_one)
{
    ck_assert(file_write(path, STR("a long text"), 0600, false));
    ck_assert(file_write(path, STR("short"), 0600, false));
    ck_assert(file_read(path, 0, &out));
    ck_assert_str_eq(out.p, "short");
}
END_TEST

/* What a crash left there must not lend its mode to a file that holds secrets. */
START_TEST(a_leftover_beside_has_no_say)
{
    int fd = open(beside, O_CREAT | O_WRONLY, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "left over, and longer", 21), 21);
    close(fd);
    ck_assert(file_write(path, STR("secret"), 0600, false));
    ck_assert_uint_eq(mode_of(path), 0600);
    ck_assert(file_read(path, 0, &out));
    ck_assert_str_eq(out.p, "secret");
}
END_TEST

START_TEST(a_link_beside_is_not_written_through)
{
    char victim[160];
    snprintf(victim, sizeof victim, "%s/victim", folder);
    ck_assert_int_eq(symlink(victim, beside), 0);
    ck_assert(file_write(path, STR("text"), 0600, false));
    ck_assert_int_eq(access(victim, F_OK), -1);
    ck_assert_uint_eq(mode_of(path), 0600);
}
END_TEST

START_TEST(the_limit_is_the_largest_size_that_is_read)
{
    ck_assert(file_write(path, STR("12345"), 0600, false));
    ck_assert(file_read(path, 5, &out));
    ck_assert_str_eq(out.p, "12345");
    buf_reset(&out);
    errno = 0;
    ck_assert(!file_read(path, 4, &out));
    ck_assert_int_eq(errno, EFBIG);
}
END_TEST

START_TEST(a_buffer_that_is_full_is_told_too)
{
    ck_assert(file_write(path, STR("12345"), 0600, false));
    out.limit = 3;
    ck_assert(!file_read(path, 0, &out));
    ck_assert_int_eq(errno, EFBIG);
}
END_TEST

START_TEST(what_is_not_there_or_no_file_is_an_error)
{
    ck_assert(!file_read(path, 0, &out));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert(!file_read(folder, 0, &out));
    ck_assert_int_eq(errno, EISDIR);
    ck_assert(!file_write("/nowhere/at/all", STR("x"), 0600, false));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_failed_write_leaves_nothing_behind)
{
    char taken[160], new_name[200];
    snprintf(taken, sizeof taken, "%s/taken", folder);
    snprintf(new_name, sizeof new_name, "%s.new", taken);
    ck_assert_int_eq(mkdir(taken, 0700), 0);
    ck_assert(!file_write(taken, STR("x"), 0600, false));
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_int_eq(access(new_name, F_OK), -1);
    rmdir(taken);
}
END_TEST

START_TEST(names_beyond_measure_are_errors)
{
    char name[5000];
    memset(name, 'a', sizeof name);
    name[4999] = '\0';
    ck_assert(!file_write(name, STR("x"), 0600, false));
    ck_assert_int_eq(errno, ENAMETOOLONG);
    ck_assert(!file_make_folder(name));
    ck_assert_int_eq(errno, ENAMETOOLONG);
    ck_assert(!file_make_folder(""));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(folders_are_made_with_those_above)
{
    char deep[200], inner[200];
    struct stat st;
    snprintf(inner, sizeof inner, "%s/a", folder);
    snprintf(deep, sizeof deep, "%s/a/b%s", folder, _i ? "/" : "");
    ck_assert(file_make_folder(deep));
    ck_assert(file_make_folder(deep));
    ck_assert_int_eq(stat(deep, &st), 0);
    ck_assert(S_ISDIR(st.st_mode));
    ck_assert_uint_eq(st.st_mode & 0777, 0700);
    rmdir(deep);
    rmdir(inner);
}
END_TEST

START_TEST(a_file_in_the_way_of_a_folder_is_an_error)
{
    char below[200];
    ck_assert(file_write(path, STR("x"), 0600, false));
    ck_assert(!file_make_folder(path));
    ck_assert_int_eq(errno, ENOTDIR);
    snprintf(below, sizeof below, "%s/below", path);
    ck_assert(!file_make_folder(below));
    ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

START_TEST(a_dash_is_the_standard_input)
{
    int saved = dup(STDIN_FILENO), ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "from a pipe", 11), 11);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    bool good = file_read("-", 0, &out);
    dup2(saved, STDIN_FILENO);
    close(saved);
    ck_assert(good);
    ck_assert_str_eq(out.p, "from a pipe");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/file");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, what_is_written_is_read_back, 0, 2);
    tcase_add_test(all, an_empty_file_is_a_file);
    tcase_add_test(all, a_new_text_replaces_the_whole_old_one);
    tcase_add_test(all, a_leftover_beside_has_no_say);
    tcase_add_test(all, a_link_beside_is_not_written_through);
    tcase_add_test(all, the_limit_is_the_largest_size_that_is_read);
    tcase_add_test(all, a_buffer_that_is_full_is_told_too);
    tcase_add_test(all, what_is_not_there_or_no_file_is_an_error);
    tcase_add_test(all, a_failed_write_leaves_nothing_behind);
    tcase_add_test(all, names_beyond_measure_are_errors);
    tcase_add_loop_test(all, folders_are_made_with_those_above, 0, 2);
    tcase_add_test(all, a_file_in_the_way_of_a_folder_is_an_error);
    tcase_add_test(all, a_dash_is_the_standard_input);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
