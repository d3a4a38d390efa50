#include "control/named_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "suite.h"

struct desk {
    char folder[64], path[128];
    struct named_files *files;
};

static void desk_open(struct desk *desk)
{
    strcpy(desk->folder, "/tmp/check_named_files.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(desk->folder));
    snprintf(desk->path, sizeof desk->path, "%s/users", desk->folder);
    desk->files = named_files_create();
}

static void desk_close(struct desk *desk)
{
    named_files_destroy(desk->files);
    unlink(desk->path);
    ck_assert_int_eq(rmdir(desk->folder), 0);
}

static void put(struct desk *desk, const char *text)
{
    ck_assert(file_write(desk->path, str_c(text), 0600, false));
}

/* As a compile does. */
static bool reads(struct desk *desk, const char *path, const char *expected)
{
    struct str contents;
    const struct file_view *view = named_files_view(desk->files);
    return view->read(view->context, str_c(path), &contents) && str_eq(contents, str_c(expected));
}

START_TEST(changes_of_what_was_asked_for_are_noticed)
{
    struct desk desk;
    desk_open(&desk);
    put(&desk, "one");
    ck_assert(!named_files_changed(desk.files));
    ck_assert(reads(&desk, desk.path, "one"));
    ck_assert(!named_files_changed(desk.files));
    put(&desk, "two");
    ck_assert(reads(&desk, desk.path, "one")); /* until somebody looks: one compile sees one state */
    ck_assert(named_files_changed(desk.files));
    ck_assert(reads(&desk, desk.path, "two"));
    ck_assert(!named_files_changed(desk.files));
    unlink(desk.path);
    ck_assert(named_files_changed(desk.files));
    ck_assert(!reads(&desk, desk.path, "two"));
    put(&desk, "");
    ck_assert(named_files_changed(desk.files));
    ck_assert(reads(&desk, desk.path, ""));
    desk_close(&desk);
}
END_TEST

START_TEST(what_no_compile_asks_for_any_more_is_forgotten)
{
    struct desk desk;
    desk_open(&desk);
    ck_assert(!reads(&desk, desk.path, "")); /* not there, but wanted */
    put(&desk, "one");
    ck_assert(named_files_changed(desk.files));
    put(&desk, "two"); /* the compile that follows asks for nothing */
    ck_assert(!named_files_changed(desk.files));
    put(&desk, "three");
    ck_assert(!named_files_changed(desk.files));
    ck_assert(reads(&desk, desk.path, "three"));
    desk_close(&desk);
}
END_TEST

START_TEST(odd_names_are_no_files)
{
    struct desk desk;
    struct str contents;
    desk_open(&desk);
    put(&desk, "one");
    const struct file_view *view = named_files_view(desk.files);
    char cut[256];
    int n = snprintf(cut, sizeof cut, "%s%cx", desk.path, '\0');
    ck_assert(!view->read(view->context, str_of(cut, (size_t)n), &contents));
    ck_assert(!reads(&desk, "", "one") && !reads(&desk, desk.folder, "one") &&
              !reads(&desk, "/dev/zero", ""));
    desk_close(&desk);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { changes_of_what_was_asked_for_are_noticed, 0 },
                                     { what_no_compile_asks_for_any_more_is_forgotten, 0 },
                                     { odd_names_are_no_files, 0 },
                                     { 0 } };
    return run_suite("named_files", rows);
}
