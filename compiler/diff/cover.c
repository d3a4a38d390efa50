#include "diff/cover.h"

#include "base/buf.h"
#include "base/strmap.h"

/* Conjuncts of one host and path, best rank first: of that many the first are looked at (a bound for trees
 * with thousands of rules that differ in headers only). */
enum { MOST_LOOKED_AT = 64 };

struct entry {
    size_t router; /* index: smaller is better */
    const struct rule_conjunct *conjunct;
    struct entry *next;
};

struct bucket {
    struct entry *first, *last;
};

struct cover {
    struct arena *arena;
    const struct model *model;
    struct strmap *buckets; /* HOST NUL PATH to struct bucket */
};

/* The exact host and the literal path by which a conjunct is found; either may be absent. */
struct place {
    struct str host, path;
};

static struct place place_of(const struct rule_conjunct *c)
{
    struct place place = { 0 };
    for (size_t i = 0; i < c->n; i++) {
        const struct rule_literal *l = &c->literals[i];
        if (l->negated || l->n_args == 0)
            continue;
        if (l->matcher == MATCHER_HOST && !place.host.p)
            place.host = l->args[0];
        else if ((l->matcher == MATCHER_PATH || l->matcher == MATCHER_PATH_PREFIX) && !place.path.p)
            place.path = l->args[0];
    }
    return place;
}

static bool same_args(const struct rule_literal *a, const struct rule_literal *b)
{
    if (a->n_args != b->n_args)
        return false;
    for (size_t i = 0; i < a->n_args; i++)
        if (!str_eq(a->args[i], b->args[i]))
            return false;
    return true;
}

/* Whether `wide` holds for every request for which `narrow` does. */
static bool follows(const struct rule_literal *narrow, const struct rule_literal *wide)
{
    if (narrow->matcher == wide->matcher && narrow->negated == wide->negated && narrow->dots == wide->dots &&
        same_args(narrow, wide))
        return true;
    if (wide->matcher == MATCHER_HOST_WILDCARD && narrow->matcher == MATCHER_HOST && !narrow->negated &&
        !wide->negated && narrow->dots == wide->dots)
        return str_eq(str_from(narrow->args[0], str_find(narrow->args[0], '.') + 1), wide->args[0]);
    bool path = narrow->matcher == MATCHER_PATH || narrow->matcher == MATCHER_PATH_PREFIX;
    return path && wide->matcher == MATCHER_PATH_PREFIX && !narrow->negated && !wide->negated &&
           narrow->n_args && wide->n_args && str_starts(narrow->args[0], wide->args[0]);
}

static bool covers(const struct rule_conjunct *wide, const struct rule_conjunct *narrow)
{
    for (size_t i = 0; i < wide->n; i++) {
        const struct rule_literal *l = &wide->literals[i];
        /* Every path begins so ("OPTIONS *" has none; nobody routes by that). */
        bool found = l->matcher == MATCHER_PATH_PREFIX && !l->negated && str_eq(l->args[0], STR("/"));
        for (size_t j = 0; j < narrow->n && !found; j++)
            found = follows(&narrow->literals[j], l);
        if (!found)
            return false;
    }
    return true;
}

static struct str bucket_key(struct buf *scratch, struct str host, struct str path)
{
    buf_reset(scratch);
    buf_put(scratch, host);
    buf_putc(scratch, '\0');
    buf_put(scratch, path);
    return buf_str(scratch);
}

struct cover *cover_build(struct arena *arena, const struct model *model)
{
    struct cover *cover = ARENA_NEW(arena, struct cover);
    *cover = (struct cover){ arena, model, strmap_create(arena, model->n_routers) };
    struct buf scratch = { 0 };
    for (size_t r = 0; r < model->n_routers; r++)
        for (size_t i = 0; i < model->routers[r].dnf.n; i++) {
            const struct rule_conjunct *c = &model->routers[r].dnf.conjuncts[i];
            struct place place = place_of(c);
            struct str key = bucket_key(&scratch, place.host, place.path);
            struct bucket *bucket = strmap_get(cover->buckets, key);
            if (!bucket) {
                bucket = ARENA_NEW(arena, struct bucket);
                strmap_put(cover->buckets, arena_copy(arena, key), bucket);
            }
            struct entry *entry = ARENA_NEW(arena, struct entry);
            *entry = (struct entry){ r, c, NULL };
            if (bucket->last)
                bucket->last->next = entry;
            else
                bucket->first = entry;
            bucket->last = entry;
        }
    buf_fini(&scratch);
    return cover;
}

