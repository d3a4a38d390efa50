#include "plan_world.h"

static struct model_op limit_of(int64_t average, enum source_kind source)
{
    return (struct model_op){ .kind = OP_RATE_LIMIT,
                              .middleware = STR("m@etcd"),
                              .limit = { .average = average,
                                         .written = average == 10 ? STR("w10") : STR("w11"),
                                         .burst = 20,
                                         .period_ns = 1000000000,
                                         .source = source,
                                         .header = STR("x-key") } };
}

static struct model_op strip_of(const struct str *prefixes, size_t n)
{
    return (struct model_op){ .kind = OP_STRIP_PREFIX, .strip = { prefixes, n, false } };
}

static bool value_is(const struct plan *plan, const char *key, const char *value)
{
    for (size_t i = 0; i < plan->n_routes; i++)
        if (str_eq(plan->routes[i].key, str_c(key)))
            return str_eq(plan->routes[i].value, str_c(value));
    return false;
}

START_TEST(a_first_plan_names_backends_after_their_services)
{
    struct world w;
    make_world(&w, arena_create(), "ab");
    struct plan *plan = plan_build(w.arena, &w.model, NULL);
    ck_assert(plan->shape_reason.n > 0);
    ck_assert_uint_eq(plan->n_backends, 2 + SPARES);
    ck_assert(str_eq(plan->backends[0].name, STR("etcd:a")) &&
              str_eq(plan->backends[0].service, STR("a@etcd")));
    ck_assert(str_eq(plan->backends[2].name, STR("spare-0001")) && plan->backends[2].service.n == 0);
    ck_assert(value_is(plan, "|0/a?", ".;etcd:a;R892;ra@etcd;;;;"));
    ck_assert_msg(plan->shape.cut && plan->shape.agent && plan->shape.messages == (1u << MESSAGE_COUNT) - 1,
                  "the first middleware of a kind costs no reload");
    arena_destroy(w.arena);
}
END_TEST

START_TEST(a_new_service_takes_a_spare_and_keeps_it)
{
    struct world w;
    struct arena *arena = arena_create();
    make_world(&w, arena, "a");
    struct plan *first = plan_build(arena, &w.model, NULL);
    make_world(&w, arena, "ab");
    struct plan *second = plan_build(arena, &w.model, &first->shape);
    ck_assert_uint_eq(second->shape_reason.n, 0);
    ck_assert(str_eq(held_by(second, STR("b@etcd")), STR("spare-0001")));
    make_world(&w, arena, "bc");
    struct plan *third = plan_build(arena, &w.model, &second->shape);
    ck_assert_uint_eq(third->shape_reason.n, 0);
    ck_assert_msg(str_eq(held_by(third, STR("b@etcd")), STR("spare-0001")), "a service stays where it is");
    ck_assert_msg(str_eq(held_by(third, STR("c@etcd")), STR("spare-0002")),
                  "the backend of another service is not taken, though that is gone");
    make_world(&w, arena, "abc");
    struct plan *fourth = plan_build(arena, &w.model, &third->shape);
    ck_assert_msg(str_eq(held_by(fourth, STR("a@etcd")), STR("etcd:a")), "who comes back finds its own");
    make_world(&w, arena, "bcd");
    struct plan *last = plan_build(arena, &w.model, &third->shape);
    ck_assert_uint_eq(last->shape_reason.n, 0);
    ck_assert_msg(str_eq(held_by(last, STR("d@etcd")), STR("etcd:a")), "before a reload it is taken");
    arena_destroy(arena);
}
END_TEST

/* Else it would be nobody's as long as that service is somewhere else. */
START_TEST(what_its_service_needs_no_more_is_taken)
{
    struct world w;
    struct arena *arena = arena_create();
    static const char *const trees[] = { "ab", "b", "bcd", "bcde", "bde", "abde", "abd", "abdf" };
    struct plan *plan = NULL;
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        make_world(&w, arena, trees[i]);
        plan = plan_build(arena, &w.model, plan ? &plan->shape : NULL);
        ck_assert_msg(i == 0 || plan->shape_reason.n == 0, "%s", trees[i]);
        ck_assert(i != 3 || str_eq(held_by(plan, STR("e@etcd")), STR("etcd:a")));
    }
    ck_assert(str_eq(held_by(plan, STR("a@etcd")), STR("spare-0001")));
    ck_assert(str_eq(held_by(plan, STR("f@etcd")), STR("etcd:a")));
    arena_destroy(arena);
}
END_TEST

