#include "base/arena.h"

#include <check.h>
#include <stdlib.h>

#include "base/vec.h"

START_TEST(memory_is_zeroed_aligned_and_apart)
{
    struct arena *arena = arena_create();
    static const unsigned char zeros[97];
    unsigned char *blocks[3000];
    for (size_t i = 0; i < 3000; i++) {
        size_t align = (size_t)1 << i % 5, size = 1 + i % 97;
        blocks[i] = arena_alloc(arena, size, align);
        ck_assert_uint_eq((uintptr_t)blocks[i] % align, 0);
        ck_assert_mem_eq(blocks[i], zeros, size);
        memset(blocks[i], (int)(i & 0xff), size);
    }
    for (size_t i = 0; i < 3000; i++) {
        unsigned char want[97];
        memset(want, (int)(i & 0xff), sizeof want);
        ck_assert_mem_eq(blocks[i], want, 1 + i % 97);
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(an_oversized_block_leaves_the_current_one_in_use)
{
    struct arena *arena = arena_create();
    char *before = arena_alloc(arena, 10, 1);
    char *large = arena_alloc(arena, 5 << 20, 1);
    memset(large, 'x', 5 << 20);
    size_t size = arena_size(arena);
    char *after = arena_alloc(arena, 10, 1);
    ck_assert_ptr_eq(after, before + 10);
    ck_assert_uint_eq(arena_size(arena), size);
    ck_assert_uint_ge(size, 5 << 20);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_first_block_may_be_oversized)
{
    struct arena *arena = arena_create();
    memset(arena_alloc(arena, 3 << 20, 16), 1, 3 << 20);
    memset(arena_alloc(arena, 100, 16), 1, 100);
    arena_destroy(arena);
}
END_TEST

START_TEST(small_pieces_cost_little_more_than_their_bytes)
{
    struct arena *arena = arena_create();
    for (size_t i = 0; i < 1000000; i++)
        arena_alloc(arena, 16, 8);
    ck_assert_uint_lt(arena_size(arena), 18000000);
    arena_destroy(arena);
}
END_TEST

START_TEST(copies_end_in_nul_and_keep_inner_ones)
{
    struct arena *arena = arena_create();
    struct str s = arena_copy(arena, STR("a\0b")), empty = arena_copy(arena, (struct str){ 0 });
    ck_assert_uint_eq(s.n, 3);
    ck_assert_mem_eq(s.p, "a\0b", 4);
    ck_assert_uint_eq(empty.n, 0);
    ck_assert_ptr_nonnull(empty.p);
    ck_assert_int_eq(empty.p[0], '\0');
    arena_destroy(arena);
}
END_TEST

START_TEST(formatted_text_has_its_own_length)
{
    struct arena *arena = arena_create();
    struct str s = arena_printf(arena, "%s/%05d/%6000s", "a", 42, "end");
    ck_assert_uint_eq(s.n, 6008);
    ck_assert_mem_eq(s.p, "a/00042/  ", 10);
    ck_assert_mem_eq(s.p + s.n - 5, "  end", 6);
    ck_assert_uint_eq(arena_printf(arena, "%s", "").n, 0);
    arena_destroy(arena);
}
END_TEST

START_TEST(nothing_at_all_can_be_released)
{
    arena_destroy(NULL);
    arena_destroy(arena_create());
}
END_TEST

START_TEST(empty_requests_give_usable_pointers)
{
    struct arena *arena = arena_create();
    ck_assert_ptr_nonnull(arena_alloc(arena, 0, 1));
    ck_assert_ptr_nonnull(ARENA_ARRAY(arena, struct str, 0));
    arena_destroy(arena);
}
END_TEST

START_TEST(a_vector_keeps_what_is_pushed)
{
    VEC(size_t) v = { 0 };
    for (size_t i = 0; i < 10000; i++)
        vec_push(&v, i * i);
    ck_assert_uint_eq(v.n, 10000);
    for (size_t i = 0; i < v.n; i++)
        ck_assert_uint_eq(v.p[i], i * i);
    vec_fini(&v);
    ck_assert_ptr_null(v.p);
    ck_assert_uint_eq(v.n, 0);
    vec_push(&v, 7);
    ck_assert_uint_eq(v.p[0], 7);
    vec_fini(&v);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/arena");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_test(all, memory_is_zeroed_aligned_and_apart);
    tcase_add_test(all, an_oversized_block_leaves_the_current_one_in_use);
    tcase_add_test(all, a_first_block_may_be_oversized);
    tcase_add_test(all, small_pieces_cost_little_more_than_their_bytes);
    tcase_add_test(all, copies_end_in_nul_and_keep_inner_ones);
    tcase_add_test(all, formatted_text_has_its_own_length);
    tcase_add_test(all, nothing_at_all_can_be_released);
    tcase_add_test(all, empty_requests_give_usable_pointers);
    tcase_add_test(all, a_vector_keeps_what_is_pushed);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
