#include "diff/diff.h"

#include "base/address.h"
#include "base/strmap.h"
#include "base/vec.h"

typedef VEC(struct step) step_vec;

const char *step_name(enum step_kind kind)
{
    static const char *const names[] = {
        [STEP_ADD_BACKEND] = "add backend",
        [STEP_ADD_SERVER] = "add server",
        [STEP_SET_SERVER] = "set server",
        [STEP_LOAD_POLICY] = "load policy",
        [STEP_FILL_MAP] = "fill map",
        [STEP_RETIRE] = "retire entries",
        [STEP_SET_ROUTE] = "set route",
        [STEP_ADD_ROUTE] = "add route",
        [STEP_DELETE_ROUTE] = "delete route",
        [STEP_SWITCH_ROUTES] = "switch routes",
        [STEP_REPLACE_ROUTES] = "replace routes",
        [STEP_TRIM_POLICY] = "trim policy",
        [STEP_REMOVE_SERVER] = "remove server",
        [STEP_ADD_LINE] = "add certificate",
        [STEP_DROP_LINE] = "remove certificate",
        [STEP_SET_CERTIFICATE] = "set default certificate",
    };
    return names[kind];
}

struct runtime_state runtime_state_of(const struct plan *plan)
{
    struct runtime_state state = { .routes = plan->routes,
                                   .n_routes = plan->n_routes,
                                   .backends = plan->backends,
                                   .n_backends = plan->n_backends,
                                   .programs = plan->programs,
                                   .n_programs = plan->n_programs,
                                   .lists = plan->lists,
                                   .n_lists = plan->n_lists,
                                   .default_fingerprint = plan->default_fingerprint,
                                   .default_identity = plan->default_identity };
    memcpy(state.maps, plan->maps, sizeof state.maps);
    return state;
}

struct differ {
    struct arena *arena;
    step_vec backends, make, turn, commit, breaking; /* in this order */
    size_t routes_changed;
};

static struct step *add_server_step(struct differ *d, step_vec *to, enum step_kind kind,
                                    const struct plan_backend *backend, const struct plan_server *server)
{
    struct str service = backend->service.n ? backend->service : backend->name;
    vec_push(to, (struct step){
                     .kind = kind,
                     .backend = backend->name,
                     .server = server,
                     .reason = arena_printf(d->arena, "%s of %.*s", step_name(kind), STR_ARG(service)) });
    return &to->p[to->n - 1];
}

/* Whether both are addresses, and different ones. A name says nothing: what it means is not known here. */
static bool moved(struct str old, struct str new)
{
    struct address a, b;
    if (str_eq(old, new) || !address_read(old, &a) || !address_read(new, &b))
        return false;
    return a.n != b.n || memcmp(a.bytes, b.bytes, a.n) != 0;
}

static void diff_servers(struct differ *d, const struct plan_backend *from, const struct plan_backend *to)
{
    size_t i = 0, j = 0;
    while (i < from->n_servers || j < to->n_servers) {
        const struct plan_server *old = i < from->n_servers ? &from->servers[i] : NULL;
        const struct plan_server *new = j < to->n_servers ? &to->servers[j] : NULL;
        int order = !old ? 1 : !new ? -1 : str_cmp(old->name, new->name);
        if (order < 0)
            add_server_step(d, &d->breaking, STEP_REMOVE_SERVER, from, old)->lingers = to->service.n == 0;
        else if (order > 0)
            add_server_step(d, &d->make, STEP_ADD_SERVER, to, new);
        else if (old->weight != new->weight || old->port != new->port || moved(old->host, new->host))
            add_server_step(d, &d->make, STEP_SET_SERVER, to, new);
        i += order <= 0;
        j += order >= 0;
    }
}

/* Both lists are of one shape, but for backends that are added while HAProxy runs. One that is missing on a
 * side has no servers there. */
static void diff_backends(struct differ *d, const struct runtime_state *from, const struct runtime_state *to)
{
    size_t i = 0, j = 0;
    while (i < from->n_backends || j < to->n_backends) {
        const struct plan_backend *old = i < from->n_backends ? &from->backends[i] : NULL;
        const struct plan_backend *new = j < to->n_backends ? &to->backends[j] : NULL;
        int order = !old ? 1 : !new ? -1 : str_cmp(old->name, new->name);
        const struct plan_backend *named = order <= 0 ? old : new;
        struct plan_backend empty = { .name = named->name };
        if (order > 0 && new->kind != BACKEND_DECLARED)
            vec_push(&d->backends, (struct step){ .kind = STEP_ADD_BACKEND,
                                                  .backend = new->name,
                                                  .backend_kind = new->kind,
                                                  .reason = arena_printf(d->arena, "add backend %.*s",
                                                                         STR_ARG(new->name)) });
        diff_servers(d, order <= 0 ? old : &empty, order >= 0 ? new : &empty);
        i += order <= 0;
        j += order >= 0;
    }
}

