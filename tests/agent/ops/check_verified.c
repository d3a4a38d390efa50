#include "ops/verified.h"

#include <stdio.h>

#include "suite.h"

#define LATER (5 + VERIFIED_LIFE_NS)

static bool has(struct verified *v, const char *hash, const char *password, int64_t now_ns)
{
    struct verified_tag tag = verified_tag(v, str_c(hash), str_c(password));
    return verified_has(v, &tag, now_ns);
}

static void put(struct verified *v, const char *hash, const char *password, int64_t now_ns)
{
    struct verified_tag tag = verified_tag(v, str_c(hash), str_c(password));
    verified_put(v, &tag, now_ns);
}

START_TEST(what_was_verified_is_known_for_a_while)
{
    struct verified *v = verified_create();
    ck_assert(!has(v, "h", "p", 5));
    put(v, "h", "p", 5);
    ck_assert(has(v, "h", "p", 5));
    ck_assert(has(v, "h", "p", LATER - 1));
    ck_assert(!has(v, "h", "p", LATER));
    put(v, "h", "p", LATER);
    ck_assert(has(v, "h", "p", LATER));
    verified_destroy(v);
}
END_TEST

START_TEST(pairs_are_not_mixed_up)
{
    struct verified *v = verified_create();
    put(v, "ab", "c", 5);
    ck_assert(!has(v, "a", "bc", 5) && !has(v, "abc", "", 5) && !has(v, "", "abc", 5) &&
              !has(v, "ab", "d", 5));
    verified_destroy(v);
}
END_TEST

START_TEST(two_processes_make_different_tags)
{
    struct verified *a = verified_create(), *b = verified_create();
    struct verified_tag x = verified_tag(a, STR("h"), STR("p")), y = verified_tag(b, STR("h"), STR("p"));
    ck_assert_mem_ne(x.bytes, y.bytes, sizeof x.bytes);
    verified_destroy(a);
    verified_destroy(b);
}
END_TEST

START_TEST(memory_is_bounded_and_the_newest_stay)
{
    struct verified *v = verified_create();
    char password[32];
    int known = 0;
    for (int i = 0; i < 50000; i++) {
        snprintf(password, sizeof password, "%d", i);
        put(v, "h", password, 1000 + i);
    }
    for (int i = 45000; i < 50000; i++) {
        snprintf(password, sizeof password, "%d", i);
        known += has(v, "h", password, 60000);
    }
    ck_assert_int_gt(known, 4900);
    verified_destroy(v);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { what_was_verified_is_known_for_a_while, 0 },
                                     { pairs_are_not_mixed_up, 0 },
                                     { two_processes_make_different_tags, 0 },
                                     { memory_is_bounded_and_the_newest_stay, 0 },
                                     { 0 } };
    return run_suite("verified", rows);
}
