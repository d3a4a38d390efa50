#include "suite.h"

#include "diff/diff.h"

/* Random states of a few backends, routes and programs; the steps of a diff are carried out on a model of
 * HAProxy, which must then equal the wanted state and must never have had a record whose backend, program or
 * line of programs.map was not there. A record here is two digits: program and line. */

enum { BACKENDS = 4, SERVERS = 4, KEYS = 6, PROGRAMS = 5, LINES = 4, ROUNDS = 2000 };

struct state {
    struct plan_entry routes[KEYS];
    struct plan_backend backends[BACKENDS];
    struct plan_server servers[BACKENDS][SERVERS];
    struct plan_program programs[PROGRAMS];
    struct plan_entry lines[LINES];
    char records[KEYS][2];
    struct runtime_state view;
};

static unsigned roll(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % n;
}

static struct str digit(const char *base, unsigned i)
{
    return str_of(base + i, 1);
}

static void random_state(struct state *s, unsigned *seed)
{
    static const char names[] = "0123456789";
    *s = (struct state){ 0 };
    size_t n = 0;
    for (unsigned i = 0; i < PROGRAMS; i++)
        if (roll(seed, 2))
            s->programs[n++].id = digit(names, i);
    s->view.n_programs = n;
    for (unsigned b = 0; b < BACKENDS; b++) {
        size_t count = 0;
        for (unsigned i = 0; i < SERVERS; i++)
            if (roll(seed, 3))
                s->servers[b][count++] = (struct plan_server){ .name = digit(names, i),
                                                               .port = 80,
                                                               .weight = 1 + (int)roll(seed, 2) };
        s->backends[b] =
            (struct plan_backend){ .name = digit(names, b), .servers = s->servers[b], .n_servers = count };
    }
    size_t routes = 0, lines = 0;
    for (unsigned i = 0; i < LINES; i++)
        if (roll(seed, 2))
            s->lines[lines++] = (struct plan_entry){ digit(names, i), digit(names, i) };
    for (unsigned i = 0; i < KEYS; i++)
        if (roll(seed, 2)) {
            s->records[i][0] = n ? s->programs[roll(seed, (unsigned)n)].id.p[0] : '-';
            s->records[i][1] = lines ? s->lines[roll(seed, (unsigned)lines)].key.p[0] : '-';
            s->routes[routes++] = (struct plan_entry){ digit(names, i), str_of(s->records[i], 2) };
        }
    s->view = (struct runtime_state){ .routes = s->routes,
                                      .n_routes = routes,
                                      .backends = s->backends,
                                      .n_backends = BACKENDS,
                                      .programs = s->programs,
                                      .n_programs = n,
                                      .maps = { [MAP_PROGRAMS] = { s->lines, lines } } };
}

static bool has_program(const struct runtime_state *state, struct str id)
{
    for (size_t i = 0; i < state->n_programs; i++)
        if (str_eq(state->programs[i].id, id))
            return true;
    return id.n == 0;
}

/* The model of what runs. */
struct running {
    bool servers[BACKENDS][SERVERS];
    int weights[BACKENDS][SERVERS];
    struct str routes[KEYS]; /* p == NULL: none */
    bool programs[PROGRAMS], lines[LINES];
};

static void running_set(struct running *r, const struct runtime_state *s)
{
    *r = (struct running){ 0 };
    for (size_t b = 0; b < s->n_backends; b++)
        for (size_t i = 0; i < s->backends[b].n_servers; i++) {
            int at = s->backends[b].servers[i].name.p[0] - '0';
            r->servers[b][at] = true;
            r->weights[b][at] = s->backends[b].servers[i].weight;
        }
    for (size_t i = 0; i < s->n_routes; i++)
        r->routes[s->routes[i].key.p[0] - '0'] = s->routes[i].value;
    for (size_t i = 0; i < s->n_programs; i++)
        r->programs[s->programs[i].id.p[0] - '0'] = true;
    for (size_t i = 0; i < s->maps[MAP_PROGRAMS].n; i++)
        r->lines[s->maps[MAP_PROGRAMS].p[i].key.p[0] - '0'] = true;
}

static void set_lines(struct running *r, const struct step *step, bool there)
{
    for (size_t i = 0; i < step->n_entries; i++) {
        bool *line = &r->lines[step->entries[i].key.p[0] - '0'];
        ck_assert(*line != there);
        *line = there;
    }
}

