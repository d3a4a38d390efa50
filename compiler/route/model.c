#include "route/model_build.h"

#include <stdlib.h>

static int compare_spaces(const void *a, const void *b)
{
    const struct tree *x = ((const struct space *)a)->tree, *y = ((const struct space *)b)->tree;
    int p = provider_precedence(x->provider), q = provider_precedence(y->provider);
    return p != q ? (p < q ? -1 : 1) : str_cmp(x->provider, y->provider);
}

struct model *model_build_watched(struct arena *arena, const struct tree *const *trees, size_t n_trees,
                                  const struct settings *settings, struct diag *diag,
                                  const struct model_watch *watch)
{
    struct model *model = ARENA_NEW(arena, struct model);
    struct build b = {
        .arena = arena, .scratch = arena_create(), .settings = settings, .diag = diag, .watch = watch
    };
    b.spaces = ARENA_ARRAY(b.scratch, struct space, n_trees);
    b.n_spaces = n_trees;
    for (size_t i = 0; i < n_trees; i++) {
        b.spaces[i].tree = trees[i];
        if (trees[i]->revision > model->revision)
            model->revision = trees[i]->revision;
    }
    if (n_trees)
        qsort(b.spaces, n_trees, sizeof *b.spaces, compare_spaces);
    model->settings = settings;
    transports_build(&b);
    services_build(&b, model);
    middlewares_build(&b);
    tls_options_build(&b);
    tls_certificates_build(&b, &model->tls);
    routers_build(&b, model);
    services_spread_use(model);
    model->effort.guesses = b.n_guesses;
    model->effort.expanded = b.n_expanded;
    model->effort.circles = b.n_circles;
    arena_destroy(b.scratch);
    return model;
}

struct model *model_build(struct arena *arena, const struct tree *const *trees, size_t n_trees,
                          const struct settings *settings, struct diag *diag)
{
    return model_build_watched(arena, trees, n_trees, settings, diag, NULL);
}

bool model_effort_is_small(const struct model_effort *effort, const struct model_effort *more)
{
    return effort->circles + more->circles == 0 && effort->guesses + more->guesses < MODEL_MAX_GUESSES / 2 &&
           effort->expanded + more->expanded < MODEL_MAX_EXPANSION / 2 &&
           effort->ties + more->ties < MODEL_MAX_TIES / 2;
}
