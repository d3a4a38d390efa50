#include "control/since.h"

#include <stdlib.h>

#include "base/strmap.h"

struct since {
    struct arena *arena;
    struct strmap *times; /* identity → double */
};

struct since *since_create(void)
{
    struct since *since = xmalloc(sizeof *since);
    struct arena *arena = arena_create();
    *since = (struct since){ arena, strmap_create(arena, 16) };
    return since;
}

void since_destroy(struct since *since)
{
    if (!since)
        return;
    arena_destroy(since->arena);
    free(since);
}

/* What makes it the same finding: code, key and message. */
static struct str identity_of(struct arena *arena, const struct finding *f)
{
    return arena_printf(arena, "%d %.*s\n%.*s", (int)f->code, STR_ARG(f->key), STR_ARG(f->message));
}

void since_update(struct since *since, const struct diag *diag, double now)
{
    struct arena *arena = arena_create();
    size_t n = diag_total(diag);
    struct strmap *times = strmap_create(arena, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct str identity = identity_of(arena, diag_get(diag, i));
        const double *old = strmap_get(since->times, identity);
        double *time = ARENA_NEW(arena, double);
        *time = old ? *old : now;
        strmap_put(times, identity, time);
    }
    arena_destroy(since->arena);
    *since = (struct since){ arena, times };
}

double since_of(const struct since *since, const struct finding *finding)
{
    struct arena *arena = arena_create();
    const double *time = strmap_get(since->times, identity_of(arena, finding));
    double out = time ? *time : 0;
    arena_destroy(arena);
    return out;
}
