/* Services that stand above others: references, health, what takes one out. */
#include "model_case.h"

#define LB(name)           "http/services/" name "/loadbalancer/servers/0/url = http://" name "\n"
#define CHECKED(name)      LB(name) "http/services/" name "/loadbalancer/healthcheck/path = /\n"
#define WEIGHTED(n, child) "http/services/v/weighted/services/" n "/name = " child "\n"
#define MIRROR(n, child)   "http/services/v/mirroring/mirrors/" n "/name = " child "\n"

/* Only the line of "v" and the findings are held against `want`. */
static const struct {
    const char *tree, *want;
} cases[] = {
    { WEIGHTED("0", "a") WEIGHTED("1", "b") LB("a") LB("b"), "v@etcd unused weighted a@etcd*1 b@etcd*1\n" },
    { WEIGHTED("0", "a@etcd") LB("a") "http/services/v/weighted/services/0/weight = 7",
      "v@etcd unused weighted a@etcd*7\n" },
    /* Without a weight a child is left out, but it must be right. */
    { WEIGHTED("0", "a") LB("a") "http/services/v/weighted/services/0/weight = 0",
      "v@etcd unused weighted\n" },
    { WEIGHTED("0", "x") "http/services/v/weighted/services/0/weight = -1",
      "! missing-reference services/v/weighted/services/0/name\n" },
    { "http/services/v/weighted/services/0/weight = 1",
      "! missing-reference services/v/weighted/services/0\n" },
    { WEIGHTED("0", "a") "http/services/a/loadbalancer/strategy = x\n",
      "! bad-value services/a/loadbalancer/strategy\n! broken-reference "
      "services/v/weighted/services/0/name\n" },
    { WEIGHTED("0", "v"), "! bad-object services/v/weighted/services/0/name\n" },
    { WEIGHTED("0", "a") "http/services/a/weighted/services/0/name = v\n",
      "! broken-reference services/a/weighted/services/0/name\n! bad-object "
      "services/v/weighted/services/0/name\n" },
    /* With a health check above them, children must have one. */
    { "http/services/v/weighted/healthcheck = true\n" WEIGHTED("0", "a") CHECKED("a"),
      "v@etcd unused weighted aware a@etcd*1\n" },
    { "http/services/v/weighted/healthcheck = true\n" WEIGHTED("0", "a") LB("a"),
      "! bad-object services/v/weighted/services/0/name\n" },
    { "http/services/v/weighted/healthcheck = true\n" WEIGHTED(
          "0", "w") "http/services/w/weighted/services/0/name = a\n" CHECKED("a"),
      "! bad-object services/v/weighted/services/0/name\n" },
    { "http/services/v/weighted/healthcheck = true\n" WEIGHTED(
          "0", "w") "http/services/w/weighted/services/0/name = a\n"
                    "http/services/w/weighted/healthcheck = true\n" CHECKED("a"),
      "v@etcd unused weighted aware w@etcd*1\n" },
    { "http/services/v/highestrandomweight/services/0/name = a\n" LB("a"),
      "v@etcd unused hashed a@etcd*1\n" },
    /* Of the services that need no tree one stands below others. */
    { WEIGHTED("0", "a") WEIGHTED("1", "noop@internal") LB("a"),
      "v@etcd unused weighted a@etcd*1 noop@internal*1\n" },
    { WEIGHTED("0", "ping@internal"), "! missing-reference services/v/weighted/services/0/name\n" },
    { "http/services/v/weighted/healthcheck = true\n" WEIGHTED("0", "noop@internal"),
      "! bad-object services/v/weighted/services/0/name\n" },
    /* A bare status instead of a service. */
    { WEIGHTED("0", "a") "http/services/v/weighted/services/0/status = 418\n" LB("a"),
      "! not-supported services/v/weighted/services/0/status\n" },
    /* Mirrors that get nothing cost nothing. */
    { "http/services/v/mirroring/service = a\n" LB("a"), "v@etcd unused weighted a@etcd*1\n" },
    { "http/services/v/mirroring/service = a\n" MIRROR("0", "b") LB("a") LB("b"),
      "v@etcd unused weighted a@etcd*1\n" },
    { "http/services/v/mirroring/service = a\n" MIRROR(
          "0", "b") "http/services/v/mirroring/mirrors/0/percent = 1\n" LB("a") LB("b"),
      "v@etcd unused mirrored a@etcd*1 b@etcd*1\n" },
    /* A mirroring is as well as its main service, where that is known. */
    { WEIGHTED("0",
               "m") "http/services/v/weighted/healthcheck = true\nhttp/services/m/mirroring/service = a\n"
                    "http/services/m/mirroring/healthcheck = true\n" CHECKED("a"),
      "v@etcd unused weighted aware m@etcd*1\n" },
    { WEIGHTED("0",
               "m") "http/services/v/weighted/healthcheck = true\nhttp/services/m/mirroring/service = a\n"
                    "http/services/m/mirroring/healthcheck = true\n" LB("a"),
      "! bad-object services/v/weighted/services/0/name\n" },
    { "http/services/v/mirroring/service = a\n" MIRROR(
          "0", "b") "http/services/v/mirroring/mirrors/0/percent = 101\n" LB("a") LB("b"),
      "! bad-value services/v/mirroring/mirrors/0/percent\n" },
    { "http/services/v/mirroring/service = a\n" MIRROR("0", "x") LB("a"),
      "! missing-reference services/v/mirroring/mirrors/0/name\n" },
    { MIRROR("0", "a") LB("a"), "! missing-reference services/v/mirroring\n" },
    /* A fallback needs to know when. */
    { "http/services/v/failover/service = a\nhttp/services/v/failover/fallback = b\n" CHECKED("a") LB("b"),
      "v@etcd unused failover aware a@etcd*1 b@etcd*1\n" },
    { "http/services/v/failover/service = a\nhttp/services/v/failover/fallback = b\n" LB("a") LB("b"),
      "! bad-object services/v/failover/service\n" },
    { "http/services/v/failover/service = a\n" CHECKED("a"), "! missing-reference services/v/failover\n" },
    { "http/services/v/failover/service = a\nhttp/services/v/failover/fallback = "
      "b\nhttp/services/v/failover/errors/status = 500-504\n" LB("a") LB("b"),
      "v@etcd unused failover a@etcd*1 b@etcd*1\n" },
    { "http/services/v/failover/service = a\nhttp/services/v/failover/fallback = "
      "b\nhttp/services/v/failover/errors/status = 5xx\n" LB("a") LB("b"),
      "! bad-value services/v/failover/errors/status\n" },
};