static struct step route_step(struct differ *d, const struct route_change *changes, size_t n)
{
    struct step step = { .kind = STEP_REPLACE_ROUTES };
    if (n == 1) {
        step.kind = !changes->new ? STEP_DELETE_ROUTE : !changes->old ? STEP_ADD_ROUTE : STEP_SET_ROUTE;
        step.entry = changes->new ? changes->new : changes->old;
        step.reason = arena_printf(d->arena, "%s %.*s", step_name(step.kind), STR_ARG(step.entry->key));
        return step;
    }
    if (n <= ROUTES_SWITCHED_MAX)
        step = (struct step){ .kind = STEP_SWITCH_ROUTES, .changes = changes, .n_changes = n };
    step.reason = arena_printf(d->arena, "%zu records change at once", n);
    return step;
}

static void diff_routes(struct differ *d, const struct runtime_state *from, const struct runtime_state *to)
{
    struct route_change *changes = ARENA_ARRAY(d->arena, struct route_change, ROUTES_SWITCHED_MAX);
    size_t i = 0, j = 0, n = 0;
    while (i < from->n_routes || j < to->n_routes) {
        const struct plan_entry *old = i < from->n_routes ? &from->routes[i] : NULL;
        const struct plan_entry *new = j < to->n_routes ? &to->routes[j] : NULL;
        int order = !old ? 1 : !new ? -1 : str_cmp(old->key, new->key);
        if (order != 0 || !str_eq(old->value, new->value)) {
            if (n < ROUTES_SWITCHED_MAX)
                changes[n] = (struct route_change){ order <= 0 ? old : NULL, order >= 0 ? new : NULL };
            n++;
        }
        i += order <= 0;
        j += order >= 0;
    }
    d->routes_changed = n;
    if (n)
        vec_push(&d->commit, route_step(d, changes, n));
}

static void diff_programs(struct differ *d, const struct runtime_state *from, const struct runtime_state *to)
{
    size_t i = 0, j = 0, added = 0, gone = 0;
    while (i < from->n_programs || j < to->n_programs) {
        int order = i == from->n_programs ? 1
                    : j == to->n_programs ? -1
                                          : str_cmp(from->programs[i].id, to->programs[j].id);
        gone += order < 0;
        added += order > 0;
        i += order <= 0;
        j += order >= 0;
    }
    if (added)
        vec_push(&d->make, (struct step){ .kind = STEP_LOAD_POLICY,
                                          .reason = arena_printf(d->arena, "%zu new programs", added) });
    if (gone)
        vec_push(&d->breaking, (struct step){ .kind = STEP_TRIM_POLICY,
                                              .reason = arena_printf(d->arena, "%zu old programs", gone) });
}

/* What of `a` is not in `b`. A key with another value is damage: filling a map mends it, retiring leaves it
 * alone. */
static struct plan_map map_without(struct arena *arena, const struct plan_map *a, const struct plan_map *b,
                                   bool by_value)
{
    struct plan_entry *p = ARENA_ARRAY(arena, struct plan_entry, a->n);
    size_t n = 0, j = 0;
    for (size_t i = 0; i < a->n; i++) {
        while (j < b->n && str_cmp(b->p[j].key, a->p[i].key) < 0)
            j++;
        bool there = j < b->n && str_eq(b->p[j].key, a->p[i].key);
        if (!there || (by_value && !str_eq(b->p[j].value, a->p[i].value)))
            p[n++] = a->p[i];
    }
    return (struct plan_map){ p, n };
}

/* Of the maps in which the order of a group's entries counts: the group, as the beginning of all its keys;
 * empty: a map without order. */
static struct str group_of(enum plan_map_id map, struct str key)
{
    size_t at = map == MAP_REGEXES || map == MAP_FIELDS ? str_search(key, STR("\\|(?#")) : SIZE_MAX;
    return at == SIZE_MAX ? str_head(key, 0) : str_head(key, at);
}

/* New entries go to the end of a map, so a group that lacks one is filled as a whole. Plans never lack a part
 * of a group, which is named after its contents: this is damage. */
static struct plan_map whole_groups(struct arena *arena, enum plan_map_id map, struct plan_map missing,
                                    const struct plan_map *all)
{
    struct plan_entry *p = ARENA_ARRAY(arena, struct plan_entry, all->n);
    size_t n = 0, at = 0;
    for (size_t i = 0; i < all->n; i++) {
        struct str group = group_of(map, all->p[i].key);
        while (at < missing.n && str_cmp(missing.p[at].key, all->p[i].key) < 0)
            at++;
        bool lacks = at < missing.n && str_eq(missing.p[at].key, all->p[i].key);
        /* Or one behind, or one before that is taken already. */
        bool same_next = group.n && at < missing.n && str_eq(group_of(map, missing.p[at].key), group);
        bool same_last = group.n && n > 0 && str_eq(group_of(map, p[n - 1].key), group);
        if (lacks || same_next || same_last)
            p[n++] = all->p[i];
    }
    return (struct plan_map){ p, n };
}

