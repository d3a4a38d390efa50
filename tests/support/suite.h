/* The main() of every unit test: one suite, one case, a table of tests (not a static one: check declares
 * tests as variables). */
#pragma once

#include <check.h>

struct test_row {
    const TTest *test;
    int loops; /* 0: once */
};

static inline int run_suite(const char *name, const struct test_row *rows)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    for (; rows->test; rows++) {
        if (rows->loops)
            tcase_add_loop_test(tcase, rows->test, 0, rows->loops);
        else
            tcase_add_test(tcase, rows->test);
    }
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#define ROWS(table) (int)(sizeof(table) / sizeof *(table))
