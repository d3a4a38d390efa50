#include "route/scalar.h"

#include <math.h>

#include "suite.h"

static const struct {
    const char *text;
    bool good, value;
} bools[] = {
    { "1", true, true },       { "t", true, true },      { "T", true, true },      { "TRUE", true, true },
    { "true", true, true },    { "True", true, true },   { "0", true, false },     { "f", true, false },
    { "F", true, false },      { "FALSE", true, false }, { "false", true, false }, { "False", true, false },
    { "", false, false },      { "yes", false, false },  { "tRUE", false, false }, { " true", false, false },
    { "true ", false, false }, { "2", false, false },    { "on", false, false },   { "fALSE", false, false },
};

START_TEST(bools_are_gos)
{
    bool v;
    ck_assert_int_eq(scalar_bool(str_c(bools[_i].text), &v), bools[_i].good);
    ck_assert_int_eq(v, bools[_i].value);
}
END_TEST

#define SECOND 1000000000LL

static const struct {
    const char *text;
    bool good;
    long long ns;
} durations[] = {
    { "0", true, 0 },
    { "1", true, SECOND },
    { "-1", true, -SECOND },
    { "+2", true, 2 * SECOND },
    { "90", true, 90 * SECOND },
    { "9223372036", true, 9223372036 * SECOND },
    { "9223372037", false, 0 },
    { "-9223372037", false, 0 },
    { "99999999999999999999", false, 0 },
    { "1s", true, SECOND },
    { "100ms", true, SECOND / 10 },
    { "1.5s", true, SECOND * 3 / 2 },
    { ".5s", true, SECOND / 2 },
    { "5.s", true, 5 * SECOND },
    { "-.5s", true, -SECOND / 2 },
    { "1h2m3.5s", true, 3723 * SECOND + SECOND / 2 },
    { "1h1h", true, 7200 * SECOND },
    { "1us", true, 1000 },
    { "1\xc2\xb5s", true, 1000 },
    { "1\xce\xbcs", true, 1000 },
    { "7ns", true, 7 },
    { "1.9ns", true, 1 },
    { "0.000000001s", true, 1 },
    { "0.3333333333333333333333333333h", true, 1200 * SECOND },
    { "-0s", true, 0 },
    { "9223372036854775807ns", true, 9223372036854775807LL },
    { "-9223372036854775808ns", true, -9223372036854775807LL - 1 },
    { "9223372036854775808ns", false, 0 },
    { "9223372036854775809ns", false, 0 },
    { "9223372036854775808ns9223372036854775808ns", false, 0 },
    { "-9223372036854775808ns1ns", false, 0 },
    { "2562047h47m16.854775807s", true, 9223372036854775807LL },
    { "2562047h47m16.854775808s", false, 0 },
    { "2562048h", false, 0 },
    { "", false, 0 },
    { "-", false, 0 },
    { "+", false, 0 },
    { "s", false, 0 },
    { ".", false, 0 },
    { ".s", false, 0 },
    { "1.5", false, 0 },
    { "1 s", false, 0 },
    { " 1s", false, 0 },
    { "1s ", false, 0 },
    { "1S", false, 0 },
    { "1d", false, 0 },
    { "1m-1s", false, 0 },
    { "--1s", false, 0 },
    { "1e3s", false, 0 },
    { "0x1s", false, 0 },
    { "1_0s", false, 0 },
    { "1.1.1s", false, 0 },
};

START_TEST(durations_are_gos_and_numbers_are_seconds)
{
    int64_t ns;
    ck_assert_msg(scalar_duration(str_c(durations[_i].text), &ns) == durations[_i].good, "%s",
                  durations[_i].text);
    if (durations[_i].good)
        ck_assert_msg(ns == durations[_i].ns, "%s is %lld", durations[_i].text, (long long)ns);
}
END_TEST

static const struct {
    const char *text;
    bool good;
    double value;
} floats[] = {
    { "1", true, 1 },
    { "-1.5", true, -1.5 },
    { "+.5", true, .5 },
    { "5.", true, 5 },
    { "1e3", true, 1000 },
    { "1E-3", true, .001 },
    { "1_000.5", true, 1000.5 },
    { "0x1p4", true, 16 },
    { "0x_1.8p1", true, 3 },
    { "inf", true, INFINITY },
    { "-Infinity", true, -INFINITY },
    { "1e-400", true, 0 },
    { "", false, 0 },
    { ".", false, 0 },
    { "+", false, 0 },
    { "1e", false, 0 },
    { "1e+", false, 0 },
    { "e3", false, 0 },
    { "0x1", false, 0 },
    { "0x", false, 0 },
    { "_1", false, 0 },
    { "1_", false, 0 },
    { "1__0", false, 0 },
    { "1_.5", false, 0 },
    { "1._5", false, 0 },
    { " 1", false, 0 },
    { "1 ", false, 0 },
    { "1,5", false, 0 },
    { "1e400", false, 0 },
    { "+nan", false, 0 },
    { "abc", false, 0 },
};

START_TEST(floats_are_gos)
{
    double v;
    ck_assert_msg(scalar_float(str_c(floats[_i].text), &v) == floats[_i].good, "%s", floats[_i].text);
    if (floats[_i].good)
        ck_assert_msg(v == floats[_i].value, "%s is %f", floats[_i].text, v);
}
END_TEST

START_TEST(odd_floats_do_no_harm)
{
    double v;
    ck_assert(scalar_float(STR("NaN"), &v) && isnan(v));
    char many[200];
    memset(many, '1', sizeof many);
    ck_assert(!scalar_float(str_of(many, sizeof many), &v));
    ck_assert(!scalar_float(str_of("1\0", 2), &v));
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { bools_are_gos, ROWS(bools) },
        { durations_are_gos_and_numbers_are_seconds, ROWS(durations) },
        { floats_are_gos, ROWS(floats) },
        { odd_floats_do_no_harm, 0 },
        { NULL, 0 },
    };
    return run_suite("scalar", rows);
}
