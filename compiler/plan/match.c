#include "plan/match.h"

#include <stdlib.h>

#include "base/vec.h"
#include "plan/key.h"
#include "plan/rank.h"

/* A place where a router applies. Keys that begin with '|' are of any host. Because '|' and '?' occur in no
 * host and no path, one key is a prefix of another exactly if its set of requests contains the other's. */
struct place {
    struct str key;
    size_t router;   /* index into model->routers: smaller is better; later the best that applies here */
    size_t path_at;  /* where the path begins in the key */
    size_t parent;   /* nearest place whose key is a prefix of this one, or NONE */
};

#define NONE SIZE_MAX

typedef VEC(struct place) places;

/* The paths of one conjunct: one exact path, or all below a prefix. */
struct span {
    struct str path;
    bool exact, never;
};

static struct span span_meet(struct span a, struct span b)
{
    if (a.exact || b.exact) {
        struct span exact = a.exact ? a : b, other = a.exact ? b : a;
        exact.never = other.exact ? !str_eq(exact.path, other.path) : !str_starts(exact.path, other.path);
        return exact;
    }
    struct span longer = a.path.n >= b.path.n ? a : b, shorter = a.path.n >= b.path.n ? b : a;
    longer.never = !str_starts(longer.path, shorter.path);
    return longer;
}

struct conjunct {
    struct str host; /* p == NULL: any */
    struct span span;
    bool never;
};

static struct conjunct conjunct_read(const struct rule_conjunct *c)
{
    struct conjunct out = { .span = { .path = STR("/") } };
    for (size_t i = 0; i < c->n && !out.never; i++) {
        const struct rule_literal *l = &c->literals[i];
        struct str arg = l->args[0];
        /* GUARD: this stage knows plain hosts and paths only; conjuncts with other literals are skipped until
         * it knows them. */
        if (l->negated || (l->matcher != MATCHER_HOST && l->matcher != MATCHER_PATH && l->matcher != MATCHER_PATH_PREFIX)) {
            out.never = true;
            break;
        }
        if (l->matcher == MATCHER_HOST && !str_eq(arg, STR("*"))) {
            out.never = out.host.p && !str_eq_nocase(out.host, arg);
            out.host = arg;
        } else if (l->matcher != MATCHER_HOST) {
            out.span = span_meet(out.span, (struct span){ arg, l->matcher == MATCHER_PATH, false });
            out.never = out.span.never;
        }
    }
    return out;
}

static void place_add(struct arena *arena, places *out, struct buf *scratch, size_t path_at, size_t router)
{
    vec_push(out, (struct place){ .key = arena_copy(arena, buf_str(scratch)), .router = router, .path_at = path_at,
                                  .parent = NONE });
}

/* The places of one conjunct on one entry point. Below a prefix, every path that a strip of the chain cuts
 * is a place of its own: so at each key it is known what is cut. */
static void conjunct_places(struct arena *arena, places *out, const struct conjunct *c, size_t entry_point,
                            size_t router, const struct chain_plan *chain)
{
    struct buf key = { 0 };
    bool possible = !c->host.p || key_put_host(&key, c->host);
    buf_printf(&key, "|%zu", entry_point);
    size_t path_at = key.n;
    possible = possible && key_put_path(&key, c->span.path, !c->span.exact);
    struct str path = str_from(buf_str(&key), path_at);
    if (possible && c->span.exact)
        buf_putc(&key, '?');
    if (possible)
        place_add(arena, out, &key, path_at, router);
    size_t n = possible && !c->span.exact && chain->strip ? chain->strip->strip.n : 0;
    struct str base = n ? arena_copy(arena, path) : path;
    for (size_t i = 0; i < n; i++) {
        struct str prefix = chain->prefixes[i];
        if (prefix.n <= base.n || !str_starts(prefix, base))
            continue;
        key.n = path_at;
        buf_put(&key, prefix);
        place_add(arena, out, &key, path_at, router);
    }
    buf_fini(&key);
}

static int place_compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int c = str_cmp(x->key, y->key);
    return c ? c : x->router < y->router ? -1 : x->router > y->router;
}

/* Sorts, keeps the best router of equal keys, links parents and folds their routers in: afterwards each place
 * has the best of all routers of its own host kind that apply there. */
static void places_fold(places *all)
{
    if (all->n)
        qsort(all->p, all->n, sizeof *all->p, place_compare);
    size_t n = 0, top = NONE;
    for (size_t i = 0; i < all->n; i++) {
        if (n && str_eq(all->p[n - 1].key, all->p[i].key))
            continue;
        struct place *place = &all->p[n];
        *place = all->p[i];
        while (top != NONE && !str_starts(place->key, all->p[top].key))
            top = all->p[top].parent;
        place->parent = top;
        if (top != NONE && all->p[top].router < place->router)
            place->router = all->p[top].router;
        top = n++;
    }
    all->n = n;
}

