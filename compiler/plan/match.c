#include "plan/match.h"

#include <assert.h>

#include "base/quote.h"
#include "plan/group.h"
#include "plan/key.h"
#include "plan/scope.h"

/* Where routers that may beat a record stand, so that the record can say so: by the host's keys where the
 * rule names an exact host, else by their paths alone. */
struct rival_index {
    struct place_list host, path;
};

struct matching {
    struct arena *arena;
    const struct model *model;
    const struct chain_plan *chains;
    struct place_list hosts, any, wild; /* decided by the key alone */
    struct place_list methods;          /* … and a method */
    struct place_list further;          /* where clauses are tried */
    struct rival_index rivals[RIVAL_COUNT];
    struct clause_list clauses;
    VEC(struct str) names;
    VEC(struct match) found;
};

static bool has_three_labels(struct str host)
{
    size_t dot = str_find(host, '.');
    return str_find(str_from(host, dot + 1), '.') < host.n - dot - 1;
}

/* What may beat a record that is found first: rows are the classes, columns the kinds of hosts. */
static enum rival rival_of(const struct conjunct *c)
{
    static const enum rival by_key[][3] = {
        [CLASS_PLAIN] = { [HOST_ANY] = RIVAL_ANY, [HOST_EXACT] = RIVAL_COUNT, [HOST_WILD] = RIVAL_WILD },
        [CLASS_METHOD] = { RIVAL_METHOD_ANY, RIVAL_METHOD, RIVAL_METHOD_WILD },
        [CLASS_SHORT] = { RIVAL_REGEX_ANY, RIVAL_REGEX, RIVAL_REGEX_WILD },
    };
    if (c->class == CLASS_FULL)
        return RIVAL_FULL;
    if (c->class == CLASS_LABEL)
        return c->label_kind == LABEL_HEADER ? RIVAL_HEADER : RIVAL_QUERY;
    if (c->class == CLASS_SHORT && scope_is_root(c))
        return RIVAL_REGEX_ROOT;
    if (c->host_kind == HOST_PREFIX)
        return RIVAL_REGEX_BEGIN;
    if (c->host_kind == HOST_SUFFIX)
        return has_three_labels(c->host) ? RIVAL_REGEX_HOST : RIVAL_REGEX_HOST2;
    return by_key[c->class][c->host_kind];
}

static struct place_list *list_of(struct matching *m, const struct conjunct *c)
{
    if (c->class == CLASS_METHOD)
        return &m->methods;
    return c->host_kind == HOST_EXACT ? &m->hosts : c->host_kind == HOST_WILD ? &m->wild : &m->any;
}

/* A place where the conjunct decides alone. Below a prefix, every path that a strip of the chain cuts is a
 * place of its own: so at each key it is known what is cut. */
static void add_decided(struct matching *m, const struct conjunct *c, size_t router, struct buf *key,
                        size_t path_at)
{
    const struct chain_plan *chain = &m->chains[router];
    struct place_list *list = list_of(m, c);
    place_list_add(list, m->arena, buf_str(key), path_at, router);
    size_t n = !c->span.exact && chain->strip ? chain->strip->strip.n : 0;
    struct str base = n ? arena_copy(m->arena, str_from(buf_str(key), path_at)) : (struct str){ 0 };
    for (size_t i = 0; i < n; i++) {
        struct str prefix = chain->prefixes[i];
        if (prefix.n <= base.n || !str_starts(prefix, base))
            continue;
        for (unsigned which = 0; which < 1u << KEY_MOST_SPELT; which++) {
            key->n = path_at;
            if (key_put_spelling(key, prefix, base.n, which))
                place_list_add(list, m->arena, buf_str(key), path_at, router);
        }
    }
}

