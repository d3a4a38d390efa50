/* Room for new services: how much there is, and a plan that has it again. (tests/compiler/delta holds such
 * plans against whole compiles.) */
#include "plan/room.h"

#include "plan/choice.h"
#include "suite.h"

#define DECLARED(name, service, holder)                                                                      \
    {                                                                                                        \
        STR(name), STR(service), STR(holder), BACKEND_DECLARED, false, 0                                     \
    }

static const struct shape_backend backends[] = {
    DECLARED("etcd:a", "a@etcd", "a@etcd"), /* its own */
    DECLARED("etcd:b", "b@etcd", "x@etcd"), /* another's, which is gone */
    DECLARED("etcd:c", "c@etcd", ""),       /* of one that is gone */
    DECLARED("spare-0001", "", "d@etcd"),
    DECLARED("spare-0002", "", ""),
    DECLARED("spare-0003", "", ""),
    { STR("etcd:e"), STR("e@etcd"), STR(""), BACKEND_PLAIN, false,
      0 }, /* added at run time: nobody can take it below 3.4 */
};

START_TEST(what_new_services_can_take_is_free)
{
    const struct shape shape = { .backends = backends, .n_backends = sizeof backends / sizeof *backends };
    const struct settings settings = { .haproxy = { .spare_backends = 5 } };
    struct room room = room_of(&shape, &settings);
    ck_assert_uint_eq(room.spare, 3);
    ck_assert_uint_eq(room.free, 3);
    ck_assert_uint_eq(room.anew, 5);
}
END_TEST

static const struct {
    int setting;
    size_t services, anew;
} sizes[] = {
    { 256, 0, 256 },       { 256, 2055, 256 },     { 256, 2056, 257 }, { 256, 16384, 2048 },
    { 256, 100000, 2048 }, { 5000, 100000, 5000 }, { 0, 100000, 0 },
};

START_TEST(many_services_have_more_up_to_a_bound)
{
    struct arena *arena = arena_create();
    const struct settings settings = { .haproxy = { .spare_backends = sizes[_i].setting } };
    struct shape_backend *all = ARENA_ARRAY(arena, struct shape_backend, sizes[_i].services);
    for (size_t i = 0; i < sizes[_i].services; i++)
        all[i] = (struct shape_backend)DECLARED("etcd:a", "a@etcd", "a@etcd");
    const struct shape shape = { .backends = all, .n_backends = sizes[_i].services };
    ck_assert_uint_eq(room_of(&shape, &settings).anew, sizes[_i].anew);
    arena_destroy(arena);
}
END_TEST

static const struct {
    size_t free, anew;
    bool is_short;
} rows[] = {
    { 256, 256, false }, { 64, 256, false }, { 63, 256, true }, { 0, 256, true }, { 0, 1, true },
    { 1, 1, false },     { 1, 4, false },    { 1, 5, true },    { 0, 0, false }, /* a reload gives nothing */
    { 300, 256, false },                                                         /* services are gone */
    { 500, 2048, true },
};

START_TEST(less_than_a_quarter_of_what_a_reload_gives_is_short)
{
    struct room room = { .spare = rows[_i].anew, .free = rows[_i].free, .anew = rows[_i].anew };
    ck_assert(room_is_short(&room) == rows[_i].is_short);
}
END_TEST

/* A plan of three services: one in its own backend, one in a spare, one (with a choice) in a backend of
 * another name. */
struct world {
    struct arena *arena;
    struct settings settings;
    struct model_service services[3];
    struct plan_backend held[4];
    struct plan plan;
};

static const struct plan_entry routes[] = {
    { STR("a.test|0/"), STR("+.;etcd:a;R1;a@etcd;;;;a") },
    { STR("b.test|0/"), STR("g;spare-0001;R1;spare-0001;of12;;;") },
    { STR("c.test|0/"), STR("b;}c@etcd;R1;c@etcd;;;;") },
    { STR("|0/"), STR("+.;;~;;;;;w") },
    { STR("}c@etcd?"), STR("s;r;lb|;etcd:b;0123|1|http://spare-0001||;;etcd:b") },
    { STR("}w@etcd?"), STR("w;.;;;1|3|spare-0001|spare-0001,2|1|c|}c@etcd,3|1|a|etcd:a;") },
};

