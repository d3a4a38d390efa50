#include "plan/addresses.h"

#include "suite.h"

#include <stdio.h>

static const struct str two[] = { STR("10.0.0.1"), STR("10.0.0.2") };
static const struct str three[] = { STR("10.1.0.1"), STR("10.1.0.2"), STR("10.1.0.3") };

static const struct address_list *find(void *context, struct str name)
{
    static const struct address_list lists[] = {
        { two, 1, NULL }, { two, 2, NULL }, { three, 3, NULL }, { two, 1, "gone" }, { NULL, 0, "nobody" }
    };
    static const struct str names[] = { STR("one.test"), STR("two.test"), STR("three.test"),
                                        STR("failing.test"), STR("nobody.test") };
    ++*(int *)context;
    for (size_t i = 0; i < 5; i++)
        if (str_eq(name, names[i]))
            return &lists[i];
    return NULL;
}

static const struct {
    const char *hosts; /* "host*weight …", of servers s0, s1, … */
    const char *want;
    size_t findings;
} cases[] = {
    { "10.9.0.1*1", "s0 10.9.0.1*1", 0 },
    { "::1*1 *2", "s0 ::1*1, s1 *2", 0 }, /* no names: nothing is asked, nothing changes */
    { "one.test*7", "s0 10.0.0.1*7", 0 },
    { "two.test*1", "s0 10.0.0.1*1, s0.2 10.0.0.2*1", 0 },
    { "two.test*1 10.9.0.1*1", "s0 10.0.0.1*1, s0.2 10.0.0.2*1, s1 10.9.0.1*2", 0 },
    { "two.test*3 three.test*2",
      "s0 10.0.0.1*9, s0.2 10.0.0.2*9, s1 10.1.0.1*4, s1.2 10.1.0.2*4, s1.3 10.1.0.3*4", 0 },
    { "two.test*256 10.9.0.1*256", "s0 10.0.0.1*128, s0.2 10.0.0.2*128, s1 10.9.0.1*256", 0 },
    { "three.test*1 10.9.0.1*256", "s0 10.1.0.1*1, s0.2 10.1.0.2*1, s0.3 10.1.0.3*1, s1 10.9.0.1*256", 0 },
    { "failing.test*1", "s0 10.0.0.1*1", 1 },
    { "nobody.test*1", "s0 " ADDRESS_NOWHERE "*1", 1 },
    { "unknown.test*1", "s0 " ADDRESS_NOWHERE "*1", 0 },
};

static void read_servers(struct arena *arena, const char *hosts, struct plan_backend *out)
{
    struct plan_server *servers = ARENA_ARRAY(arena, struct plan_server, 8);
    for (struct str rest = str_c(hosts); rest.n; out->n_servers++) {
        struct str weight = str_cut(&rest, ' '), host = str_cut(&weight, '*');
        int64_t number = 0;
        ck_assert(str_to_int64(weight, &number));
        servers[out->n_servers] = (struct plan_server){ .name = arena_printf(arena, "s%zu", out->n_servers),
                                                        .host = host,
                                                        .port = 80,
                                                        .weight = (int)number,
                                                        .url = STR("http://x") };
    }
    out->servers = servers;
}

START_TEST(names_become_addresses)
{
    struct arena *arena = arena_create();
    struct plan_backend backend = { .name = STR("b"), .service = STR("s@etcd") };
    struct plan plan = { .backends = &backend, .n_backends = 1 };
    struct diag *diag = diag_create(arena, 0);
    struct buf got = { 0 };
    int asked = 0;
    read_servers(arena, cases[_i].hosts, &backend);
    plan_set_addresses(arena, &plan, &(struct address_book){ find, &asked }, diag);
    for (size_t i = 0; i < plan.backends[0].n_servers; i++) {
        const struct plan_server *s = &plan.backends[0].servers[i];
        buf_printf(&got, "%s%.*s %.*s*%d", i ? ", " : "", STR_ARG(s->name), STR_ARG(s->host), s->weight);
    }
    ck_assert_str_eq(got.p, cases[_i].want);
    ck_assert_uint_eq(diag_total(diag), cases[_i].findings);
    ck_assert_int_eq(asked > 0, strstr(cases[_i].hosts, "test") != NULL);
    buf_fini(&got);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { names_become_addresses, ROWS(cases) }, { 0 } };
    return run_suite("addresses", rows);
}
