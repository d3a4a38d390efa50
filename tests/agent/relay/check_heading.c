#include "relay/heading.h"

#include <stdio.h>

#include "suite.h"

START_TEST(lines_keep_their_order_and_bytes)
{
    struct heading h = { 0 }, copy = { 0 };
    heading_add(&h, STR("X-A"), STR(" 1 "));
    heading_add(&h, STR("empty"), STR(""));
    heading_add(&h, STR("x-a"), STR("2"));
    heading_copy(&copy, &h);
    heading_reset(&h);
    ck_assert_uint_eq(copy.n, 3);
    ck_assert(str_eq(heading_name(&copy, 0), STR("X-A")));
    ck_assert(str_eq(heading_value(&copy, 0), STR(" 1 ")));
    ck_assert(str_eq(heading_value(&copy, 2), STR("2")));
    ck_assert(str_eq(heading_get(&copy, STR("x-A")), STR("1")));
    ck_assert(heading_get(&copy, STR("EMPTY")).p != NULL);
    ck_assert(heading_get(&copy, STR("none")).p == NULL);
    heading_fini(&h);
    heading_fini(&copy);
}
END_TEST

START_TEST(a_name_is_dropped_in_all_its_spellings)
{
    struct heading h = { 0 };
    heading_add(&h, STR("X-A"), STR("1"));
    heading_add(&h, STR("X-AB"), STR("2"));
    heading_add(&h, STR("x-a"), STR("3"));
    heading_drop(&h, STR("x-a"));
    ck_assert_uint_eq(h.n, 1);
    ck_assert(str_eq(heading_value(&h, 0), STR("2")));
    heading_drop(&h, STR("x-ab"));
    ck_assert_uint_eq(h.n, 0);
    heading_fini(&h);
}
END_TEST

START_TEST(many_lines)
{
    struct heading h = { 0 };
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        heading_add(&h, str_c(name), str_c(name + 1));
    }
    ck_assert(str_eq(heading_get(&h, STR("N999")), STR("999")));
    heading_fini(&h);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { lines_keep_their_order_and_bytes, 0 },
        { a_name_is_dropped_in_all_its_spellings, 0 },
        { many_lines, 0 },
        { NULL, 0 },
    };
    return run_suite("heading", tests);
}