static void add_clause(struct matching *m, const struct conjunct *c, size_t router, const struct buf *key,
                       size_t path_at)
{
    struct buf path = { 0 };
    pattern_put_path(&path, c);
    place_list_add(&m->further, m->arena, buf_str(key), path_at, NOBODY);
    struct clause clause = { .key = m->further.places.p[m->further.places.n - 1].key,
                             .router = router,
                             .label = c->class == CLASS_LABEL ? c->label : (struct str){ 0 },
                             .decided = c->rest.n == 0,
                             .pattern = pattern_of(m->arena, c),
                             .scope_path = arena_copy(m->arena, buf_str(&path)) };
    if (c->host_kind == HOST_PREFIX)
        clause.path = clause.scope_path;
    vec_push(&m->clauses.clauses, clause);
    buf_fini(&path);
}

/* Notes that the router may beat what is found first in the conjunct's scope, and sees to it that something
 * is. */
static void add_rival(struct matching *m, const struct conjunct *c, size_t entry_point, size_t dots,
                      size_t router)
{
    enum rival rival = rival_of(c);
    struct buf key = { 0 };
    size_t path_at = 0;
    bool exact = c->host_kind == HOST_EXACT;
    if (rival != RIVAL_ANY && rival != RIVAL_COUNT &&
        scope_put_first_key(&key, c, entry_point, dots, &path_at)) {
        struct rival_index *index = &m->rivals[rival];
        place_list_add(exact ? &index->host : &index->path, m->arena, buf_str(&key), path_at, router);
        place_list_add(exact ? &m->hosts : &m->any, m->arena, buf_str(&key), path_at, NOBODY);
    }
    buf_fini(&key);
}

static void add_conjunct(struct matching *m, const struct conjunct *c, size_t entry_point, size_t router)
{
    size_t dots[3], n_dots = scope_dots(c, dots), path_at;
    struct buf key = { 0 };
    for (size_t i = 0; i < n_dots; i++) {
        buf_reset(&key);
        if (!scope_put_key(&key, c, entry_point, dots[i], &path_at))
            continue;
        add_rival(m, c, entry_point, dots[i], router);
        if (c->class == CLASS_PLAIN || c->class == CLASS_METHOD)
            add_decided(m, c, router, &key, path_at);
        else
            add_clause(m, c, router, &key, path_at);
    }
    buf_fini(&key);
}

/* What names.map must know of: the name of a header; empty: nothing. */
static struct str name_asked(const struct conjunct *c)
{
    if (c->class != CLASS_LABEL || c->label_kind != LABEL_HEADER)
        return (struct str){ 0 };
    size_t end =
        str_find(c->label, '=') < str_find(c->label, ':') ? str_find(c->label, '=') : str_find(c->label, ':');
    return str_head(c->label, end);
}

const struct str *match_names(struct arena *arena, const struct model_router *router, size_t *n)
{
    struct str *names = ARENA_ARRAY(arena, struct str, router->dnf.n);
    *n = 0;
    for (size_t i = 0; i < router->dnf.n; i++) {
        struct conjunct c;
        conjunct_init(&c, arena, &router->dnf.conjuncts[i]);
        struct str name = name_asked(&c);
        if (name.n)
            names[(*n)++] = name;
        conjunct_fini(&c);
    }
    return names;
}

static void collect(struct matching *m)
{
    for (size_t r = 0; r < m->model->n_routers; r++) {
        const struct model_router *router = &m->model->routers[r];
        assert(r == 0 || router_compare(&m->model->routers[r - 1], router) < 0);
        for (size_t i = 0; i < router->dnf.n; i++) {
            struct conjunct c;
            conjunct_init(&c, m->arena, &router->dnf.conjuncts[i]);
            struct str name = name_asked(&c);
            if (name.n)
                vec_push(&m->names, name);
            for (size_t e = 0; e < router->n_entry_points; e++)
                add_conjunct(m, &c,
                             router->entry_points[e] + (router->tls ? m->model->settings->n_entry_points : 0),
                             r);
            conjunct_fini(&c);
        }
    }
}

