/* Lanes: which chains have one, and what it says (compiler/plan/lane.h). */
#include "plan/lane.h"

#include <stdlib.h>

#include "kv/reader.h"
#include "plan/plan.h"
#include "suite.h"

#define M(name) "traefik/http/middlewares/" name "/"

/* A router with these middlewares, a dump's lines; its flags, CUT and lane in a shape that was made for it;
 * NULL: no lane. */
static const struct {
    const char *middlewares, *flags, *cut, *lane;
} rows[] = {
    { M("a") "addPrefix/prefix\n/x\n", "ncp", "?/x", "0;0;0;0;0;;;" },
    { M("a") "addPrefix/prefix\nx\n" M("b") "addPrefix/prefix\n/y/\n", "ncp", "?/y//x", "0;0;0;0;0;;;" },
    { M("a") "stripPrefix/prefixes\n/a,/p\n" M("b") "addPrefix/prefix\n/x\n", "ncp", "/p?/x",
      "0;0;0;0;0;;;" },
    { M("a") "stripPrefix/prefixes\n/q\n" M("b") "addPrefix/prefix\n/x\n", "ncp", "?/x", "0;0;0;0;0;;;" },
    { M("a") "replacePath/path\n/x\n", "np", "", "16;0;0;0;0;/x;;" },
    { M("a") "replacePathRegex/regex\n^/p/(.*)$\n" M("a") "replacePathRegex/replacement\n/v2/$1\n", "np", "",
      "16;1;0;0;0;;;" },
    { M("a") "headers/customRequestHeaders/X-A\n1;2\n" M("b") "headers/customRequestHeaders/X-A\n3 4\n", "np",
      "", "32;0;1;0;0;;;;3%204" },
    { M("a") "headers/frameDeny\ntrue\n" M("b") "headers/customFrameOptionsValue\nSAME\n", "np", "",
      "64;0;0;1;0;;;;DENY" },
    { M("a") "headers/customRequestHeaders/X-A\n1\n" M("a") "headers/customResponseHeaders/X-B\n2\n", "np",
      "", "96;0;1;1;0;;;;1;2" },
    { M("a") "redirectScheme/scheme\nhttp\n", "np", "", "2;0;0;0;0;;;" },
    { M("a") "encodedCharacters/allowEncodedSlash\nfalse\n", "np", "", "0;0;0;0;0;;;" },
    /* What a lane cannot promise. */
    { M("a") "addPrefix/prefix\n/x y\n", "p", "", NULL },
    { M("a") "addPrefix/prefix\n/x\n" M("b") "stripPrefix/prefixes\n/x\n", "p", "", NULL },
    { M("a") "stripPrefix/prefixes\n/p\n" M("a") "stripPrefix/forceSlash\ntrue\n" M(
          "b") "addPrefix/prefix\n/x\n",
      "p", "", NULL },
    { M("a") "replacePath/path\nx\n", "p", "", NULL },
    { M("a") "replacePathRegex/regex\n/p/(.*)$\n" M("a") "replacePathRegex/replacement\n/v2/$1\n", "p", "",
      NULL },
    { M("a") "replacePathRegex/regex\n^/p/(a*)*b$\n" M("a") "replacePathRegex/replacement\n/v2/$1\n", "p", "",
      NULL },
    { M("a") "replacePathRegex/regex\n^/p/(a|b)$\n" M("a") "replacePathRegex/replacement\n/v2/$1\n", "p", "",
      NULL },
    { M("a") "replacePathRegex/regex\n^/p/\\d$\n" M("a") "replacePathRegex/replacement\n/v2\n", "p", "",
      NULL },
    { M("a") "replacePathRegex/regex\n^/p/(.*)$\n" M("a") "replacePathRegex/replacement\n/v2?$1\n", "p", "",
      NULL },
    { M("a") "redirectScheme/scheme\nhttps\n", "p", "", NULL },
    { M("a") "redirectScheme/scheme\nhttp\n" M("a") "redirectScheme/port\n81\n", "p", "", NULL },
    { M("a") "headers/customRequestHeaders/Host\nx\n", "p", "", NULL },
    { M("a") "headers/customRequestHeaders/X-A\n\n", "p", "", NULL },
    { M("a") "headers/customResponseHeaders/X-A\n\n", "p", "", NULL },
    { M("a") "headers/customResponseHeaders/Vary\nx\n", "p", "", NULL },
    { M("a") "headers/contentSecurityPolicy\nscript-src $NONCE\n", "p", "", NULL },
    { M("a") "headers/stsSeconds\n60\n", "p", "", NULL },
    { M("a") "headers/addVaryHeader\ntrue\n", "p", "", NULL },
    { M("a") "headers/allowedHosts\nx\n", "p", "", NULL },
    { M("a") "inFlightReq/amount\n0\n", "p", "", NULL },
    { M("a") "inFlightReq/amount\n5\n" M("b") "inFlightReq/amount\n6\n", "p", "", NULL },
    { M("a") "inFlightReq/amount\n5\n" M("a") "inFlightReq/sourceCriterion/requestHeaderName\nX\n", "p", "",
      NULL },
    { M("a") "ipAllowList/sourceRange\n10.0.0.0/8\n" M("a") "ipAllowList/ipStrategy/depth\n1\n", "p", "",
      NULL },
    { M("a") "redirectRegex/regex\nx\n" M("a") "redirectRegex/replacement\ny\n", "p", "", NULL },
};