/* A request of the old holder may still be on its way to what became free last. */
START_TEST(what_has_been_free_for_longest_is_taken_first)
{
    struct world w;
    struct arena *arena = arena_create();
    make_world(&w, arena, "a");
    struct plan *plan = plan_build(arena, &w.model, NULL);
    static const char *const held[] = { "b", "c", "d", "e" };
    static const char *const spares[] = { "spare-0001", "spare-0002", "spare-0001", "spare-0002" };
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        char letters[] = { 'a', *held[i], '\0' }, service[] = { *held[i], '@', 'e', 't', 'c', 'd', '\0' };
        make_world(&w, arena, letters);
        plan = plan_build(arena, &w.model, &plan->shape);
        ck_assert(str_eq(held_by(plan, str_c(service)), str_c(spares[i])));
        make_world(&w, arena, "a");
        plan = plan_build(arena, &w.model, &plan->shape);
    }
    ck_assert_uint_eq(plan->shape_reason.n, 0);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_spare_that_becomes_free_is_not_taken_in_the_same_plan)
{
    struct world w;
    struct arena *arena = arena_create();
    make_world(&w, arena, "a");
    struct plan *plan = plan_build(arena, &w.model, NULL);
    make_world(&w, arena, "abc");
    plan = plan_build(arena, &w.model, &plan->shape);
    ck_assert_uint_eq(plan->shape_reason.n, 0);
    make_world(&w, arena, "abd");
    struct plan *tight = plan_build(arena, &w.model, &plan->shape);
    ck_assert_msg(tight->shape_reason.n > 0, "requests of the old service may still go to the spare");
    make_world(&w, arena, "ab");
    plan = plan_build(arena, &w.model, &plan->shape);
    make_world(&w, arena, "abd");
    plan = plan_build(arena, &w.model, &plan->shape);
    ck_assert_uint_eq(plan->shape_reason.n, 0);
    ck_assert(str_eq(held_by(plan, STR("d@etcd")), STR("spare-0002")));
    arena_destroy(arena);
}
END_TEST

START_TEST(a_shape_without_room_grows_and_says_why)
{
    struct world w;
    struct arena *arena = arena_create();
    make_world(&w, arena, "a");
    struct plan *plan = plan_build(arena, &w.model, NULL);
    make_world(&w, arena, "abcd");
    plan = plan_build(arena, &w.model, &plan->shape);
    ck_assert_msg(str_search(plan->shape_reason, STR("spare")) != SIZE_MAX, "%.*s",
                  STR_ARG(plan->shape_reason));
    ck_assert(str_eq(held_by(plan, STR("d@etcd")), STR("etcd:d")));
    arena_destroy(arena);
}
END_TEST

START_TEST(a_running_shape_that_lacks_a_kind_grows)
{
    struct world w;
    struct arena *arena = arena_create();
    make_world(&w, arena, "a");
    struct shape bare = plan_build(arena, &w.model, NULL)->shape;
    bare.agent = false;
    bare.messages = 0;
    ck_assert_uint_eq(plan_build(arena, &w.model, &bare)->shape_reason.n, 0);
    add_op(&w, 0, limit_of(10, SOURCE_IP));
    struct plan *limited = plan_build(arena, &w.model, &bare);
    ck_assert(limited->shape_reason.n > 0 && limited->shape.agent);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_program_is_named_by_its_contents)
{
    struct world w;
    struct arena *arena = arena_create();
    make_world(&w, arena, "ab");
    add_op(&w, 0, limit_of(10, SOURCE_IP));
    add_op(&w, 1, limit_of(10, SOURCE_HEADER));
    struct plan *plan = plan_build(arena, &w.model, NULL), *again = plan_build(arena, &w.model, NULL);
    ck_assert_uint_eq(plan->n_programs, 2);
    ck_assert(str_starts(plan->programs[0].id, STR("of")) && str_starts(plan->programs[1].id, STR("ol")));
    ck_assert(str_eq(plan->programs[0].id, again->programs[0].id));
    ck_assert(plan->shape.messages >> MESSAGE_FULL & 1);
    make_world(&w, arena, "ab");
    add_op(&w, 0, limit_of(11, SOURCE_IP));
    w.settings.agent.rate_limit_fails_closed = true;
    struct plan *changed = plan_build(arena, &w.model, NULL);
    ck_assert_uint_eq(changed->n_programs, 1);
    ck_assert(str_starts(changed->programs[0].id, STR("cl")));
    ck_assert(!str_eq(str_from(changed->programs[0].id, 2), str_from(plan->programs[1].id, 2)));
    ck_assert_msg(str_search(changed->programs[0].json, STR("\"bucket\":\"ra@etcd|m@etcd|w11|0\"")) !=
                      SIZE_MAX,
                  "a changed limit has buckets of its own, and so has each place of the chain");
    arena_destroy(arena);
}
END_TEST