static void fold(struct matching *m)
{
    struct place_list *lists[] = { &m->hosts, &m->any, &m->wild, &m->methods, &m->further };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        place_list_fold(lists[i], m->arena);
    for (size_t i = 0; i < RIVAL_COUNT; i++) {
        place_list_fold(&m->rivals[i].host, m->arena);
        place_list_fold(&m->rivals[i].path, m->arena);
    }
}

static struct match *add_match(struct matching *m, const struct place *place)
{
    struct match match = { .key = place->key, .path_at = place->path_at, .router = place->router };
    if (place->router != NOBODY) {
        const struct chain_plan *chain = &m->chains[place->router];
        struct str path = str_from(place->key, place->path_at);
        bool exact = path.n && path.p[path.n - 1] == '?';
        match.prefix = chain_prefix_at(chain, str_head(path, path.n - exact));
        match.cuts = chain->strip && match.prefix < chain->strip->strip.n;
    }
    vec_push(&m->found, match);
    return &m->found.p[m->found.n - 1];
}

/* The letters of what may beat `router` among requests of a key; host_key empty: of an any-host key. */
static struct str rivals_at(struct matching *m, struct str host_key, struct str path_key, size_t router)
{
    static const char letters[] = RIVAL_LETTERS;
    char found[RIVAL_COUNT];
    size_t n = 0;
    for (size_t i = 0; i < RIVAL_COUNT; i++) {
        const struct rival_index *index = &m->rivals[i];
        const struct place_list *path = i == RIVAL_ANY ? (host_key.n ? &m->any : &index->path) : &index->path;
        if (place_list_best(path, path_key) < router ||
            (host_key.n && place_list_best(&index->host, host_key) < router))
            found[n++] = letters[i];
    }
    return n ? arena_copy(m->arena, str_of(found, n)) : (struct str){ 0 };
}

/* Whether anything but plain rules may be found only through this host's keys. */
static bool has_own_rivals(const struct matching *m, struct str host_key)
{
    for (size_t i = 0; i < RIVAL_COUNT; i++)
        if (place_list_best(&m->rivals[i].host, host_key) != NOBODY)
            return true;
    return false;
}

/* A key of a host where a router of any host wins is left out: the skeleton then finds a shorter key, which
 * has that among its rivals, or none, and looks at any host in both cases. */
static void add_host_match(struct matching *m, const struct place *place)
{
    struct str path_key = str_from(place->key, str_find(place->key, '|'));
    size_t any = place_list_find(&m->any, path_key);
    bool beaten = any != NOBODY && m->any.places.p[any].router < place->router;
    if (beaten && !has_own_rivals(m, place->key))
        return;
    struct str rivals = rivals_at(m, place->key, path_key, place->router);
    if (rivals.n || place->router != NOBODY)
        add_match(m, place)->rivals = rivals;
}

static void add_first_matches(struct matching *m)
{
    const struct str none = { 0 };
    for (size_t i = 0; i < m->hosts.places.n; i++)
        add_host_match(m, &m->hosts.places.p[i]);
    for (size_t i = 0; i < m->any.places.n; i++) {
        const struct place *place = &m->any.places.p[i];
        add_match(m, place)->rivals = rivals_at(m, none, place->key, place->router);
    }
    for (size_t i = 0; i < m->wild.places.n; i++)
        add_match(m, &m->wild.places.p[i]);
    for (size_t i = 0; i < m->methods.places.n; i++)
        add_match(m, &m->methods.places.p[i]);
}

/* What a hit says of each router: the key of its record, or its rank and name. */
static const struct str *router_texts(struct arena *arena, const struct model *model, bool ranked)
{
    struct str *texts = ARENA_ARRAY(arena, struct str, model->n_routers);
    struct buf text = { 0 };
    for (size_t i = 0; i < model->n_routers; i++) {
        buf_reset(&text);
        if (ranked)
            router_put_rank(&text, model->routers[i].priority, model->routers[i].name);
        buf_putc(&text, ranked ? ';' : '{');
        buf_put(&text, model->routers[i].order);
        texts[i] = arena_copy(arena, buf_str(&text));
    }
    buf_fini(&text);
    return texts;
}