/* Where keys that are >= key begin. */
static size_t places_lower_bound(const places *all, struct str key)
{
    size_t low = 0, high = all->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(all->p[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Best router of the any-host places over index ranges, in constant time: a sparse table. */
struct range_best {
    size_t *level[64];
    size_t n;
};

static void range_best_init(struct arena *arena, struct range_best *best, const places *all)
{
    best->n = all->n;
    best->level[0] = ARENA_ARRAY(arena, size_t, all->n);
    for (size_t i = 0; i < all->n; i++)
        best->level[0][i] = all->p[i].router;
    for (size_t k = 1; ((size_t)1 << k) <= all->n; k++) {
        size_t half = (size_t)1 << (k - 1);
        best->level[k] = ARENA_ARRAY(arena, size_t, all->n);
        for (size_t i = 0; i + 2 * half <= all->n; i++) {
            size_t a = best->level[k - 1][i], b = best->level[k - 1][i + half];
            best->level[k][i] = a < b ? a : b;
        }
    }
}

static size_t range_best_get(const struct range_best *best, size_t from, size_t to)
{
    if (from >= to)
        return NONE;
    size_t k = 0;
    while (((size_t)2 << k) <= to - from)
        k++;
    size_t a = best->level[k][from], b = best->level[k][to - ((size_t)1 << k)];
    return a < b ? a : b;
}

struct matching {
    struct arena *arena;
    const struct model *model;
    const struct chain_plan *chains;
    const places *any;
    struct range_best any_best;
    struct buf scratch;
};

static bool above(const struct matching *m, size_t a, size_t b)
{
    return a != NONE && rank_above(&m->model->routers[a], &m->model->routers[b]);
}

/* The best any-host router at a key of a host: at the nearest any-host place that contains it. */
static size_t any_at(const struct matching *m, struct str any_key)
{
    size_t i = places_lower_bound(m->any, any_key);
    if (i < m->any->n && str_eq(m->any->p[i].key, any_key))
        return m->any->p[i].router;
    size_t at = i ? i - 1 : NONE;
    while (at != NONE && !str_starts(any_key, m->any->p[at].key))
        at = m->any->p[at].parent;
    return at == NONE ? NONE : m->any->p[at].router;
}

/* The best any-host router at the places inside a key's set of requests. */
static size_t any_below(struct matching *m, struct str any_key)
{
    size_t from = places_lower_bound(m->any, any_key);
    /* Everything that begins with any_key sorts before any_key with its last byte raised (0xff bytes have no
     * successor and are dropped first; the '|' in front always has one). */
    buf_reset(&m->scratch);
    buf_put(&m->scratch, any_key);
    while ((unsigned char)m->scratch.p[m->scratch.n - 1] == 0xff)
        m->scratch.n--;
    m->scratch.p[m->scratch.n - 1]++;
    return range_best_get(&m->any_best, from, places_lower_bound(m->any, buf_str(&m->scratch)));
}

static struct match match_at(const struct matching *m, const struct place *place, bool challenged)
{
    const struct chain_plan *chain = &m->chains[place->router];
    struct str path = str_from(place->key, place->path_at);
    bool exact = path.n && path.p[path.n - 1] == '?';
    size_t prefix = chain_prefix_at(chain, str_head(path, path.n - exact));
    return (struct match){ .key = place->key,
                           .path_at = place->path_at,
                           .router = place->router,
                           .prefix = prefix,
                           .cuts = chain->strip && prefix < chain->strip->strip.n,
                           .challenged = challenged };
}

/* A key of a host where a router of any host wins is left out: the skeleton then finds a shorter key, which is
 * challenged, or none, and looks at any host in both cases. */
static bool host_match(struct matching *m, const struct place *place, struct match *out)
{
    struct str any_key = str_from(place->key, str_find(place->key, '|'));
    if (above(m, any_at(m, any_key), place->router))
        return false;
    bool exact = any_key.p[any_key.n - 1] == '?';
    *out = match_at(m, place, !exact && above(m, any_below(m, any_key), place->router));
    return true;
}

static void collect_places(struct arena *arena, const struct model *model, const struct chain_plan *chains,
                           places *hosts, places *any)
{
    for (size_t r = 0; r < model->n_routers; r++) {
        const struct model_router *router = &model->routers[r];
        for (size_t i = 0; i < router->dnf.n; i++) {
            struct conjunct c = conjunct_read(&router->dnf.conjuncts[i]);
            for (size_t e = 0; e < router->n_entry_points && !c.never; e++)
                conjunct_places(arena, c.host.p ? hosts : any, &c, router->entry_points[e], r, &chains[r]);
        }
    }
}

struct matches match_build(struct arena *arena, const struct model *model, const struct chain_plan *chains)
{
    places hosts = { 0 }, any = { 0 };
    collect_places(arena, model, chains, &hosts, &any);
    places_fold(&hosts);
    places_fold(&any);
    struct matching m = { .arena = arena, .model = model, .chains = chains, .any = &any };
    range_best_init(arena, &m.any_best, &any);
    struct match *found = ARENA_ARRAY(arena, struct match, hosts.n + any.n);
    struct matches out = { .p = found, .any_keys = any.n > 0 };
    size_t next = 0; /* both lists are sorted: merge them */
    for (size_t i = 0; i < hosts.n; i++) {
        for (; next < any.n && str_cmp(any.p[next].key, hosts.p[i].key) < 0; next++)
            found[out.n++] = match_at(&m, &any.p[next], false);
        bool stays = host_match(&m, &hosts.p[i], &found[out.n]);
        out.n += stays;
        out.host_keys = out.host_keys || stays;
    }
    for (; next < any.n; next++)
        found[out.n++] = match_at(&m, &any.p[next], false);
    buf_fini(&m.scratch);
    vec_fini(&hosts);
    vec_fini(&any);
    return out;
}
