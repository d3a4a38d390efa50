#include "route/guess.h"

#include "suite.h"

START_TEST(near_values_are_proposed)
{
    static const struct {
        enum schema_type type;
        const char *text, *want;
    } rows[] = {
        { SCHEMA_BOOL, "flase", "false" },
        { SCHEMA_BOOL, "treu", "true" },
        { SCHEMA_BOOL, "yes", "true" },
        { SCHEMA_BOOL, "Off", "false" },
        { SCHEMA_BOOL, "maybe", "" },
        { SCHEMA_BOOL, "", "" },
        { SCHEMA_INT, "1O", "10" },
        { SCHEMA_INT, "1 000", "1000" },
        { SCHEMA_INT, "high", "" },
        { SCHEMA_INT, "l0", "10" },
        { SCHEMA_DURATION, "1 minute", "1m" },
        { SCHEMA_DURATION, "5sec", "5s" },
        { SCHEMA_DURATION, "1 hour 30 min", "1h30m" },
        { SCHEMA_DURATION, "soon", "" },
        { SCHEMA_DURATION, "5 x", "" },
        { SCHEMA_DURATION, "100 ms", "100ms" },
        { SCHEMA_TEXT, "x", "" },
    };
    struct arena *arena = arena_create();
    for (int i = 0; i < ROWS(rows); i++) {
        struct str got = guess_value(arena, rows[i].type, str_c(rows[i].text));
        ck_assert_msg(str_eq(got, str_c(rows[i].want)), "%s: %.*s", rows[i].text, STR_ARG(got));
    }
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { near_values_are_proposed, 0 }, { NULL, 0 } };
    return run_suite("guess", rows);
}