START_TEST(the_same_middleware_twice_has_two_buckets)
{
    struct world w;
    make_world(&w, arena_create(), "a");
    add_op(&w, 0, limit_of(10, SOURCE_IP));
    add_op(&w, 0, limit_of(10, SOURCE_IP));
    struct plan *plan = plan_build(w.arena, &w.model, NULL);
    ck_assert(str_search(plan->programs[0].json, STR("ra@etcd|m@etcd|w10|1")) != SIZE_MAX);
    arena_destroy(w.arena);
}
END_TEST

START_TEST(a_strip_is_resolved_for_each_key)
{
    static const struct str prefixes[] = { { "/foo", 4 }, { "/a;b", 4 } };
    struct world w;
    make_world(&w, arena_create(), "a");
    struct rule_literal *literal = (struct rule_literal *)w.routers[0].dnf.conjuncts[0].literals;
    static const struct str root = { "/", 1 };
    *literal = (struct rule_literal){ .matcher = MATCHER_PATH_PREFIX, .args = &root, .n_args = 1 };
    add_op(&w, 0, strip_of(prefixes, 2));
    struct plan *plan = plan_build(w.arena, &w.model, NULL);
    ck_assert_uint_eq(plan->n_routes, 4);
    ck_assert(value_is(plan, "|0/", ".;etcd:a;R892;ra@etcd;;;;"));
    ck_assert(value_is(plan, "|0/foo", "s;etcd:a;R892;ra@etcd;;/foo?;;"));
    ck_assert_msg(value_is(plan, "|0/a%3Bb", "S;etcd:a;R892;ra@etcd;;/a%3Bb?;;"), "so it may be spelt, too");
    ck_assert_msg(value_is(plan, "|0/a;b", "S;etcd:a;R892;ra@etcd;;/a%3Bb?;;"),
                  "a field cannot hold its separator");
    arena_destroy(w.arena);
}
END_TEST

static const struct {
    const char *prefix;
    size_t n_routes;
    bool program;
} spelt_rows[] = {
    { "/foo", 2, false },    { "/a/b", 3, false },   { "/a/b/c", 5, false },
    { "/a/b/c/d", 1, true }, { "/a:b@c$", 1, true }, { "", 1, true },
};

START_TEST(a_strip_that_keys_cannot_tell_is_a_program)
{
    struct world w;
    make_world(&w, arena_create(), "a");
    struct rule_literal *literal = (struct rule_literal *)w.routers[0].dnf.conjuncts[0].literals;
    struct str root = STR("/"), prefix = str_c(spelt_rows[_i].prefix);
    *literal = (struct rule_literal){ .matcher = MATCHER_PATH_PREFIX, .args = &root, .n_args = 1 };
    add_op(&w, 0, strip_of(&prefix, 1));
    struct plan *plan = plan_build(w.arena, &w.model, NULL);
    ck_assert_uint_eq(plan->maps[MAP_PROGRAMS].n > 0, spelt_rows[_i].program);
    if (!spelt_rows[_i].program)
        ck_assert_uint_eq(plan->n_routes, spelt_rows[_i].n_routes);
    arena_destroy(w.arena);
}
END_TEST

static const struct {
    const char *path, *prefix, *value;
} exact_rows[] = {
    { "/foo", "/foo", "e;etcd:a;R892;ra@etcd;;/foo?;/;" },
    { "/foo/x", "/foo", "e;etcd:a;R892;ra@etcd;;/foo?;/x;" },
    { "/foobar", "/foo", "e;etcd:a;R892;ra@etcd;;/foo?;/bar;" },
    { "/foo//x", "/foo", "s;etcd:a;R892;ra@etcd;;/foo?;;" },
    { "/foo/../x", "/foo", "s;etcd:a;R892;ra@etcd;;/foo?;;" },
    { "/foo/", "/foo", "e;etcd:a;R892;ra@etcd;;/foo?;/;" },
    { "/foo;x", "/foo", "s;etcd:a;R892;ra@etcd;;/foo?;;" },
    { "/fo", "/foo", ".;etcd:a;R892;ra@etcd;;;;" },
};

START_TEST(what_a_cut_leaves_of_an_exact_path_stands_in_the_record)
{
    struct world w;
    make_world(&w, arena_create(), "a");
    struct rule_literal *literal = (struct rule_literal *)w.routers[0].dnf.conjuncts[0].literals;
    struct str path = str_c(exact_rows[_i].path), prefix = str_c(exact_rows[_i].prefix);
    *literal = (struct rule_literal){ .matcher = MATCHER_PATH, .args = &path, .n_args = 1 };
    add_op(&w, 0, strip_of(&prefix, 1));
    struct plan *plan = plan_build(w.arena, &w.model, NULL);
    ck_assert_uint_eq(plan->n_routes, 1);
    ck_assert_msg(str_eq(plan->routes[0].value, str_c(exact_rows[_i].value)), "%.*s",
                  STR_ARG(plan->routes[0].value));
    arena_destroy(w.arena);
}
END_TEST

