#include "relay/heading_reader.h"

#include <stdlib.h>

#include "base/arena.h"
#include "suite.h"

START_TEST(lines_are_put_together_from_pieces)
{
    struct heading heading = { 0 };
    struct heading_reader r = { 0 };
    heading_reader_start(&r, &heading);
    ck_assert(heading_reader_end(&r)); /* a message without headers */
    ck_assert_uint_eq(heading.n, 0);
    ck_assert(heading_reader_name(&r, STR("ho")) && heading_reader_name(&r, STR("st")));
    ck_assert(heading_reader_value(&r, STR(" a.t")) && heading_reader_value(&r, STR("est ")));
    ck_assert(heading_reader_name(&r, STR("empty")) && heading_reader_value(&r, STR("")));
    ck_assert(heading_reader_end(&r));
    ck_assert_uint_eq(heading.n, 2);
    ck_assert(str_eq(heading_get(&heading, STR("host")), STR("a.test")));
    ck_assert(str_eq(heading_value(&heading, 0), STR("a.test")));
    ck_assert(heading_get(&heading, STR("empty")).p && heading_get(&heading, STR("empty")).n == 0);
    heading_reader_fini(&r);
    heading_fini(&heading);
}
END_TEST

START_TEST(what_is_left_of_a_line_is_not_of_the_next_message)
{
    struct heading heading = { 0 };
    struct heading_reader r = { 0 };
    heading_reader_start(&r, &heading);
    ck_assert(heading_reader_name(&r, STR("x-for")) && heading_reader_value(&r, STR("ged")));
    heading_reader_start(&r, &heading);
    ck_assert(heading_reader_name(&r, STR("mer")) && heading_reader_value(&r, STR("1")) &&
              heading_reader_end(&r));
    ck_assert_uint_eq(heading.n, 1);
    ck_assert(str_eq(heading_get(&heading, STR("mer")), STR("1")));
    heading_reader_fini(&r);
    heading_fini(&heading);
}
END_TEST

START_TEST(there_is_a_limit)
{
    enum { PIECE = 100 << 10 };
    char *piece = xmalloc(PIECE);
    memset(piece, 'a', PIECE);
    struct heading heading = { 0 };
    struct heading_reader r = { 0 };
    heading_reader_start(&r, &heading);
    int names = 0, values = 0, lines = 0;
    while (names < 10 && heading_reader_name(&r, str_of(piece, PIECE)))
        names++;
    heading_reader_start(&r, &heading);
    while (values < 10 && heading_reader_value(&r, str_of(piece, PIECE)))
        values++;
    heading_reader_start(&r, &heading);
    while (lines < 10 && heading_reader_name(&r, STR("n")) && heading_reader_value(&r, str_of(piece, PIECE)))
        lines++;
    ck_assert_int_eq(names, 5);
    ck_assert_int_eq(values, 5);
    ck_assert_int_eq(lines, 6);
    heading_reader_fini(&r);
    heading_fini(&heading);
    free(piece);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { lines_are_put_together_from_pieces, 0 },
        { what_is_left_of_a_line_is_not_of_the_next_message, 0 },
        { there_is_a_limit, 0 },
        { NULL, 0 },
    };
    return run_suite("heading_reader", tests);
}
