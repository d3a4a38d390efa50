#include "control/guard.h"

#include "suite.h"

#include "control/since.h"

/* "a b c": a tree with these routers, two keys each. */
static struct kv_snapshot tree_of(struct arena *arena, const char *names)
{
    struct kv_pair *pairs = ARENA_ARRAY(arena, struct kv_pair, 256);
    size_t n = 0;
    for (struct str rest = str_c(names); rest.n;) {
        struct str name = str_cut(&rest, ' ');
        const char *format =
            ascii_is_digit(name.p[0]) ? "traefik/tcp/routers/%.*s/%s" : "traefik/HTTP/Routers/%.*s/%s";
        pairs[n++] = (struct kv_pair){ arena_printf(arena, format, STR_ARG(name), "rule"), STR("Path(`/`)") };
        pairs[n++] = (struct kv_pair){ arena_printf(arena, format, STR_ARG(name), "service"), STR("s") };
    }
    pairs[n++] =
        (struct kv_pair){ STR("traefik/http/services/s/loadbalancer/servers/0/url"), STR("http://h") };
    return kv_snapshot_of(pairs, n, STR("traefik"), STR("etcd"), diag_create(arena, 0));
}

static const char twelve[] = "a b c d e f g h i j k l";
static const char letters[] = "a b c d e f g h i j k l m n o p q r s t";

static const struct {
    const char *served, *next;
    struct guard_rule rule;
    size_t removed;
    bool hold;
} cases[] = {
    { twelve, twelve, { 50, false, false }, 0, false },
    { twelve, "a", { 50, false, false }, 11, true },
    { twelve, "a b", { 50, false, false }, 10, false },       /* ten go without a question */
    { twelve, "a b", { 50, false, true }, 10, true },         /* not if something is held */
    { twelve, "a b c d e f", { 50, false, true }, 6, false }, /* half is not more than half */
    { letters, "a b c d e f g h i", { 50, false, false }, 11, true },
    { letters, "a b c d e f g h i", { 60, false, false }, 11, false },
    { letters, "a b c d e f g h i j", { 50, false, false }, 10, false },
    { letters, "", { 100, true, true }, 20, false },
    { "a", "", { 50, false, false }, 1, false },
    { "a", "", { 50, true, false }, 1, true },
    { "a", "b", { 50, true, false }, 1, false },
    { "", "a", { 50, true, false }, 0, false },
    { "", "", { 0, true, true }, 0, false },
    { twelve, "z", { 0, false, false }, 12, true },  /* other names are other routers */
    { "1 2 a", "1 a", { 0, false, true }, 1, true }, /* of all protocols */
};

START_TEST(it_compares_routers_by_name)
{
    struct arena *arena = arena_create();
    struct kv_snapshot served = tree_of(arena, cases[_i].served), next = tree_of(arena, cases[_i].next);
    struct guard_verdict verdict = guard_judge(&served, &next, &cases[_i].rule);
    ck_assert_uint_eq(verdict.removed, cases[_i].removed);
    ck_assert_int_eq(verdict.hold, cases[_i].hold);
    arena_destroy(arena);
}
END_TEST

START_TEST(odd_keys_are_no_routers)
{
    static const struct kv_pair pairs[] = { { STR("other/http/routers/a/rule"), STR("") },
                                            { STR("traefik"), STR("") },
                                            { STR("traefik/"), STR("") },
                                            { STR("traefik//routers/a/rule"), STR("") },
                                            { STR("traefik/http/routers"), STR("") },
                                            { STR("traefik/http/routers//x"), STR("") },
                                            { STR("traefik/http/services/a/x"), STR("") },
                                            { STR("traefikhttp/routers/a/x"), STR("") } };
    struct kv_snapshot served = { .pairs = pairs, .n = sizeof pairs / sizeof *pairs, .root = STR("traefik") };
    struct kv_snapshot next = { .root = STR("traefik") };
    struct guard_verdict verdict = guard_judge(&served, &next, &(struct guard_rule){ 0, true, true });
    ck_assert_uint_eq(verdict.routers, 0);
    ck_assert(!verdict.hold);
}
END_TEST

START_TEST(a_finding_keeps_its_time_as_long_as_it_stands)
{
    struct arena *arena = arena_create();
    struct diag *first = diag_create(arena, 0), *second = diag_create(arena, 0);
    struct since *since = since_create();
    diag_report(first, FINDING_BAD_VALUE, STR("a"), "one");
    diag_report(first, FINDING_BAD_VALUE, STR("b"), "one");
    diag_report(second, FINDING_BAD_VALUE, STR("b"), "one");
    diag_report(second, FINDING_BAD_VALUE, STR("b"), "two");
    since_update(since, first, 10);
    since_update(since, second, 20);
    ck_assert(since_of(since, diag_get(second, 0)) == 10);
    ck_assert(since_of(since, diag_get(second, 1)) == 20);
    ck_assert(since_of(since, diag_get(first, 0)) == 0);
    since_update(since, first, 30);
    ck_assert(since_of(since, diag_get(first, 0)) == 30);
    ck_assert(since_of(since, diag_get(first, 1)) == 10);
    since_destroy(since);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { it_compares_routers_by_name, ROWS(cases) },
        { odd_keys_are_no_routers, 0 },
        { a_finding_keeps_its_time_as_long_as_it_stands, 0 },
        { 0 },
    };
    return run_suite("guard", rows);
}