static struct str field(struct str record, int n)
{
    for (int i = 1; i < n; i++)
        str_cut(&record, ';');
    return str_cut(&record, ';');
}

static const struct plan *plan_of(struct arena *arena, const char *middlewares, const struct shape *previous)
{
    static const struct entry_point web = { .name = STR("web"),
                                            .sanitize_path = true,
                                            .underscores = STR("keep") };
    static const struct settings settings = { .entry_points = &web,
                                              .n_entry_points = 1,
                                              .default_rule_syntax = STR("v3") };
    struct kv_snapshot snapshot;
    struct diag *diag = diag_create(arena, 0);
    struct str dump =
        arena_printf(arena,
                     "%straefik/http/routers/r/rule\nPathPrefix(`/p`)\ntraefik/http/routers/r/service\ns\n"
                     "traefik/http/routers/r/middlewares\n%s\n"
                     "traefik/http/services/s/loadBalancer/servers/0/url\nhttp://127.0.0.1:1\n",
                     middlewares, strstr(middlewares, M("b")) ? "a,b" : "a");
    ck_assert(kv_read(arena, dump, KV_FORMAT_DUMP, STR("tree"), STR("traefik"), &snapshot, diag));
    const struct tree *tree = tree_decode(arena, &snapshot, diag);
    const struct model *model = model_build(arena, &tree, 1, &settings, diag);
    ck_assert_uint_eq(model->n_routers, 1);
    return plan_build(arena, model, previous);
}

static struct str value_of(const struct plan_map *map, struct str key)
{
    for (size_t i = 0; i < map->n; i++)
        if (str_eq(map->p[i].key, key))
            return map->p[i].value;
    return (struct str){ 0 };
}

/* The record of the longest key that /p/x begins with. */
static struct str record_of(const struct plan *plan)
{
    struct str best = { 0 };
    for (size_t i = 0; i < plan->n_routes; i++)
        if (str_eq(plan->routes[i].key, STR("|0/p")))
            best = plan->routes[i].value;
    return best;
}