static bool is_whole(const struct running *r, struct str record)
{
    return !record.p || ((record.p[0] == '-' || r->programs[record.p[0] - '0']) &&
                         (record.p[1] == '-' || r->lines[record.p[1] - '0']));
}

static void carry_out(struct running *r, const struct step *step, const struct runtime_state *from,
                      const struct runtime_state *to)
{
    int b = step->server ? step->backend.p[0] - '0' : 0, s = step->server ? step->server->name.p[0] - '0' : 0;
    int key = step->entry ? step->entry->key.p[0] - '0' : 0;
    switch (step->kind) {
    case STEP_ADD_BACKEND:
        ck_abort_msg("all backends are declared here");
    case STEP_ADD_LINE:
    case STEP_DROP_LINE:
    case STEP_SET_CERTIFICATE:
        ck_abort_msg("no certificates here");
    case STEP_ADD_SERVER:
        ck_assert_msg(!r->servers[b][s], "added twice");
        r->servers[b][s] = true;
        r->weights[b][s] = step->server->weight;
        break;
    case STEP_SET_SERVER:
        ck_assert(r->servers[b][s]);
        r->weights[b][s] = step->server->weight;
        break;
    case STEP_REMOVE_SERVER:
        ck_assert(r->servers[b][s]);
        r->servers[b][s] = false;
        r->weights[b][s] = 0;
        break;
    case STEP_LOAD_POLICY:
        for (size_t i = 0; i < to->n_programs; i++)
            r->programs[to->programs[i].id.p[0] - '0'] = true;
        break;
    case STEP_TRIM_POLICY:
        for (size_t i = 0; i < from->n_programs; i++)
            if (!has_program(to, from->programs[i].id))
                r->programs[from->programs[i].id.p[0] - '0'] = false;
        break;
    case STEP_FILL_MAP:
        set_lines(r, step, true);
        break;
    case STEP_RETIRE:
        set_lines(r, step, false);
        break;
    case STEP_SET_ROUTE:
        ck_assert(r->routes[key].p);
        r->routes[key] = step->entry->value;
        break;
    case STEP_ADD_ROUTE:
        ck_assert(!r->routes[key].p);
        r->routes[key] = step->entry->value;
        break;
    case STEP_DELETE_ROUTE:
        ck_assert(r->routes[key].p);
        r->routes[key] = (struct str){ 0 };
        break;
    case STEP_SWITCH_ROUTES:
        for (size_t i = 0; i < step->n_changes; i++) {
            const struct route_change *change = &step->changes[i];
            size_t k = (size_t)((change->new ? change->new : change->old)->key.p[0] - '0');
            ck_assert(change->old ? str_eq(r->routes[k], change->old->value) : !r->routes[k].p);
            r->routes[k] = change->new ? change->new->value : (struct str){ 0 };
        }
        break;
    case STEP_REPLACE_ROUTES:
        memset(r->routes, 0, sizeof r->routes);
        for (size_t i = 0; i < to->n_routes; i++)
            r->routes[to->routes[i].key.p[0] - '0'] = to->routes[i].value;
        break;
    }
}

START_TEST(the_steps_lead_from_any_state_to_any_other)
{
    unsigned seed = 4;
    for (int round = 0; round < ROUNDS; round++) {
        static struct state from, to;
        struct running now, want;
        struct arena *arena = arena_create();
        random_state(&from, &seed);
        random_state(&to, &seed);
        running_set(&now, &from.view);
        running_set(&want, &to.view);
        struct steps steps = diff_runtime(arena, &from.view, &to.view);
        size_t commits = 0;
        for (size_t i = 0; i < steps.n; i++) {
            enum step_kind kind = steps.p[i].kind;
            commits += kind >= STEP_SET_ROUTE && kind <= STEP_REPLACE_ROUTES;
            carry_out(&now, &steps.p[i], &from.view, &to.view);
            for (size_t k = 0; k < KEYS; k++)
                ck_assert_msg(is_whole(&now, now.routes[k]), "a record without its program");
        }
        ck_assert_msg(commits <= 1, "a change of the routes is one step");
        ck_assert_mem_eq(now.servers, want.servers, sizeof now.servers);
        ck_assert_mem_eq(now.weights, want.weights, sizeof now.weights);
        ck_assert_mem_eq(now.programs, want.programs, sizeof now.programs);
        ck_assert_mem_eq(now.lines, want.lines, sizeof now.lines);
        for (size_t k = 0; k < KEYS; k++)
            ck_assert(str_eq(now.routes[k], want.routes[k]) && !now.routes[k].p == !want.routes[k].p);
        ck_assert_uint_eq(diff_runtime(arena, &to.view, &to.view).n, 0);
        arena_destroy(arena);
    }
}
END_TEST

