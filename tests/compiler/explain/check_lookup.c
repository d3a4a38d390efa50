/* The look-ups of the skeleton against the definition: for any request they must find the router that is first among all whose
 * rule is true. More rounds: MAITRED_ROUNDS. */
#include <stdio.h>
#include <stdlib.h>

#include "explain/holds.h"
#include "explain/lookup.h"
#include "world.h"

enum { ROUTERS = 14, ROUNDS = 60, REQUESTS = 40 };

static const struct entry_point entry_points[] = { { .name = { "alt", 3 } }, { .name = { "web", 3 } } };
static const struct settings settings = { .entry_points = entry_points, .n_entry_points = 2 };

static const struct model_router *first_that_holds(const struct model *model, size_t entry_point, const struct request *request)
{
    for (size_t i = 0; i < model->n_routers; i++) {
        const struct model_router *r = &model->routers[i];
        bool here = false;
        for (size_t e = 0; e < r->n_entry_points; e++)
            here = here || r->entry_points[e] == entry_point;
        if (here && dnf_holds(&r->dnf, request, NULL))
            return r;
    }
    return NULL;
}

static void compare(struct arena *arena, const struct model *model, const struct plan *plan, unsigned *seed, unsigned round)
{
    struct request request;
    random_request(arena, seed, &request);
    size_t entry_point = roll(seed, 2);
    const struct model_router *wanted = first_that_holds(model, entry_point, &request);
    struct lookup found = lookup_run(arena, plan, entry_point, &request);
    struct str name = wanted ? wanted->name : (struct str){ 0 };
    if (str_eq(name, found.router))
        return;
    for (size_t i = 0; i < found.n_steps; i++)
        printf("%s %.*s -> %.*s\n", found.steps[i].map, STR_ARG(found.steps[i].line),
               STR_ARG(found.steps[i].entry ? found.steps[i].entry->value : STR("-")));
    ck_abort_msg("round %u: %.*s host %.*s path %.*s query %.*s client %.*s: want %.*s (%.*s), got %.*s", round,
                 STR_ARG(request.method), STR_ARG(request.host), STR_ARG(request.path), STR_ARG(request.query),
                 STR_ARG(request.client), STR_ARG(name), STR_ARG(wanted ? wanted->rule : STR("")), STR_ARG(found.router));
}

START_TEST(look_ups_find_the_first_router_that_holds)
{
    const char *more = getenv("MAITRED_ROUNDS");
    unsigned rounds = more ? (unsigned)strtoul(more, NULL, 10) : ROUNDS;
    for (unsigned round = 0; round < rounds; round++) {
        unsigned seed = round * 7919 + 1;
        struct arena *arena = arena_create();
        struct diag *diag = diag_create(arena, 0);
        struct kv_snapshot snapshot;
        struct str dump = random_tree(arena, &seed, 2 + roll(&seed, ROUTERS));
        ck_assert(kv_read(arena, dump, KV_FORMAT_DUMP, STR(""), STR("traefik"), &snapshot, diag));
        const struct tree *tree = tree_decode(arena, &snapshot, diag);
        const struct model *model = model_build(arena, &tree, 1, &settings, diag);
        ck_assert_uint_eq(diag_count(diag, SEVERITY_ERROR), 0);
        const struct plan *plan = plan_build(arena, model, NULL);
        for (unsigned i = 0; i < REQUESTS; i++)
            compare(arena, model, plan, &seed, round);
        arena_destroy(arena);
    }
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { look_ups_find_the_first_router_that_holds, 0 },
        { 0 },
    };
    return run_suite("lookup", rows);
}