static bool listens_on(const struct model_router *router, size_t entry_point, bool tls)
{
    for (size_t i = 0; i < router->n_entry_points && router->tls == tls; i++)
        if (router->entry_points[i] == entry_point)
            return true;
    return false;
}

struct question {
    const struct cover *cover;
    const struct model_router *router;
    size_t limit; /* routers from this index on do not count */
    struct buf scratch;
};

/* The best router in one bucket that covers the conjunct on the entry point; at most q->limit. */
static size_t best_in_bucket(struct question *q, struct str key, const struct rule_conjunct *c,
                             struct str host, size_t entry_point, size_t best)
{
    const struct bucket *bucket = strmap_get(q->cover->buckets, key);
    int looked_at = 0;
    for (const struct entry *e = bucket ? bucket->first : NULL;
         e && e->router < best && looked_at < MOST_LOOKED_AT; e = e->next, looked_at++) {
        const struct model_router *other = &q->cover->model->routers[e->router];
        /* Of equal priority the one that names a host wins on that host. */
        bool hostless = host.p && place_of(e->conjunct).host.p == NULL;
        bool outranked = q->limit != SIZE_MAX && hostless && other->priority == q->router->priority;
        if (other != q->router && !outranked && listens_on(other, entry_point, q->router->tls) &&
            covers(e->conjunct, c))
            return e->router;
    }
    return best;
}

/* Index of the best router that covers one conjunct on one entry point, or SIZE_MAX. */
static size_t best_cover(struct question *q, const struct rule_conjunct *c, size_t entry_point)
{
    struct place place = place_of(c);
    struct str hosts[] = { place.host, { 0 } };
    size_t best = q->limit;
    for (size_t h = place.host.p ? 0 : 1; h < 2; h++) {
        struct str path = place.path.n ? place.path : STR("/");
        for (size_t n = 0; n <= path.n; n++)
            best = best_in_bucket(q, bucket_key(&q->scratch, hosts[h], str_head(path, n)), c, place.host,
                                  entry_point, best);
    }
    return best == q->limit ? SIZE_MAX : best;
}

static size_t index_of(const struct model *model, const struct model_router *router)
{
    return (size_t)(router - model->routers);
}

const struct model_router *cover_shadow(const struct cover *cover, const struct model_router *router)
{
    struct question q = { .cover = cover, .router = router, .limit = index_of(cover->model, router) };
    size_t best = SIZE_MAX;
    bool whole = router->dnf.n > 0 && router->n_entry_points > 0;
    for (size_t i = 0; i < router->dnf.n && whole; i++)
        for (size_t e = 0; e < router->n_entry_points && whole; e++) {
            size_t found = best_cover(&q, &router->dnf.conjuncts[i], router->entry_points[e]);
            whole = found != SIZE_MAX;
            best = found < best ? found : best;
        }
    buf_fini(&q.scratch);
    return whole ? &cover->model->routers[best] : NULL;
}

const struct model_router *cover_heir(const struct cover *cover, const struct model_router *router)
{
    struct question q = { .cover = cover, .router = router, .limit = SIZE_MAX };
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < router->dnf.n && best == SIZE_MAX; i++)
        for (size_t e = 0; e < router->n_entry_points && best == SIZE_MAX; e++)
            best = best_cover(&q, &router->dnf.conjuncts[i], router->entry_points[e]);
    buf_fini(&q.scratch);
    return best == SIZE_MAX ? NULL : &cover->model->routers[best];
}