START_TEST(damage_of_a_map_is_mended_and_not_retired)
{
    static const struct plan_entry good[] = { { { "a", 1 }, { "1", 1 } } },
                                   bad[] = { { { "a", 1 }, { "2", 1 } } };
    struct runtime_state from = { .maps = { [MAP_PROGRAMS] = { bad, 1 } } },
                         to = { .maps = { [MAP_PROGRAMS] = { good, 1 } } };
    struct arena *arena = arena_create();
    struct steps steps = diff_runtime(arena, &from, &to);
    ck_assert_uint_eq(steps.n, 1);
    ck_assert_int_eq(steps.p[0].kind, STEP_FILL_MAP);
    ck_assert(str_eq(steps.p[0].entries[0].value, STR("1")));
    arena_destroy(arena);
}
END_TEST

START_TEST(one_record_is_set_alone_and_several_in_a_transaction)
{
    static const struct plan_entry old[] = { { { "a", 1 }, { "1", 1 } }, { { "b", 1 }, { "1", 1 } } };
    static const struct plan_entry one[] = { { { "a", 1 }, { "2", 1 } }, { { "b", 1 }, { "1", 1 } } };
    static const struct plan_entry two[] = { { { "a", 1 }, { "2", 1 } }, { { "c", 1 }, { "1", 1 } } };
    struct runtime_state from = { .routes = old, .n_routes = 2 }, to = { .routes = one, .n_routes = 2 };
    struct arena *arena = arena_create();
    struct steps steps = diff_runtime(arena, &from, &to);
    ck_assert_uint_eq(steps.n, 1);
    ck_assert_int_eq(steps.p[0].kind, STEP_SET_ROUTE);
    to.routes = two;
    steps = diff_runtime(arena, &from, &to);
    ck_assert_uint_eq(steps.n, 1);
    ck_assert_int_eq(steps.p[0].kind, STEP_SWITCH_ROUTES);
    ck_assert_uint_eq(steps.p[0].n_changes, 3);
    ck_assert_uint_eq(steps.routes_changed, 3);
    arena_destroy(arena);
}
END_TEST

START_TEST(many_records_are_replaced)
{
    enum { MANY = ROUTES_SWITCHED_MAX + 1 };
    struct plan_entry old[MANY], new[MANY];
    struct arena *arena = arena_create();
    for (size_t i = 0; i < MANY; i++) {
        old[i] = (struct plan_entry){ arena_printf(arena, "%03zu", i), STR("1") };
        new[i] = (struct plan_entry){ old[i].key, STR("2") };
    }
    struct runtime_state from = { .routes = old, .n_routes = MANY - 1 },
                         to = { .routes = new, .n_routes = MANY - 1 };
    ck_assert_int_eq(diff_runtime(arena, &from, &to).p[0].kind, STEP_SWITCH_ROUTES);
    from.n_routes = to.n_routes = MANY;
    struct steps steps = diff_runtime(arena, &from, &to);
    ck_assert_uint_eq(steps.n, 1);
    ck_assert_int_eq(steps.p[0].kind, STEP_REPLACE_ROUTES);
    ck_assert_uint_eq(steps.routes_changed, MANY);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_group_that_lacks_a_line_is_filled_as_a_whole_in_order)
{
    static const struct plan_entry want[] = { { STR("^g1\\|(?#000000)a"), STR("1") },
                                              { STR("^g1\\|(?#000001)b"), STR("2") },
                                              { STR("^g1\\|(?#000002)c"), STR("3") },
                                              { STR("^g2\\|(?#000000)a"), STR("4") } };
    static const size_t lost[] = { 0, 1, 2, 3 };
    struct plan_entry live[3];
    size_t n = 0;
    for (size_t i = 0; i < 4; i++)
        if (i != lost[_i])
            live[n++] = want[i];
    struct runtime_state from = { .maps[MAP_REGEXES] = { live, 3 } },
                         to = { .maps[MAP_REGEXES] = { want, 4 } };
    struct arena *arena = arena_create();
    struct steps steps = diff_runtime(arena, &from, &to);
    ck_assert_uint_eq(steps.n, 1);
    ck_assert_int_eq(steps.p[0].kind, STEP_FILL_MAP);
    ck_assert_uint_eq(steps.p[0].n_entries, _i == 3 ? 1 : 3);
    ck_assert(str_eq(steps.p[0].entries[0].key, want[_i == 3 ? 3 : 0].key));
    arena_destroy(arena);
}
END_TEST

