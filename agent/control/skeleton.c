#include "control/skeleton.h"

#include "base/hash.h"

/* The shape's own file says who holds which backend at present, too; backends added at run time are no part
 * of it. */
static void digest(const struct artifacts *artifacts, const struct shape *shape,
                   char name[static SKELETON_NAME + 1])
{
    struct buf all = { 0 };
    for (size_t i = 0; i < artifacts->n; i++)
        if (artifacts->p[i].skeleton && !str_eq(artifacts->p[i].name, STR(ARTIFACT_SHAPE)))
            buf_printf(&all, "%.*s %zu\n%.*s\n", STR_ARG(artifacts->p[i].name), artifacts->p[i].bytes.n,
                       STR_ARG(artifacts->p[i].bytes));
    for (size_t i = 0; i < shape->n_backends; i++)
        if (shape->backends[i].kind == BACKEND_DECLARED)
            buf_printf(&all, "%.*s\n", STR_ARG(shape->backends[i].name));
    sha256_hex(buf_str(&all), name, SKELETON_NAME);
    buf_fini(&all);
}

void skeleton_brand(struct arena *arena, struct artifacts *artifacts, const struct shape *shape,
                    char name[static SKELETON_NAME + 1])
{
    struct artifact *p = ARENA_ARRAY(arena, struct artifact, artifacts->n);
    digest(artifacts, shape, name);
    for (size_t i = 0; i < artifacts->n; i++) {
        p[i] = artifacts->p[i];
        if (str_eq(p[i].name, STR(ARTIFACT_CONFIG)))
            p[i].bytes = arena_printf(arena, "%.*s\nglobal\n    description " SKELETON_WORDS "%s\n",
                                      STR_ARG(p[i].bytes), name);
    }
    artifacts->p = p;
}