static bool is_of_v(struct str line)
{
    return str_starts(line, STR("v@etcd")) || str_starts(line, STR("! "));
}

START_TEST(services_above_others_come_out_as_written)
{
    struct model_case c = model_case_of(cases[_i].tree);
    struct buf all = { 0 }, got = { 0 };
    put_services(&all, c.model);
    put_findings(&all, c.diag);
    for (struct str rest = buf_str(&all); rest.n;) {
        struct str line = str_cut(&rest, '\n');
        if (is_of_v(line))
            buf_printf(&got, "%.*s\n", STR_ARG(line));
    }
    ck_assert_msg(str_eq(buf_str(&got), str_c(cases[_i].want)), "%s\nis\n%.*swanted\n%s", cases[_i].tree,
                  STR_ARG(buf_str(&got)), cases[_i].want);
    buf_fini(&all);
    buf_fini(&got);
    model_case_fini(&c);
}
END_TEST

START_TEST(use_spreads_to_children)
{
    struct model_case c =
        model_case_of("http/routers/r/rule = Path(`/`)\nhttp/routers/r/service = v\n" WEIGHTED(
            "0", "w") "http/services/w/weighted/services/0/name = a\n" LB("a") LB("b"));
    for (size_t i = 0; i < c.model->n_services; i++) {
        const struct model_service *s = &c.model->services[i];
        bool idle = str_eq(s->name, STR("b@etcd")) || str_eq(s->name, STR("s@etcd"));
        ck_assert_msg(s->used != idle, "%.*s", STR_ARG(s->name));
    }
    model_case_fini(&c);
}
END_TEST

/* v above x16 above x15 … above x0: too many. */
START_TEST(only_so_many_stand_above_each_other)
{
    struct buf tree = { 0 };
    for (int height = 15; height <= 17; height++) {
        buf_reset(&tree);
        buf_puts(&tree, LB("x0"));
        for (int i = 1; i < height; i++)
            buf_printf(&tree, "http/services/x%d/weighted/services/0/name = x%d\n", i, i - 1);
        buf_putc(&tree, '\0');
        struct model_case c = model_case_of(tree.p);
        ck_assert_uint_eq(c.model->n_services, height < 17 ? (size_t)height + 1 : 17);
        ck_assert_uint_eq(diag_total(c.diag), height < 17 ? 0 : 1);
        model_case_fini(&c);
    }
    buf_fini(&tree);
}
END_TEST

/* However their names are sorted: the lowest ones are right, and one is told that it is too high. */
START_TEST(the_order_of_names_says_nothing_of_a_tall_tree)
{
    const int height = 205;
    struct buf tree = { 0 };
    for (int rising = 0; rising < 2; rising++) {
        buf_reset(&tree);
        buf_printf(&tree, "http/services/x%03d/loadbalancer/servers/0/url = http://a\n", rising ? 0 : height);
        for (int i = 1; i <= height; i++)
            buf_printf(&tree, "http/services/x%03d/weighted/services/0/name = x%03d\n",
                       rising ? i : height - i, rising ? i - 1 : height - i + 1);
        buf_putc(&tree, '\0');
        struct model_case c = model_case_of(tree.p);
        ck_assert_uint_eq(c.model->n_services, 17); /* that of model_case_of, too */
        ck_assert_uint_eq(diag_total(c.diag), (size_t)height + 1 - 16);
        model_case_fini(&c);
    }
    buf_fini(&tree);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { services_above_others_come_out_as_written, ROWS(cases) },
        { use_spreads_to_children, 0 },
        { only_so_many_stand_above_each_other, 0 },
        { the_order_of_names_says_nothing_of_a_tall_tree, 0 },
        { NULL, 0 },
    };
    return run_suite("model_children", rows);
}
