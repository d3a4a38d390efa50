#include "delta/ledger_parts.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "plan/conjunct.h"

struct ledger *ledger_create(void)
{
    struct ledger *ledger = xmalloc(sizeof *ledger);
    *ledger = (struct ledger){ .arena = arena_create(), .closed = "the tree is not compiled yet" };
    return ledger;
}

void ledger_destroy(struct ledger *ledger)
{
    if (!ledger)
        return;
    vec_fini(&ledger->objects);
    vec_fini(&ledger->edges);
    vec_fini(&ledger->scopes);
    vec_fini(&ledger->statics);
    vec_fini(&ledger->others);
    vec_fini(&ledger->service_list);
    vec_fini(&ledger->notes);
    arena_destroy(ledger->holders_arena);
    arena_destroy(ledger->arena);
    free(ledger);
}

static void note(void *context, enum object_kind kind, struct str name, struct str provider, struct str key,
                 bool found)
{
    struct ledger *ledger = context;
    (void)found;
    vec_push(&ledger->notes, (struct ledger_note){ object_target(kind, name, provider), key });
}

struct model_watch ledger_watch(struct ledger *ledger)
{
    return (struct model_watch){ .reference = note, .context = ledger };
}

const char *ledger_closed(const struct ledger *ledger)
{
    return ledger->closed;
}

void ledger_close(struct ledger *ledger, const char *why)
{
    ledger->closed = why;
}

static struct str lower(struct arena *arena, struct str s)
{
    char *p = arena_alloc(arena, s.n + 1, 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_lower(s.p[i]);
    return str_of(p, s.n);
}

struct ledger_object *ledger_find(const struct ledger *ledger, struct str prefix, bool *alike)
{
    struct buf small = { 0 };
    for (size_t i = 0; i < prefix.n; i++)
        buf_putc(&small, ascii_lower(prefix.p[i]));
    struct ledger_object *object = strmap_get(ledger->by_name, buf_str(&small));
    buf_fini(&small);
    *alike = object && !str_eq(object->prefix, prefix);
    return *alike ? NULL : object;
}

/* "traefik/http/routers/a" → "routers". */
static struct str section_of(struct str root, struct str prefix)
{
    struct str rest = str_from(prefix, root.n + 1);
    str_cut(&rest, '/');
    return str_cut(&rest, '/');
}

struct ledger_object *ledger_open(struct ledger *ledger, struct str prefix, enum object_sort sort)
{
    bool alike;
    struct ledger_object *object = ledger_find(ledger, prefix, &alike);
    if (object || alike)
        return object;
    object = ARENA_NEW(ledger->arena, struct ledger_object);
    *object = (struct ledger_object){
        arena_copy(ledger->arena, prefix), sort, (uint32_t)ledger->objects.n, false, false, { 0 }, { 0 }
    };
    struct str section = section_of(ledger->root, object->prefix);
    if (!ledger->sections[sort].p)
        ledger->sections[sort] = section;
    if (!str_eq(ledger->sections[sort], section))
        return NULL;
    vec_push(&ledger->objects, object);
    ledger->n_nameable += sort != SORT_ROUTER;
    strmap_put(ledger->by_name, lower(ledger->arena, prefix), object);
    return object;
}

/* Certificates are many, and no router's part needs them (tls_entangled). */
static bool is_of_tls(struct str root, struct str key)
{
    return str_starts(str_from(key, root.n), STR("/tls/"));
}

void ledger_take_pairs(struct ledger *ledger, const struct kv_snapshot *snapshot)
{
    enum { MOST_OTHERS = 64 };
    struct ledger_object *last = NULL;
    for (size_t i = 0; i < snapshot->n && !ledger->closed; i++) {
        struct str prefix;
        bool odd;
        enum object_sort sort = object_of(snapshot->root, snapshot->pairs[i].key, &prefix, &odd);
        if (odd)
            ledger->closed = "a key is not spelled in the plainest way";
        else if (sort == SORT_OTHER && is_of_tls(snapshot->root, snapshot->pairs[i].key))
            continue;
        else if (sort == SORT_OTHER)
            vec_push(&ledger->others, snapshot->pairs[i]);
        else if (!last || !str_eq(last->prefix, prefix))
            last = ledger_open(ledger, prefix, sort);
        if (ledger->others.n > MOST_OTHERS)
            ledger->closed = "the tree has more than routers, services, middlewares and transports";
        else if (!ledger->closed && sort != SORT_OTHER && !last)
            ledger->closed = "two objects are spelled alike";
        else if (last)
            last->there = last->was_there = true;
    }
}

/* The object of who named something. */
static struct ledger_object *object_at(const struct ledger *ledger, struct str key)
{
    struct str prefix;
    bool odd, alike;
    return object_of(ledger->root, key, &prefix, &odd) == SORT_OTHER ? NULL
                                                                     : ledger_find(ledger, prefix, &alike);
}

/* Moves what was gathered in any order to where it stands together: `from` has the object of each. */
static void group_spans(struct ledger *ledger, const uint32_t *from, size_t n, size_t *places, bool edges)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        struct ledger_object *o = ledger->objects.p[from[i]];
        (edges ? &o->edges : &o->scopes)->n++;
    }
    for (size_t i = 0; i < ledger->objects.n; i++) {
        struct ledger_span *span = edges ? &ledger->objects.p[i]->edges : &ledger->objects.p[i]->scopes;
        span->first = at;
        at += span->n;
        span->n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct ledger_object *o = ledger->objects.p[from[i]];
        struct ledger_span *span = edges ? &o->edges : &o->scopes;
        places[i] = span->first + span->n++;
    }
}

