#include "control/growth.h"

#include "suite.h"
#include "sys/clock.h"

static const struct {
    enum growth_end end;
    int64_t took_ms;
    int failed;
    int64_t pause_ms;
    const char *why;
} rows[] = {
    { GROWTH_DONE, 100, 0, 10000, "each leaves an old worker behind" },
    { GROWTH_DONE, 500, 0, 10000, "a small part of the time" },
    { GROWTH_DONE, 4000, 0, 80000, "also where they take long" },
    { GROWTH_DISTURBED, 150, 0, 600, "what changes end is soon tried again" },
    { GROWTH_DISTURBED, 4000, 0, 16000, "but never all the time" },
    { GROWTH_FAILED, 100, 1, 20000, "what fails is tried later" },
    { GROWTH_FAILED, 100, 2, 40000, "and later" },
    { GROWTH_FAILED, 60000, 1, 1200000, "and as its time demands" },
    { GROWTH_FAILED, 100, 1000, 640000, "ten minutes at most" },
};

START_TEST(it_takes_its_time)
{
    int64_t pause = growth_pause(rows[_i].end, rows[_i].took_ms * NS_PER_MS, rows[_i].failed);
    ck_assert_msg(pause == rows[_i].pause_ms * NS_PER_MS, "%s: %lld ms", rows[_i].why,
                  (long long)(pause / NS_PER_MS));
}
END_TEST

int main(void)
{
    const struct test_row tests[] = { { it_takes_its_time, ROWS(rows) }, { 0 } };
    return run_suite("growth", tests);
}