static const struct plan_entry renamed[] = {
    { STR("a.test|0/"), STR("+.;etcd:a;R1;a@etcd;;;;a") },
    { STR("b.test|0/"), STR("g;etcd:b;R1;spare-0001;of12;;;") },
    { STR("c.test|0/"), STR("b;}c@etcd;R1;c@etcd;;;;") },
    { STR("|0/"), STR("+.;;~;;;;;w") },
    { STR("}c@etcd?"), STR("s;r;lb|;etcd:c;0123|1|http://spare-0001||;;etcd:b") },
    { STR("}w@etcd?"), STR("w;.;;;1|3|spare-0001|etcd:b,2|1|c|}c@etcd,3|1|a|etcd:a;") },
};

enum { ROUTES = sizeof routes / sizeof *routes };

static const struct shape_backend shape_of_world[] = {
    DECLARED("etcd:a", "a@etcd", "a@etcd"),
    DECLARED("etcd:b", "b@etcd", "c@etcd"),
    DECLARED("spare-0001", "", "b@etcd"),
    DECLARED("spare-0002", "", ""),
};

static void make_world(struct world *w)
{
    static const struct str names[] = { STR("a@etcd"), STR("b@etcd"), STR("c@etcd") };
    static const size_t holders[] = { 0, 2, 1 };
    *w = (struct world){ .arena = arena_create(), .settings = { .haproxy = { .spare_backends = 2 } } };
    for (size_t i = 0; i < 3; i++)
        w->services[i] = (struct model_service){ .name = names[i], .pass_host_header = true, .used = true };
    w->services[2].cookie.name = STR("lb");
    for (size_t i = 0; i < 4; i++)
        w->held[i] =
            (struct plan_backend){ .name = shape_of_world[i].name, .service = shape_of_world[i].holder };
    for (size_t i = 0; i < 3; i++)
        w->held[i].holds = &w->services[holders[i]];
    w->plan = (struct plan){ .settings = &w->settings,
                             .revision = 7,
                             .shape = { .rounds = 5, .backends = shape_of_world, .n_backends = 4 },
                             .routes = routes,
                             .n_routes = ROUTES,
                             .backends = w->held,
                             .n_backends = 4 };
}

START_TEST(every_service_gets_its_name_and_the_routes_follow)
{
    struct world w;
    make_world(&w);
    const struct plan *plan = plan_with_room(w.arena, &w.plan);
    static const char *const names[] = { "etcd:a", "etcd:b", "etcd:c", "spare-0001", "spare-0002" };
    ck_assert_ptr_nonnull(plan);
    ck_assert(plan->revision == 7 && plan->shape.rounds == 5 && plan->shape_reason.n == 0);
    ck_assert_uint_eq(plan->n_backends, 5);
    ck_assert_uint_eq(plan->shape.n_backends, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert(str_eq(plan->backends[i].name, str_c(names[i])) &&
                  str_eq(plan->shape.backends[i].name, str_c(names[i])) &&
                  str_eq(plan->backends[i].service, plan->shape.backends[i].holder));
    ck_assert(plan->backends[1].holds == &w.services[1] && plan->backends[2].holds == &w.services[2]);
    ck_assert(plan->shape.backends[2].chosen && !plan->shape.backends[1].chosen);
    for (size_t i = 0; i < ROUTES; i++)
        ck_assert_msg(str_eq(plan->routes[i].value, renamed[i].value), "%.*s: %.*s", STR_ARG(routes[i].key),
                      STR_ARG(plan->routes[i].value));
    struct room room = room_of(&plan->shape, &w.settings);
    ck_assert(room.free == 2 && !room_is_short(&room));
    arena_destroy(w.arena);
}
END_TEST

START_TEST(a_plan_that_has_room_stays_as_it_is)
{
    struct world w;
    make_world(&w);
    const struct plan *once = plan_with_room(w.arena, &w.plan), *twice = plan_with_room(w.arena, once);
    ck_assert(twice->routes == once->routes);
    for (size_t i = 0; i < once->n_backends; i++)
        ck_assert(str_eq(once->backends[i].name, twice->backends[i].name));
    arena_destroy(w.arena);
}
END_TEST

START_TEST(backends_that_were_added_stay_where_they_are)
{
    struct world w;
    make_world(&w);
    w.held[2].kind = BACKEND_PLAIN;
    ck_assert_ptr_null(plan_with_room(w.arena, &w.plan));
    arena_destroy(w.arena);
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { what_new_services_can_take_is_free, 0 },
        { many_services_have_more_up_to_a_bound, ROWS(sizes) },
        { less_than_a_quarter_of_what_a_reload_gives_is_short, ROWS(rows) },
        { every_service_gets_its_name_and_the_routes_follow, 0 },
        { a_plan_that_has_room_stays_as_it_is, 0 },
        { backends_that_were_added_stay_where_they_are, 0 },
        { 0 },
    };
    return run_suite("room", tests);
}