void ledger_take_notes(struct ledger *ledger)
{
    size_t n = 0, all = ledger->notes.n;
    uint32_t *from = xmalloc((all + 1) * sizeof *from);
    size_t *places = xmalloc((all + 1) * sizeof *places);
    for (size_t i = 0; i < all; i++) {
        struct ledger_note note = ledger->notes.p[i];
        struct ledger_object *object = object_at(ledger, note.key);
        if (!object && str_starts(note.key, STR("entrypoints.")))
            vec_push(&ledger->statics, note.target);
        else if (!object)
            ledger->closed = "somebody unknown names an object";
        if (!object)
            continue;
        from[n] = object->number;
        ledger->notes.p[n++] = note;
    }
    group_spans(ledger, from, n, places, true);
    ledger->edges.p = xmalloc((n + 1) * sizeof *ledger->edges.p);
    ledger->edges.n = n;
    ledger->edges.cap = n + 1;
    for (size_t i = 0; i < n; i++)
        ledger->edges.p[places[i]] = (struct ledger_edge){ ledger->notes.p[i].target, from[i] };
    free(from);
    free(places);
    vec_fini(&ledger->notes);
}

void router_hosts(const struct model_router *router, host_list *out)
{
    struct arena *scratch = arena_create();
    for (size_t i = 0; i < router->dnf.n; i++) {
        struct conjunct c;
        conjunct_init(&c, scratch, &router->dnf.conjuncts[i]);
        uint64_t host = c.host_kind == HOST_EXACT ? hash_bytes(c.host) | 1 : 0;
        vec_push(out, host);
        conjunct_fini(&c);
    }
    arena_destroy(scratch);
}

void ledger_take_routers(struct ledger *ledger, const struct model *model)
{
    host_list hosts = { 0 };
    VEC(uint32_t) from = { 0 };
    for (size_t i = 0; i < model->n_routers; i++) {
        struct ledger_object *object = object_at(ledger, model->routers[i].key);
        if (!object) {
            ledger->closed = "a router of an unknown key";
            break;
        }
        router_hosts(&model->routers[i], &hosts);
        while (from.n < hosts.n)
            vec_push(&from, object->number);
    }
    size_t *places = xmalloc((hosts.n + 1) * sizeof *places);
    group_spans(ledger, from.p, from.n, places, false);
    ledger->scopes.p = xmalloc((from.n + 1) * sizeof *ledger->scopes.p);
    ledger->scopes.n = from.n;
    ledger->scopes.cap = from.n + 1;
    for (size_t i = 0; i < from.n; i++)
        ledger->scopes.p[places[i]] = (struct ledger_scope){ hosts.p[i], from.p[i] };
    free(places);
    vec_fini(&from);
    vec_fini(&hosts);
}

