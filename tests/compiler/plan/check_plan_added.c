/* Where HAProxy adds backends while it runs (3.4), a plan has room for any service. */
#include "plan_world.h"

static const struct plan_backend *backend_of(const struct plan *plan, const char *service)
{
    for (size_t i = 0; i < plan->n_backends; i++)
        if (str_eq(plan->backends[i].service, str_c(service)))
            return &plan->backends[i];
    return NULL;
}

START_TEST(where_backends_can_be_added_a_new_service_gets_one_of_its_name)
{
    struct world w, more;
    struct arena *arena = arena_create();
    make_world(&w, arena, "a");
    w.settings.haproxy.spare_backends = 0;
    make_world(&more, arena, "abc");
    more.services[2].cookie.name = STR("lb");
    struct shape shape = plan_build(arena, &w.model, NULL)->shape;
    struct plan *plan = plan_build(arena, &more.model, &shape);
    ck_assert(str_eq(plan->shape_reason, STR("more new services than spare backends")));
    shape.grows = true;
    plan = plan_build(arena, &more.model, &shape);
    ck_assert_uint_eq(plan->shape_reason.n, 0);
    const struct plan_backend *a = backend_of(plan, "a@etcd"), *b = backend_of(plan, "b@etcd"),
                              *c = backend_of(plan, "c@etcd");
    ck_assert(a->kind == BACKEND_DECLARED && b->kind == BACKEND_PLAIN && c->kind == BACKEND_CHOSEN);
    ck_assert(str_eq(b->name, STR("etcd:b")) && str_eq(c->name, STR("etcd:c:-c")));
    ck_assert(str_eq(c->servers[0].options, STR(" cookie 0123456789abcdef")));
    for (size_t i = 1; i < plan->n_backends; i++)
        ck_assert(str_cmp(plan->backends[i - 1].name, plan->backends[i].name) < 0);
    /* A cookie comes and goes: another backend each time, the old one is free only in the plan behind. */
    shape = plan->shape;
    more.services[1].cookie.name = STR("lb");
    more.services[2].cookie.name = STR("");
    plan = plan_build(arena, &more.model, &shape);
    ck_assert(str_eq(backend_of(plan, "b@etcd")->name, STR("etcd:b:-c")) &&
              str_eq(backend_of(plan, "c@etcd")->name, STR("etcd:c")));
    ck_assert_uint_eq(plan->n_backends, 5);
    shape = plan->shape;
    more.services[1].cookie.name = STR("");
    plan = plan_build(arena, &more.model, &shape);
    ck_assert(str_eq(backend_of(plan, "b@etcd")->name, STR("etcd:b")));
    ck_assert_uint_eq(plan->n_backends, 5);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_service_that_begins_to_choose_takes_another_backend)
{
    struct world w;
    struct arena *arena = arena_create();
    make_world(&w, arena, "a");
    struct plan *plan = plan_build(arena, &w.model, NULL);
    w.services[0].cookie.name = STR("lb");
    plan = plan_build(arena, &w.model, &plan->shape);
    ck_assert_uint_eq(plan->shape_reason.n, 0);
    ck_assert(str_eq(held_by(plan, STR("a@etcd")), STR("spare-0001")));
    w.services[0].cookie.name = (struct str){ 0 };
    plan = plan_build(arena, &w.model, &plan->shape);
    ck_assert_msg(str_eq(held_by(plan, STR("a@etcd")), STR("etcd:a")), "and its own one when it ceases to");
    arena_destroy(arena);
}
END_TEST

START_TEST(an_added_backend_never_has_the_name_of_another)
{
    struct world w;
    struct arena *arena = arena_create();
    make_world(&w, arena, "b");
    struct shape_backend taken = { .name = STR("etcd:a"), .service = STR("a@etcd"), .holder = STR("b@etcd") };
    struct shape shape = {
        .cut = true, .agent = true, .rounds = 1, .grows = true, .backends = &taken, .n_backends = 1
    };
    make_world(&w, arena, "ab");
    struct plan *plan = plan_build(arena, &w.model, &shape);
    ck_assert_uint_eq(plan->shape_reason.n, 0);
    ck_assert(str_eq(held_by(plan, STR("b@etcd")), STR("etcd:a")));
    ck_assert(str_eq(held_by(plan, STR("a@etcd")), STR("etcd:a:-2")));
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { where_backends_can_be_added_a_new_service_gets_one_of_its_name, 0 },
        { a_service_that_begins_to_choose_takes_another_backend, 0 },
        { an_added_backend_never_has_the_name_of_another, 0 },
        { 0 },
    };
    return run_suite("plan_added", rows);
}