START_TEST(large_weights_are_scaled_together)
{
    struct world w;
    make_world(&w, arena_create(), "a");
    struct model_server servers[3] = { { .id = STR("0"), .host = STR("h"), .port = 1, .weight = 1 },
                                       { .id = STR("1"), .host = STR("h"), .port = 2, .weight = 1000 },
                                       { .id = STR("2"), .port = 3, .weight = 500 } };
    w.services[0].servers = servers;
    w.services[0].n_servers = 3;
    struct plan *plan = plan_build(w.arena, &w.model, NULL);
    ck_assert_uint_eq(plan->backends[0].n_servers, 2);
    ck_assert_int_eq(plan->backends[0].servers[0].weight, 1);
    ck_assert_int_eq(plan->backends[0].servers[1].weight, 256);
    arena_destroy(w.arena);
}
END_TEST

START_TEST(names_of_services_become_harmless_and_stay_different)
{
    static const char *const names[] = { "a b@etcd", "a:20b@etcd", "a;b@etcd", "a\nb@etcd",
                                         "a@b@etcd", "a@file",     "\xff@etcd" };
    struct world w;
    make_world(&w, arena_create(), "abcdefg");
    for (size_t i = 0; i < 7; i++)
        w.services[i].name = str_c(names[i]);
    struct plan *plan = plan_build(w.arena, &w.model, NULL);
    for (size_t i = 0; i < plan->n_backends; i++) {
        struct str name = plan->backends[i].name;
        for (size_t j = 0; j < name.n; j++)
            ck_assert_msg(strchr("abcdefghijklmnopqrstuvwxyz0123456789ABCDEF:-", name.p[j]) && name.p[j],
                          "%.*s", STR_ARG(name));
        ck_assert(i == 0 || str_cmp(plan->backends[i - 1].name, name) < 0);
    }
    arena_destroy(w.arena);
}
END_TEST

START_TEST(a_large_tree_has_more_spares)
{
    enum { MANY = 100 };
    struct world w;
    struct arena *arena = arena_create();
    make_world(&w, arena, "a");
    struct model_service *services = ARENA_ARRAY(arena, struct model_service, MANY);
    for (size_t i = 0; i < MANY; i++) {
        services[i] = w.services[0];
        services[i].name = arena_printf(arena, "s%02zu@etcd", i);
    }
    w.routers[0].service = &services[0];
    w.model.services = services;
    w.model.n_services = MANY;
    ck_assert_uint_eq(plan_build(arena, &w.model, NULL)->n_backends, MANY + MANY / 8);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_shape_survives_writing_and_reading)
{
    struct world w;
    make_world(&w, arena_create(), "ab");
    add_op(&w, 0, limit_of(1, SOURCE_HOST));
    struct plan *plan = plan_build(w.arena, &w.model, NULL);
    struct buf first = { 0 }, second = { 0 };
    struct shape shape;
    shape_write(&plan->shape, &first);
    ck_assert(shape_read(w.arena, buf_str(&first), &shape));
    shape_write(&shape, &second);
    ck_assert_str_eq(first.p, second.p);
    for (size_t n = 0; n + 2 < first.n; n++)
        ck_assert_msg(!shape_read(w.arena, str_head(buf_str(&first), n), &shape), "%zu bytes are no shape",
                      n);
    buf_fini(&first);
    buf_fini(&second);
    arena_destroy(w.arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_first_plan_names_backends_after_their_services, 0 },
        { a_new_service_takes_a_spare_and_keeps_it, 0 },
        { what_its_service_needs_no_more_is_taken, 0 },
        { what_has_been_free_for_longest_is_taken_first, 0 },
        { a_spare_that_becomes_free_is_not_taken_in_the_same_plan, 0 },
        { a_shape_without_room_grows_and_says_why, 0 },
        { a_running_shape_that_lacks_a_kind_grows, 0 },
        { a_program_is_named_by_its_contents, 0 },
        { the_same_middleware_twice_has_two_buckets, 0 },
        { a_strip_is_resolved_for_each_key, 0 },
        { a_strip_that_keys_cannot_tell_is_a_program, ROWS(spelt_rows) },
        { what_a_cut_leaves_of_an_exact_path_stands_in_the_record, ROWS(exact_rows) },
        { large_weights_are_scaled_together, 0 },
        { names_of_services_become_harmless_and_stay_different, 0 },
        { a_large_tree_has_more_spares, 0 },
        { a_shape_survives_writing_and_reading, 0 },
        { 0 },
    };
    return run_suite("plan", rows);
}
