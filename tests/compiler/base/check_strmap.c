#include "base/strmap.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

static struct arena *arena;

static void setup(void)
{
    arena = arena_create();
}

static void teardown(void)
{
    arena_destroy(arena);
}

START_TEST(an_empty_table_holds_nothing)
{
    struct strmap *map = strmap_create(arena, 0);
    ck_assert_ptr_null(strmap_get(map, STR("a")));
    ck_assert_ptr_null(strmap_get(map, STR("")));
    ck_assert_uint_eq(strmap_count(map), 0);
}
END_TEST

START_TEST(put_returns_what_stood_there)
{
    struct strmap *map = strmap_create(arena, 1);
    int a, b;
    ck_assert_ptr_null(strmap_put(map, STR("key"), &a));
    ck_assert_ptr_eq(strmap_put(map, STR("key"), &b), &a);
    ck_assert_ptr_eq(strmap_get(map, STR("key")), &b);
    ck_assert_uint_eq(strmap_count(map), 1);
}
END_TEST

START_TEST(keys_are_bytes_and_may_be_empty)
{
    struct strmap *map = strmap_create(arena, 0);
    int a, b, c;
    strmap_put(map, STR(""), &a);
    strmap_put(map, STR("\0"), &b);
    strmap_put(map, STR("x\0y"), &c);
    ck_assert_ptr_eq(strmap_get(map, (struct str){ 0 }), &a);
    ck_assert_ptr_eq(strmap_get(map, STR("\0")), &b);
    ck_assert_ptr_eq(strmap_get(map, STR("x\0y")), &c);
    ck_assert_ptr_null(strmap_get(map, STR("x")));
    ck_assert_ptr_null(strmap_get(map, STR("X\0y")));
}
END_TEST

/* From 0: through all growth; from 30,000: without any. */
START_TEST(nothing_is_lost_when_it_grows)
{
    enum { COUNT = 30000 };
    struct strmap *map = strmap_create(arena, _i ? COUNT : 0);
    struct str *keys = ARENA_ARRAY(arena, struct str, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        keys[i] = arena_printf(arena, "name%zu", i);
        ck_assert_ptr_null(strmap_put(map, keys[i], &keys[i]));
    }
    ck_assert_uint_eq(strmap_count(map), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_ptr_eq(strmap_get(map, keys[i]), &keys[i]);
        ck_assert_ptr_null(strmap_get(map, arena_printf(arena, "other%zu", i)));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/strmap");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, an_empty_table_holds_nothing);
    tcase_add_test(all, put_returns_what_stood_there);
    tcase_add_test(all, keys_are_bytes_and_may_be_empty);
    tcase_add_loop_test(all, nothing_is_lost_when_it_grows, 0, 2);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