static struct plan_map entries_of(struct arena *arena, struct entry_list *list)
{
    struct plan_entry *p = ARENA_ARRAY(arena, struct plan_entry, list->entries.n);
    struct plan_map out = { p, list->entries.n };
    if (out.n)
        memcpy(p, list->entries.p, out.n * sizeof *p);
    vec_fini(&list->entries);
    return out;
}

static void add_further_matches(struct matching *m, struct matches *out)
{
    if (m->further.places.n == 0)
        return;
    struct group_set set = { .arena = m->arena,
                             .known = strmap_create(m->arena, m->further.places.n),
                             .router_keys = router_texts(m->arena, m->model, false),
                             .router_ranks = router_texts(m->arena, m->model, true) };
    clause_list_settle(&m->clauses, m->arena, &m->further);
    const struct str *names = group_places(&set, &m->further, &m->clauses);
    for (size_t i = 0; i < m->further.places.n; i++)
        if (names[i].n)
            add_match(m, &m->further.places.p[i])->group = names[i];
    bool *done = ARENA_ARRAY(m->arena, bool, m->model->n_routers);
    for (size_t i = 0; i < m->clauses.clauses.n; i++) {
        size_t router = m->clauses.clauses.p[i].router;
        struct str key = set.router_keys[router];
        if (!done[router])
            vec_push(&m->found, (struct match){ .key = key, .path_at = key.n, .router = router });
        done[router] = true;
    }
    out->regexes = entries_of(m->arena, &set.short_lines);
    out->fields = entries_of(m->arena, &set.full_lines);
    out->labels = entries_of(m->arena, &set.tables);
}

static int str_compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* headers.map: each name once. */
static struct plan_map names_build(struct arena *arena, struct str *names, size_t n_names)
{
    struct plan_entry *entries = ARENA_ARRAY(arena, struct plan_entry, n_names);
    struct plan_map out = { entries, 0 };
    if (n_names)
        qsort(names, n_names, sizeof *names, str_compare);
    for (size_t i = 0; i < n_names; i++)
        if (i == 0 || !str_eq(names[i - 1], names[i]))
            entries[out.n++] = (struct plan_entry){ names[i], STR("1") };
    return out;
}

static int match_compare(const void *a, const void *b)
{
    return str_cmp(((const struct match *)a)->key, ((const struct match *)b)->key);
}

static void matching_fini(struct matching *m)
{
    struct place_list *lists[] = { &m->hosts, &m->any, &m->wild, &m->methods, &m->further };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        place_list_fini(lists[i]);
    for (size_t i = 0; i < RIVAL_COUNT; i++) {
        place_list_fini(&m->rivals[i].host);
        place_list_fini(&m->rivals[i].path);
    }
    clause_list_fini(&m->clauses);
    vec_fini(&m->names);
    vec_fini(&m->found);
}

struct matches match_build(struct arena *arena, const struct model *model, const struct chain_plan *chains)
{
    struct matching m = { .arena = arena, .model = model, .chains = chains };
    struct matches out = { 0 };
    collect(&m);
    fold(&m);
    add_first_matches(&m);
    add_further_matches(&m, &out);
    if (m.found.n)
        qsort(m.found.p, m.found.n, sizeof *m.found.p, match_compare);
    struct match *found = ARENA_ARRAY(arena, struct match, m.found.n);
    if (m.found.n)
        memcpy(found, m.found.p, m.found.n * sizeof *found);
    out.p = found;
    out.n = m.found.n;
    out.names = names_build(arena, m.names.p, m.names.n);
    matching_fini(&m);
    return out;
}