START_TEST(chains_have_the_lane_that_they_can_have)
{
    struct arena *arena = arena_create();
    const struct plan *plan = plan_of(arena, rows[_i].middlewares, NULL);
    struct str record = record_of(plan),
               lane = value_of(&plan->maps[MAP_PROGRAMS], field(record, RECORD_LANE));
    ck_assert_msg(str_eq(field(record, RECORD_FLAGS), str_c(rows[_i].flags)), "%s: %.*s",
                  rows[_i].middlewares, STR_ARG(record));
    ck_assert_msg(str_eq(field(record, RECORD_CUT), str_c(rows[_i].cut)), "%s: %.*s", rows[_i].middlewares,
                  STR_ARG(record));
    ck_assert_msg(rows[_i].lane ? str_eq(lane, str_c(rows[_i].lane)) : lane.n == 0, "%s: %.*s",
                  rows[_i].middlewares, STR_ARG(lane));
    arena_destroy(arena);
}
END_TEST

START_TEST(a_list_and_a_count_have_names_of_their_own)
{
    struct arena *arena = arena_create();
    const struct plan *plan =
        plan_of(arena, M("a") "ipAllowList/sourceRange\n10.0.0.0/8\n" M("b") "inFlightReq/amount\n5\n", NULL);
    struct str lane = value_of(&plan->maps[MAP_PROGRAMS], field(record_of(plan), RECORD_LANE));
    ck_assert(str_eq(field(lane, 1), STR("5")) && field(lane, 7).n == 16 && field(lane, 8).n == 16 &&
              str_eq(field(lane, 5), STR("5")));
    arena_destroy(arena);
}
END_TEST

/* A shape that lacks the name: no lane, and no reason to grow. */
START_TEST(a_name_that_the_shape_lacks_costs_the_lane_only)
{
    struct arena *arena = arena_create();
    const struct plan *before = plan_of(arena, M("a") "headers/customRequestHeaders/X-A\n1\n", NULL);
    const struct plan *after = plan_of(arena, M("a") "headers/customRequestHeaders/X-B\n1\n", &before->shape);
    ck_assert_uint_eq(after->shape_reason.n, 0);
    ck_assert(str_eq(field(record_of(after), RECORD_FLAGS), STR("p")));
    const struct plan *fresh = plan_of(arena, M("a") "headers/customRequestHeaders/X-B\n1\n", NULL);
    ck_assert(str_eq(field(record_of(fresh), RECORD_FLAGS), STR("np")));
    arena_destroy(arena);
}
END_TEST

START_TEST(a_shape_keeps_its_lanes)
{
    struct arena *arena = arena_create();
    struct buf json = { 0 }, again = { 0 };
    struct shape read;
    const struct plan *plan =
        plan_of(arena,
                M("a") "replacePathRegex/regex\n^/p/(.*)$\n" M("a") "replacePathRegex/replacement\n/v/$1\n" M(
                    "b") "headers/customRequestHeaders/X-A\n1\n",
                NULL);
    shape_write(&plan->shape, &json);
    ck_assert(shape_read(arena, buf_str(&json), &read));
    shape_write(&read, &again);
    ck_assert(str_eq(buf_str(&json), buf_str(&again)) && read.n_lane_rewrites == 1 &&
              read.n_lane_requests == 1);
    buf_fini(&json);
    buf_fini(&again);
    arena_destroy(arena);
}
END_TEST

static const char *const no_rewrites[] = { "",       "^/a",     "^/a b c", "/a b",     "^/a\" b", "^/a' b",
                                           "^/a #b", "^/a \\x", "^/a b\n", "^/a{2} b", "^/a|b c", "^/a b;c" };

START_TEST(what_is_no_rewrite_is_none)
{
    ck_assert(!lane_is_rewrite(str_c(no_rewrites[_i])));
    ck_assert(lane_is_rewrite(STR("^/v1/(.*)$ /v2/\\1")));
}
END_TEST

int main(void)
{
    const struct test_row tests[] = {
        { chains_have_the_lane_that_they_can_have, ROWS(rows) },
        { a_list_and_a_count_have_names_of_their_own, 0 },
        { a_name_that_the_shape_lacks_costs_the_lane_only, 0 },
        { a_shape_keeps_its_lanes, 0 },
        { what_is_no_rewrite_is_none, ROWS(no_rewrites) },
        { 0 },
    };
    return run_suite("lane", tests);
}
