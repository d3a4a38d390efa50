#include "relay/directive.h"

#include "suite.h"

static struct arena *arena;
static struct directives read;

static bool reads(const char *text)
{
    arena_destroy(arena);
    arena = arena_create();
    return directives_read(arena, str_c(text), &read);
}

START_TEST(mirrors_and_their_limits)
{
    ck_assert(reads("mirror?1?-1?}a%2520b@etcd?}c@etcd;"));
    ck_assert_uint_eq(read.n, 1);
    ck_assert_int_eq(read.p[0].kind, DIRECTIVE_MIRROR);
    ck_assert(read.p[0].mirror.with_body);
    ck_assert_int_eq(read.p[0].max_body, -1);
    ck_assert_uint_eq(read.p[0].mirror.n_targets, 2);
    ck_assert(str_eq(read.p[0].mirror.targets[0], STR("}a%20b@etcd")));
    ck_assert(reads("mirror?0?17?}a;"));
    ck_assert(!read.p[0].mirror.with_body);
    ck_assert_int_eq(read.p[0].max_body, 17);
}
END_TEST

START_TEST(statuses_are_single_ones_and_ranges)
{
    ck_assert(reads("failover?10?500-599,404?}b;mirror?1?0?}a;"));
    ck_assert_uint_eq(read.n, 2);
    const struct status_list *list = &read.p[0].statuses;
    ck_assert(status_list_has(list, 500) && status_list_has(list, 599) && status_list_has(list, 404));
    ck_assert(!status_list_has(list, 499) && !status_list_has(list, 600) && !status_list_has(list, 403));
    ck_assert(reads("failover?-1??}b;"));
    ck_assert(!status_list_has(&read.p[0].statuses, 0));
}
END_TEST

static const char *const wrong[] = {
    "",
    ";",
    "mirror?1?-1?}a",
    "mirror;",
    "mirror?1?;",
    "mirror?1?x?}a;",
    "mirror?1?-1?a;b;",
    "mirror?1?-1?};",
    "mirror?1?99999999999999999999?}a;",
    "failover?10?500;",
    "failover?10?500?;",
    "failover?10?5xx?}b;",
    "failover?10?500-?}b;",
    "failover?10?500?}b?}c;",
    "nothing?1;",
    "mirror?1?-1?}a;;",
};

START_TEST(what_is_no_directive)
{
    ck_assert_msg(!reads(wrong[_i]), "%s", wrong[_i]);
    ck_assert_uint_eq(read.n, 0);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { mirrors_and_their_limits, 0 },
        { statuses_are_single_ones_and_ranges, 0 },
        { what_is_no_directive, ROWS(wrong) },
        { NULL, 0 },
    };
    int failed = run_suite("directive", tests);
    arena_destroy(arena);
    return failed;
}