void ledger_set_edges(struct ledger *ledger, struct ledger_object *object, const ledger_notes *notes)
{
    for (size_t i = 0; i < object->edges.n; i++)
        ledger->edges.p[object->edges.first + i].target = 0;
    object->edges.first = ledger->edges.n;
    for (size_t i = 0; i < notes->n; i++)
        if (object_at(ledger, notes->p[i].key) == object)
            vec_push(&ledger->edges, (struct ledger_edge){ notes->p[i].target, object->number });
    object->edges.n = ledger->edges.n - object->edges.first;
}

static bool has_edge(const struct ledger *ledger, const struct ledger_object *object, uint64_t target)
{
    for (size_t i = 0; i < object->edges.n; i++)
        if (ledger->edges.p[object->edges.first + i].target == target)
            return true;
    return false;
}

void ledger_add_edges(struct ledger *ledger, const ledger_notes *notes)
{
    for (size_t i = 0; i < notes->n; i++) {
        struct ledger_object *object = object_at(ledger, notes->p[i].key);
        if (!object || has_edge(ledger, object, notes->p[i].target))
            continue;
        size_t first = ledger->edges.n;
        for (size_t j = 0; j < object->edges.n; j++) {
            struct ledger_edge edge = ledger->edges.p[object->edges.first + j];
            vec_push(&ledger->edges, edge);
            ledger->edges.p[object->edges.first + j].target = 0;
        }
        vec_push(&ledger->edges, (struct ledger_edge){ notes->p[i].target, object->number });
        object->edges = (struct ledger_span){ first, object->edges.n + 1 };
    }
}

void ledger_set_scopes(struct ledger *ledger, struct ledger_object *object, const host_list *hosts)
{
    for (size_t i = 0; i < object->scopes.n; i++)
        ledger->scopes.p[object->scopes.first + i].object = NO_OBJECT;
    object->scopes.first = ledger->scopes.n;
    for (size_t i = 0; i < hosts->n; i++)
        vec_push(&ledger->scopes, (struct ledger_scope){ hosts->p[i], object->number });
    object->scopes.n = hosts->n;
}

size_t ledger_counted(const struct strmap *counts, struct str key)
{
    const struct ledger_count *count = strmap_get(counts, key);
    return count ? count->n : 0;
}

void ledger_count_up(struct ledger *ledger, struct strmap *counts, struct str key)
{
    struct ledger_count *count = strmap_get(counts, key);
    if (!count) {
        count = ARENA_NEW(ledger->arena, struct ledger_count);
        strmap_put(counts, arena_copy(ledger->arena, key), count);
    }
    count->n++;
}

void ledger_count_down(struct strmap *counts, struct str key)
{
    struct ledger_count *count = strmap_get(counts, key);
    if (count && count->n)
        count->n--;
}

struct ledger_service *ledger_service_of(struct ledger *ledger, struct str name)
{
    struct ledger_service *service = strmap_get(ledger->services, name);
    if (service)
        return service;
    service = ARENA_NEW(ledger->arena, struct ledger_service);
    service->name = arena_copy(ledger->arena, name);
    strmap_put(ledger->services, service->name, service);
    vec_push(&ledger->service_list, service);
    return service;
}

struct strmap *holders_of(struct arena *arena, const struct shape *shape)
{
    struct strmap *holders = strmap_create(arena, shape->n_backends);
    for (size_t i = 0; i < shape->n_backends; i++)
        if (shape->backends[i].holder.n)
            strmap_put(holders, shape->backends[i].holder, (void *)&shape->backends[i]);
    return holders;
}

void ledger_set_holders(struct ledger *ledger, const struct shape *shape)
{
    arena_destroy(ledger->holders_arena);
    ledger->holders_arena = arena_create();
    ledger->holders = holders_of(ledger->holders_arena, shape);
}
