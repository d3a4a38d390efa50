#include "ops/duration.h"

#include <stdlib.h>

#include "suite.h"

static const struct {
    int64_t ns;
    const char *text;
} rows[] = {
    { 0, "0s" },
    { 1, "1ns" },
    { 999, "999ns" },
    { 1000, "1\xc2\xb5s" },
    { 1100, "1.1\xc2\xb5s" },
    { 999999, "999.999\xc2\xb5s" },
    { 1000000, "1ms" },
    { 137980226, "137.980226ms" },
    { 999999999, "999.999999ms" },
    { 1000000000, "1s" },
    { 1499000000, "1.499s" },
    { 1000000001, "1.000000001s" },
    { 59999999999, "59.999999999s" },
    { 60000000000, "1m0s" },
    { 299990000000, "4m59.99s" },
    { 3600500000000, "1h0m0.5s" },
    { 3661000000000, "1h1m1s" },
    { 86400000000000, "24h0m0s" },
    { INT64_MAX, "2562047h47m16.854775807s" },
};

START_TEST(durations_read_as_in_go)
{
    char out[DURATION_TEXT];
    struct str text = duration_text(rows[_i].ns, out);
    ck_assert_msg(str_eq(text, str_c(rows[_i].text)), "%.*s is not %s", STR_ARG(text), rows[_i].text);
}
END_TEST

START_TEST(seconds_are_rounded_up)
{
    static const struct {
        int64_t ns;
        const char *text;
    } seconds[] = {
        { 0, "0" }, { 1, "1" }, { 1000000000, "1" }, { 1000000001, "2" }, { INT64_MAX, "9223372037" }
    };
    char out[DURATION_TEXT];
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
        ck_assert(str_eq(seconds_text(seconds[i].ns, out), str_c(seconds[i].text)));
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { durations_read_as_in_go, ROWS(rows) },
        { seconds_are_rounded_up, 0 },
        { NULL, 0 },
    };
    return run_suite("duration", tests);
}