START_TEST(a_server_that_moved_is_set_and_a_name_says_nothing)
{
    static const struct {
        struct str old, new;
        size_t steps;
    } hosts[] = { { STR("10.0.0.1"), STR("10.0.0.2"), 1 },
                  { STR("10.0.0.1"), STR("a.test"), 0 },
                  { STR("::1"), STR("0::0:1"), 0 },
                  { STR("::1"), STR("::2"), 1 },
                  { STR("255.255.255.255"), STR(""), 0 } };
    struct plan_server old = { .name = STR("s"), .host = hosts[_i].old, .port = 80, .weight = 1 }, new = old;
    new.host = hosts[_i].new;
    struct plan_backend a = { .name = STR("b"), .servers = &old, .n_servers = 1 },
                        b = { .name = STR("b"), .servers = &new, .n_servers = 1 };
    struct runtime_state from = { .backends = &a, .n_backends = 1 }, to = { .backends = &b, .n_backends = 1 };
    struct arena *arena = arena_create();
    struct steps steps = diff_runtime(arena, &from, &to);
    ck_assert_uint_eq(steps.n, hosts[_i].steps);
    if (steps.n)
        ck_assert_int_eq(steps.p[0].kind, STEP_SET_SERVER);
    arena_destroy(arena);
}
END_TEST

/* Names with a newer line turn to it before the routes change; what goes altogether goes behind them. */
START_TEST(lines_turn_before_routes_and_go_behind_them)
{
    struct arena *arena = arena_create();
    static const struct plan_file files[] = { { STR("line-1.pem"), STR(""), true },
                                              { STR("line-2.pem"), STR(""), true },
                                              { STR("line-3.pem"), STR(""), true } };
    const struct plan_line kept = { .file = &files[0], .names = STR("a.test b.test") },
                           new = { .file = &files[1], .names = STR("b.test a.test") },
                           gone = { .file = &files[2], .names = STR("gone.test") };
    const struct plan_line old_lines[] = { kept, gone };
    const struct plan_list old_list = { STR("list-0-0.txt"), old_lines, 2 },
                           new_list = { STR("list-0-0.txt"), &new, 1 };
    const struct plan_entry entry = { STR("k"), STR("v") };
    struct runtime_state from = { .lists = &old_list, .n_lists = 1, .default_fingerprint = STR("A") };
    struct runtime_state to = {
        .lists = &new_list, .n_lists = 1, .default_fingerprint = STR("B"), .routes = &entry, .n_routes = 1
    };
    struct steps steps = diff_runtime(arena, &from, &to);
    static const enum step_kind want[] = { STEP_ADD_LINE, STEP_DROP_LINE, STEP_SET_CERTIFICATE,
                                           STEP_ADD_ROUTE, STEP_DROP_LINE };
    ck_assert_uint_eq(steps.n, sizeof want / sizeof *want);
    for (size_t i = 0; i < steps.n; i++)
        ck_assert_int_eq(steps.p[i].kind, want[i]);
    ck_assert_ptr_eq(steps.p[1].line->file, &files[0]);
    ck_assert_ptr_eq(steps.p[4].line->file, &files[2]);
    ck_assert_uint_eq(diff_runtime(arena, &to, &to).n, 0);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_group_that_lacks_a_line_is_filled_as_a_whole_in_order, 4 },
        { a_server_that_moved_is_set_and_a_name_says_nothing, 5 },
        { the_steps_lead_from_any_state_to_any_other, 0 },
        { damage_of_a_map_is_mended_and_not_retired, 0 },
        { lines_turn_before_routes_and_go_behind_them, 0 },
        { one_record_is_set_alone_and_several_in_a_transaction, 0 },
        { many_records_are_replaced, 0 },
        { 0 },
    };
    return run_suite("diff", rows);
}
