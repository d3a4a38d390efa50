#include "control/growth.h"

#include "suite.h"
#include "sys/clock.h"

#define S (1000 * NS_PER_MS)

/* When it may begin; the clock of each row stands at an hour. */
static const struct {
    struct growth_pace pace;
    bool may;
    const char *why;
} rows[] = {
    { { .changed_ns = 3599 * S }, true, "a second of quiet" },
    { { .changed_ns = 3600 * S - 499 * NS_PER_MS }, false, "what comes together shares one" },
    { { .changed_ns = 3599 * S, .disturbed = 1 }, true, "a second after one that was disturbed" },
    { { .changed_ns = 3599 * S, .disturbed = 2 }, false, "twice as long after two" },
    { { .changed_ns = 3584 * S, .disturbed = 1000 }, true, "never more than 16 seconds" },
    { { .changed_ns = 3500 * S, .ended_ns = 3591 * S }, false, "ten seconds between two" },
    { { .changed_ns = 3500 * S, .ended_ns = 3590 * S }, true, "and no more" },
    { { .changed_ns = 3500 * S, .ended_ns = 3581 * S, .failed = 1 }, false, "twice as long after a failure" },
    { { .changed_ns = 3500 * S, .ended_ns = 2961 * S, .failed = 1000 }, false, "up to" },
    { { .changed_ns = 3500 * S, .ended_ns = 2960 * S, .failed = 1000 }, true, "ten minutes" },
    { { .changed_ns = 3500 * S, .ended_ns = 3561 * S, .took_ns = 2 * S }, false, "a part of the time" },
    { { .changed_ns = 3500 * S, .ended_ns = 3560 * S, .took_ns = 2 * S }, true, "of one twentieth" },
};

START_TEST(it_takes_its_time)
{
    ck_assert_msg(growth_may_begin(&rows[_i].pace, 3600 * S) == rows[_i].may, "%s", rows[_i].why);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = { { it_takes_its_time, ROWS(rows) }, { 0 } };
    return run_suite("growth", tests);
}
