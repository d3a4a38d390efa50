#include "haproxy/waiting.h"

#include <stdlib.h>

#include "base/vec.h"

static size_t find(const struct waiting *waiting, struct str backend, struct str name)
{
    size_t i = 0;
    while (i < waiting->n && !(str_eq(waiting->p[i].name, name) && str_eq(waiting->p[i].backend, backend)))
        i++;
    return i;
}

bool waiting_lingers(const struct waiting *waiting, struct str backend, struct str name)
{
    size_t i = find(waiting, backend, name);
    return i < waiting->n && waiting->p[i].lingers_until_ns;
}

void waiting_add(struct waiting *waiting, struct str backend, struct str name, int64_t lingers_until_ns)
{
    size_t i = find(waiting, backend, name);
    if (i < waiting->n) {
        waiting->p[i].lingers_until_ns = lingers_until_ns;
        return;
    }
    char *copy = xmalloc(backend.n + name.n + 1);
    memcpy(copy, backend.p, backend.n);
    memcpy(copy + backend.n, name.p, name.n);
    vec_push(waiting,
             (struct waiting_server){ { copy, backend.n }, { copy + backend.n, name.n }, lingers_until_ns });
}

void waiting_drop(struct waiting *waiting, size_t i)
{
    free((char *)waiting->p[i].backend.p);
    waiting->p[i] = waiting->p[--waiting->n];
}

bool waiting_take(struct waiting *waiting, struct str backend, struct str name)
{
    size_t i = find(waiting, backend, name);
    if (i == waiting->n)
        return false;
    waiting_drop(waiting, i);
    return true;
}

void waiting_clear(struct waiting *waiting)
{
    while (waiting->n > 0)
        waiting_drop(waiting, waiting->n - 1);
    vec_fini(waiting);
}
