#include "spop/delays.h"

#include <stdio.h>
#include <stdlib.h>

#include "suite.h"

START_TEST(answers_come_out_when_due_the_first_first)
{
    struct delays delays;
    delays_init(&delays, 1000);
    uint32_t random = 7;
    for (int i = 0; i < 1000; i++) {
        random = random * 1664525 + 1013904223;
        int64_t due = random % 500;
        char text[16];
        int n = snprintf(text, sizeof text, "%d", (int)due);
        ck_assert(delays_push(&delays, due, &delays, str_of(text, (size_t)n)));
    }
    int64_t last = -1;
    int count = 0;
    for (int64_t now = 0; now <= 500; now += 10) {
        void *owner;
        char *answer;
        size_t n;
        while (delays_pop(&delays, now, &owner, &answer, &n)) {
            char text[16];
            snprintf(text, sizeof text, "%.*s", (int)n, answer);
            int64_t due = atoi(text);
            ck_assert_int_le(due, now);
            ck_assert_int_ge(due, last);
            ck_assert_ptr_eq(owner, &delays);
            last = due;
            count++;
            free(answer);
        }
        ck_assert_int_gt(delays_next(&delays), now);
    }
    ck_assert_int_eq(count, 1000);
    ck_assert_int_eq(delays_next(&delays), INT64_MAX);
    delays_fini(&delays);
}
END_TEST

START_TEST(nothing_comes_out_of_nothing)
{
    struct delays delays;
    void *owner;
    char *answer;
    size_t n;
    delays_init(&delays, 1);
    ck_assert_int_eq(delays_next(&delays), INT64_MAX);
    ck_assert(!delays_pop(&delays, INT64_MAX, &owner, &answer, &n));
    delays_fini(&delays);
}
END_TEST

START_TEST(a_full_heap_takes_no_more)
{
    struct delays delays;
    delays_init(&delays, 100);
    for (int i = 0; i < 100; i++)
        ck_assert(delays_push(&delays, 1, NULL, STR("x")));
    ck_assert(!delays_push(&delays, 0, NULL, STR("x")));
    delays_fini(&delays);
    ck_assert(delays_push(&delays, 0, NULL, STR("x")));
    delays_fini(&delays);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { answers_come_out_when_due_the_first_first, 0 },
        { nothing_comes_out_of_nothing, 0 },
        { a_full_heap_takes_no_more, 0 },
        { NULL, 0 },
    };
    return run_suite("delays", tests);
}