static void add_map_step(struct differ *d, step_vec *to, enum step_kind kind, enum plan_map_id map,
                         struct plan_map entries)
{
    if (entries.n)
        vec_push(to,
                 (struct step){ .kind = kind,
                                .map = map,
                                .entries = entries.p,
                                .n_entries = entries.n,
                                .reason = arena_printf(d->arena, "%s: %zu", step_name(kind), entries.n) });
}

static void diff_maps(struct differ *d, const struct runtime_state *from, const struct runtime_state *to)
{
    for (size_t i = 0; i < PLAN_MAPS; i++) {
        enum plan_map_id map = (enum plan_map_id)i;
        struct plan_map missing = map_without(d->arena, &to->maps[i], &from->maps[i], true);
        if (missing.n && (map == MAP_REGEXES || map == MAP_FIELDS))
            missing = whole_groups(d->arena, map, missing, &to->maps[i]);
        add_map_step(d, &d->make, STEP_FILL_MAP, map, missing);
        add_map_step(d, &d->breaking, STEP_RETIRE, map,
                     map_without(d->arena, &from->maps[i], &to->maps[i], false));
    }
}

static void add_line_step(struct differ *d, step_vec *to, enum step_kind kind, struct str list,
                          const struct plan_line *line)
{
    vec_push(to, (struct step){ .kind = kind,
                                .list = list,
                                .line = line,
                                .reason = arena_printf(d->arena, "%s %.*s", step_name(kind),
                                                       STR_ARG(line->file->name)) });
}

static struct strmap *names_of(struct arena *arena, const struct plan_list *list)
{
    struct strmap *out = strmap_create(arena, list->n_lines);
    for (size_t i = 0; i < list->n_lines; i++)
        for (struct str rest = list->lines[i].names; rest.n;)
            strmap_put(out, str_cut(&rest, ' '), out);
    return out;
}

/* Names that have a newer line turn to it before the routes do: a handshake never has less than what its
 * router asks for. What goes altogether waits for the routes. */
static void diff_list(struct differ *d, const struct plan_list *from, const struct plan_list *to)
{
    struct strmap *names = NULL;
    size_t i = 0, j = 0;
    while (i < from->n_lines || j < to->n_lines) {
        const struct plan_line *old = i < from->n_lines ? &from->lines[i] : NULL,
                               *new = j < to->n_lines ? &to->lines[j] : NULL;
        int order = !old ? 1 : !new ? -1 : str_cmp(old->file->name, new->file->name);
        if (order < 0) {
            struct str rest = old->names;
            names = names ? names : names_of(d->arena, to);
            add_line_step(d, strmap_get(names, str_cut(&rest, ' ')) ? &d->turn : &d->breaking, STEP_DROP_LINE,
                          from->name, old);
        } else if (order > 0) {
            add_line_step(d, &d->make, STEP_ADD_LINE, to->name, new);
        }
        i += order <= 0;
        j += order >= 0;
    }
}

/* Lists are of the shape, so both sides have the same ones. */
static void diff_lists(struct differ *d, const struct runtime_state *from, const struct runtime_state *to)
{
    for (size_t i = 0, j = 0; i < from->n_lists && j < to->n_lists;) {
        int order = str_cmp(from->lists[i].name, to->lists[j].name);
        if (order == 0)
            diff_list(d, &from->lists[i], &to->lists[j]);
        i += order <= 0;
        j += order >= 0;
    }
    if (to->n_lists && !str_eq(from->default_fingerprint, to->default_fingerprint))
        vec_push(&d->turn, (struct step){ .kind = STEP_SET_CERTIFICATE,
                                          .identity = to->default_identity,
                                          .reason = STR("another default certificate") });
}

struct steps diff_runtime(struct arena *arena, const struct runtime_state *from,
                          const struct runtime_state *to)
{
    struct differ d = { .arena = arena };
    diff_backends(&d, from, to);
    diff_programs(&d, from, to);
    diff_maps(&d, from, to);
    diff_lists(&d, from, to);
    diff_routes(&d, from, to);
    struct steps out = { .n = d.backends.n + d.make.n + d.turn.n + d.commit.n + d.breaking.n,
                         .routes_changed = d.routes_changed };
    struct step *all = ARENA_ARRAY(arena, struct step, out.n);
    const step_vec *parts[] = { &d.backends, &d.make, &d.turn, &d.commit, &d.breaking };
    size_t at = 0;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        for (size_t i = 0; i < parts[p]->n; i++)
            all[at++] = parts[p]->p[i];
    out.p = all;
    vec_fini(&d.backends);
    vec_fini(&d.make);
    vec_fini(&d.turn);
    vec_fini(&d.commit);
    vec_fini(&d.breaking);
    return out;
}
