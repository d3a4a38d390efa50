#include "emit/change.h"

#include "suite.h"

START_TEST(only_files_that_differ_are_told_with_their_lines)
{
    struct arena *arena = arena_create();
    const struct artifact old[] = { { STR("a"), STR("1\n2\n2\n"), false, false },
                                    { STR("b"), STR("same\n"), false, false },
                                    { STR("gone"), STR("x\ny\n"), false, false } };
    const struct artifact new[] = { { STR("a"), STR("2\n1\n3\n4\n"), false, false },
                                    { STR("b"), STR("same\n"), false, false },
                                    { STR("new"), STR("z\n"), true, false } };
    struct artifacts before = { old, 3 }, after = { new, 3 };
    struct artifact_changes changes = artifacts_compare(arena, &before, &after);
    ck_assert_uint_eq(changes.n, 3);
    static const struct {
        const char *name;
        size_t added, removed;
    } want[] = { { "a", 2, 1 }, { "new", 1, 0 }, { "gone", 0, 2 } };
    for (size_t i = 0; i < 3; i++) {
        ck_assert(str_eq(changes.p[i].name, str_c(want[i].name)));
        ck_assert_uint_eq(changes.p[i].added, want[i].added);
        ck_assert_uint_eq(changes.p[i].removed, want[i].removed);
    }
    ck_assert_uint_eq(artifacts_compare(arena, &before, &before).n, 0);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { only_files_that_differ_are_told_with_their_lines, 0 }, { NULL, 0 } };
    return run_suite("change", rows);
}
