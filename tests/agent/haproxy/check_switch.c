/* A few records that change at once (compiler/diff/dual.h). */
#include "suite.h"

#include "scene.h"

/* Routes alone, from one state to the other. `known`: as the first is known for sure. */
static enum apply_status change(struct scene *scene, const struct runtime_state *before,
                                const struct runtime_state *to, bool known)
{
    struct runtime_state from = { .routes = before->routes, .n_routes = before->n_routes };
    struct steps steps = diff_runtime(scene->arena, &from, to);
    ck_assert_uint_eq(steps.n, 1);
    ck_assert_int_eq(steps.p[0].kind,
                     known ? STEP_SWITCH_ROUTES : STEP_DELETE_ROUTE); /* the number alone is left */
    return applier_run(scene->applier, &steps, known ? &from : NULL, to, NULL, scene->error);
}

/* Two routes of the files change and one comes. */
static enum apply_status switch_three(struct scene *scene, const struct runtime_state *before,
                                      struct runtime_state *to)
{
    struct plan_entry *routes = ARENA_ARRAY(scene->arena, struct plan_entry, before->n_routes + 1);
    memcpy(routes, before->routes, before->n_routes * sizeof *routes);
    routes[0].value = STR("new 0 ^;%");
    routes[1].value = STR("new 1");
    routes[before->n_routes] = (struct plan_entry){ STR("~z.test|0/"), STR("new 2") };
    *to = (struct runtime_state){ .routes = routes, .n_routes = before->n_routes + 1 };
    return change(scene, before, to, true);
}

START_TEST(a_few_routes_are_switched_without_a_new_version_of_the_map)
{
    struct scene scene;
    struct runtime_state to;
    struct applier_counts counts;
    open_scene(&scene, "");
    struct runtime_state before = live(&scene);
    for (int i = 0; i < 2; i++) { /* the first time there is no number yet */
        ck_assert_msg(switch_three(&scene, &before, &to) == APPLY_OK, "%s", scene.error);
        expect_routes(&scene, to.routes, to.n_routes);
        ck_assert_int_eq(replace(&scene, before.routes, before.n_routes), APPLY_OK);
        expect_routes(&scene, before.routes, before.n_routes);
    }
    applier_counts(scene.applier, &counts);
    ck_assert_uint_eq(counts.replacements, 2);
    close_scene(&scene);
}
END_TEST

START_TEST(what_a_switch_left_half_done_is_a_difference)
{
    struct scene scene;
    struct runtime_state to;
    open_scene(&scene, "");
    struct runtime_state before = live(&scene);
    ck_assert_int_eq(switch_three(&scene, &before, &to), APPLY_OK);
    ck_assert_int_eq(route(&scene, STEP_SET_ROUTE, "}?", "~5"), APPLY_OK);
    struct runtime_state now = live(&scene);
    ck_assert_uint_eq(now.n_routes, to.n_routes + 1);
    ck_assert_int_eq(change(&scene, &now, &to, false), APPLY_OK);
    expect_routes(&scene, to.routes, to.n_routes);
    close_scene(&scene);
}
END_TEST

START_TEST(a_record_too_long_to_have_two_meanings_is_replaced)
{
    struct scene scene;
    struct applier_counts counts;
    open_scene(&scene, "");
    struct runtime_state before = live(&scene);
    char *text = ARENA_ARRAY(scene.arena, char, 9000);
    memset(text, 'x', 9000);
    struct plan_entry *routes = ARENA_ARRAY(scene.arena, struct plan_entry, before.n_routes);
    memcpy(routes, before.routes, before.n_routes * sizeof *routes);
    routes[0].value = routes[1].value = str_of(text, 9000);
    struct runtime_state to = { .routes = routes, .n_routes = before.n_routes };
    ck_assert_msg(change(&scene, &before, &to, true) == APPLY_OK, "%s", scene.error);
    expect_routes(&scene, to.routes, to.n_routes);
    applier_counts(scene.applier, &counts);
    ck_assert_uint_eq(counts.replacements, 1);
    close_scene(&scene);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_few_routes_are_switched_without_a_new_version_of_the_map, 0 },
        { what_a_switch_left_half_done_is_a_difference, 0 },
        { a_record_too_long_to_have_two_meanings_is_replaced, 0 },
        { NULL, 0 },
    };
    return run_suite("switch", rows);
}
