#include "plan/shape.h"

#include <stdlib.h>

#include "base/vec.h"
#include "plan/choice.h"
#include "plan/lane.h"
#include "plan/service.h"

/* Each is a rule that answers with other ones may have to pass: the rest go through Lua. */
enum { MAX_RESPONSE_HEADERS = 64 };
/* So often a program may pause without a reload. Only requests whose programs pause pass by the rules of more
 * than one. */
enum { USUAL_ROUNDS = 4 };

void shape_need_add(struct shape_need *need, const struct chain_plan *chain, bool cuts)
{
    int rounds = (int)chain->rounds;
    need->cut = need->cut || cuts;
    need->agent = need->agent || chain->program || chain->n_asked;
    need->messages |= chain->program ? program_message(chain->program) : 0;
    for (size_t i = 0; i < chain->n_asked; i++)
        need->messages |= program_message(chain->asked[i]);
    need->rounds = rounds > need->rounds ? rounds : need->rounds;
}

static struct str missing_kind(const struct shape *have, const struct shape_need *need)
{
    if (need->cut && !have->cut)
        return STR("the first path middleware");
    if (need->agent && !have->agent)
        return STR("the first middleware of the agent");
    if (need->messages & ~have->messages)
        return STR("the first middleware of the agent that asks for so much of a request, or for so long");
    if (need->rounds > have->rounds)
        return STR("the first chain of middlewares that pauses so often");
    return (struct str){ 0 };
}

bool shape_has_kinds(const struct shape *have, const struct shape_need *need)
{
    return missing_kind(have, need).n == 0;
}

/* How many unused backends of a kind stay before a new service takes one of them rather than another of its
 * own name. */
enum { MOST_UNUSED = 32 };

typedef VEC(struct shape_backend) backend_vec;

/* Unused backends that anybody may take: their indices, and when they became free. Those before `at` are
 * taken. */
struct place {
    size_t backend;
    unsigned freed;
};

struct unused {
    VEC(struct place) places;
    size_t at;
};

/* The backends of the previous shape while they are handed out. */
struct handing_out {
    struct arena *arena;
    backend_vec backends;
    struct unused spares, added[2]; /* added while HAProxy runs: plain ones, chosen ones */
    struct unused left;             /* declared for services that are gone */
    unsigned freed;                 /* for those that become free in this plan */
    struct strmap *names;           /* of all backends; NULL: not needed yet */
    struct strmap *placed;          /* services that keep what they hold */
    struct strmap *own;             /* place + 1 of the backend of a service's name */
};

/* A service that begins or ceases to choose takes another backend: records of before must not meet the
 * servers of afterwards, which come before the commit, nor the other way round. */
static bool fits(const struct shape_backend *backend, const struct model_service *service)
{
    bool chosen = !choice_is_plain(service);
    if (backend->kind == BACKEND_DECLARED)
        return backend->holder.n == 0 || backend->chosen == chosen;
    return (backend->kind == BACKEND_CHOSEN) == chosen;
}

static struct shape_backend *peek(struct handing_out *h, struct unused *unused)
{
    while (unused->at < unused->places.n && h->backends.p[unused->places.p[unused->at].backend].holder.n)
        unused->at++;
    return unused->at < unused->places.n ? &h->backends.p[unused->places.p[unused->at].backend] : NULL;
}

/* That name, or with a number behind it where another service has the backend of that name. No other name has
 * a ':' with a '-' behind it. */
static struct str free_name(struct handing_out *h, struct str base)
{
    struct str name = base;
    if (!h->names) {
        h->names = strmap_create(h->arena, h->backends.n);
        for (size_t i = 0; i < h->backends.n; i++)
            strmap_put(h->names, h->backends.p[i].name, h);
    }
    for (unsigned i = 2; strmap_get(h->names, name); i++)
        name = arena_printf(h->arena, "%.*s:-%u", STR_ARG(base), i);
    strmap_put(h->names, name, h);
    return name;
}

static struct shape_backend *add_backend(struct handing_out *h, const struct model_service *service)
{
    bool plain = choice_is_plain(service);
    struct str name = service_backend_name(h->arena, service->name);
    if (!plain)
        name = arena_printf(h->arena, "%.*s:-c", STR_ARG(name));
    name = free_name(h, name);
    vec_push(&h->backends, (struct shape_backend){ .name = name,
                                                   .service = service->name,
                                                   .kind = plain ? BACKEND_PLAIN : BACKEND_CHOSEN });
    return &h->backends.p[h->backends.n - 1];
}

/* A service's own backend; else, where backends can be added, one of its name; else a spare, or what a
 * service has left. Spares serve services better that need more than balancing. */
static struct shape_backend *find_place(struct handing_out *h, const struct model_service *service,
                                        bool grows)
{
    bool plain = choice_is_plain(service);
    size_t own = (uintptr_t)strmap_get(h->own, service->name);
    if (own && h->backends.p[own - 1].holder.n == 0)
        return &h->backends.p[own - 1];
    struct unused *added = &h->added[!plain];
    struct shape_backend *spare = peek(h, &h->spares), *old = peek(h, added);
    if (spare && !(grows && plain))
        return spare;
    if (old && (!grows || added->places.n - added->at >= MOST_UNUSED))
        return old;
    return grows ? add_backend(h, service) : peek(h, &h->left);
}

/* Those first that have been free for longest: a request may still be on its way to what became free a moment
 * ago. */
static int place_compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = (x->freed > y->freed) - (x->freed < y->freed);
    return order ? order : (x->backend > y->backend) - (x->backend < y->backend);
}

static void sort_places(struct unused *unused)
{
    if (unused->places.n)
        qsort(unused->places.p, unused->places.n, sizeof *unused->places.p, place_compare);
}

/* A service keeps what it holds, if that still fits. */
static void keep_holders(struct handing_out *h, const struct strmap *wanted)
{
    for (size_t i = 0; i < h->backends.n; i++) {
        struct shape_backend *backend = &h->backends.p[i];
        if (backend->holder.n == 0)
            continue;
        const struct model_service *holder = strmap_get(wanted, backend->holder);
        if (holder && fits(backend, holder)) {
            strmap_put(h->placed, backend->holder, (void *)holder);
        } else {
            backend->holder = (struct str){ 0 };
            backend->freed = h->freed;
        }
    }
}

/* What is unused now, and whose name it has. What becomes free in this plan stays free: until the commit,
 * requests of its old service still go there. What was declared for a service waits for it, unless that has
 * got another one. */
static void sort_out(struct handing_out *h, const struct shape_need *need)
{
    struct strmap *wanted = strmap_create(h->arena, need->n_services);
    for (size_t i = 0; i < need->n_services; i++)
        strmap_put(wanted, need->services[i]->name, (void *)need->services[i]);
    keep_holders(h, wanted);
    for (size_t i = 0; i < h->backends.n; i++) {
        const struct shape_backend *backend = &h->backends.p[i];
        if (backend->holder.n || backend->freed == h->freed)
            continue;
        bool waits = backend->service.n && !strmap_get(h->placed, backend->service);
        const struct model_service *named = waits ? strmap_get(wanted, backend->service) : NULL;
        if (named && fits(backend, named))
            strmap_put(h->own, backend->service, (void *)(uintptr_t)(i + 1));
        struct unused *list = backend->kind != BACKEND_DECLARED ? &h->added[backend->kind == BACKEND_CHOSEN]
                              : backend->service.n == 0         ? &h->spares
                                                                : &h->left;
        if (list != &h->left || !named)
            vec_push(&list->places, (struct place){ i, backend->freed });
    }
    sort_places(&h->spares);
    sort_places(&h->added[0]);
    sort_places(&h->added[1]);
    sort_places(&h->left);
}

/* A service keeps the backend that it holds. */
static bool assign_holders(struct handing_out *h, const struct shape_need *need, bool grows)
{
    h->placed = strmap_create(h->arena, need->n_services);
    h->own = strmap_create(h->arena, need->n_services);
    sort_out(h, need);
    bool ok = true;
    for (size_t i = 0; i < need->n_services && ok; i++) {
        const struct model_service *service = need->services[i];
        if (strmap_get(h->placed, service->name))
            continue;
        struct shape_backend *backend = find_place(h, service, grows);
        ok = backend != NULL;
        if (backend) {
            backend->holder = service->name;
            backend->chosen = !choice_is_plain(service);
        }
    }
    vec_fini(&h->spares.places);
    vec_fini(&h->left.places);
    vec_fini(&h->added[0].places);
    vec_fini(&h->added[1].places);
    return ok;
}

static int backend_compare(const void *a, const void *b)
{
    return str_cmp(((const struct shape_backend *)a)->name, ((const struct shape_backend *)b)->name);
}

static int name_compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Both lists, each text once, in order; at most `most`, the old ones before new ones. */
static const struct str *grow_list(struct arena *arena, const struct str *old, size_t n_old,
                                   const struct str *new, size_t n_new, size_t most, size_t *n)
{
    struct str *all = ARENA_ARRAY(arena, struct str, n_old + n_new);
    *n = 0;
    for (size_t i = 0; i < n_old + n_new && *n < most; i++) {
        struct str text = i < n_old ? arena_copy(arena, old[i]) : new[i - n_old];
        size_t j = 0;
        while (j < *n && !str_eq(all[j], text))
            j++;
        if (j == *n)
            all[(*n)++] = text;
    }
    if (*n)
        qsort(all, *n, sizeof *all, name_compare);
    return all;
}

static void grow_lanes(struct arena *arena, const struct shape *old, const struct shape_need *need,
                       struct shape *out)
{
    out->lane_requests = grow_list(arena, old->lane_requests, old->n_lane_requests, need->lane_requests,
                                   need->n_lane_requests, LANE_MAX_REQUESTS, &out->n_lane_requests);
    out->lane_answers = grow_list(arena, old->lane_answers, old->n_lane_answers, need->lane_answers,
                                  need->n_lane_answers, LANE_MAX_ANSWERS, &out->n_lane_answers);
    out->lane_rewrites = grow_list(arena, old->lane_rewrites, old->n_lane_rewrites, need->lane_rewrites,
                                   need->n_lane_rewrites, LANE_MAX_REWRITES, &out->n_lane_rewrites);
}

bool shape_fit(struct arena *arena, const struct shape *previous, const struct shape_need *need,
               struct shape *out, struct str *reason)
{
    *reason = missing_kind(previous, need);
    if (reason->n || !tls_fits(previous, &need->tls, reason))
        return false;
    struct handing_out h = { .arena = arena };
    for (size_t i = 0; i < previous->n_backends; i++) {
        const struct shape_backend *old = &previous->backends[i];
        vec_push(&h.backends, (struct shape_backend){
                                  arena_copy(arena, old->name), arena_copy(arena, old->service),
                                  arena_copy(arena, old->holder), old->kind, old->chosen, old->freed });
        h.freed = old->freed >= h.freed ? old->freed + 1 : h.freed;
    }
    struct str *names = ARENA_ARRAY(arena, struct str, previous->n_response_headers);
    for (size_t i = 0; i < previous->n_response_headers; i++)
        names[i] = arena_copy(arena, previous->response_headers[i]);
    *out = *previous;
    out->response_headers = names;
    tls_copy(arena, previous, out);
    grow_lanes(arena, previous, &(struct shape_need){ 0 }, out);
    bool ok = assign_holders(&h, need, previous->grows);
    struct shape_backend *backends = ARENA_ARRAY(arena, struct shape_backend, h.backends.n);
    if (h.backends.n) {
        memcpy(backends, h.backends.p, h.backends.n * sizeof *backends);
        qsort(backends, h.backends.n, sizeof *backends, backend_compare);
    }
    out->backends = backends;
    out->n_backends = h.backends.n;
    vec_fini(&h.backends);
    if (!ok)
        *reason = STR("more new services than spare backends");
    return ok;
}

/* Where many services are, many come: so a growing tree needs fewer and fewer reloads. A spare takes 12 kB
 * and 22 us of HAProxy's start (2.6), so there is an end to it: 25 MB, by which as many can come in one
 * breath. */
size_t shape_spares(size_t n_services, const struct settings *settings)
{
    enum { SHARE = 8, MOST_BY_SHARE = 2048 };
    size_t wanted = settings->haproxy.spare_backends > 0 ? (size_t)settings->haproxy.spare_backends : 0;
    size_t share = n_services / SHARE < MOST_BY_SHARE ? n_services / SHARE : MOST_BY_SHARE;
    return wanted && share > wanted ? share : wanted;
}

/* Names that the usual middlewares set: their first use costs no reload. */
static const struct str usual_headers[] = {
    STR("access-control-allow-credentials"),
    STR("access-control-allow-origin"),
    STR("access-control-expose-headers"),
    STR("cache-control"),
    STR("content-security-policy"),
    STR("content-security-policy-report-only"),
    STR("permissions-policy"),
    STR("public-key-pins"),
    STR("referrer-policy"),
    STR("server"),
    STR("strict-transport-security"),
    STR("vary"),
    STR("x-content-type-options"),
    STR("x-frame-options"),
    STR("x-powered-by"),
    STR("x-robots-tag"),
    STR("x-xss-protection"),
};

/* Those of the usual ones, the plan and the old shape, each once, by name. */
static void grow_names(struct arena *arena, const struct shape *old, const struct shape_need *need,
                       struct shape *out)
{
    const size_t n_usual = sizeof usual_headers / sizeof *usual_headers;
    size_t n = n_usual + old->n_response_headers + need->n_response_headers, kept = 0;
    struct str *names = ARENA_ARRAY(arena, struct str, n);
    memcpy(names, usual_headers, sizeof usual_headers);
    for (size_t i = 0; i < old->n_response_headers; i++)
        names[n_usual + i] = arena_copy(arena, old->response_headers[i]);
    for (size_t i = 0; i < need->n_response_headers; i++)
        names[n_usual + old->n_response_headers + i] = need->response_headers[i];
    qsort(names, n, sizeof *names, name_compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || !str_eq(names[kept - 1], names[i]))
            names[kept++] = names[i];
    out->response_headers = names;
    out->n_response_headers = kept < MAX_RESPONSE_HEADERS ? kept : MAX_RESPONSE_HEADERS;
}

static int greater(int a, int b)
{
    return a > b ? a : b;
}

void shape_grow(struct arena *arena, const struct shape *previous, const struct shape_need *need,
                const struct settings *settings, struct shape *out)
{
    const struct shape none = { 0 };
    const struct shape *old = previous ? previous : &none;
    size_t spares = shape_spares(need->n_services, settings);
    size_t n = need->n_services + spares;
    struct shape_backend *backends = ARENA_ARRAY(arena, struct shape_backend, n);
    for (size_t i = 0; i < need->n_services; i++) {
        struct str service = need->services[i]->name;
        backends[i] = (struct shape_backend){ .name = service_backend_name(arena, service),
                                              .service = service,
                                              .holder = service,
                                              .chosen = !choice_is_plain(need->services[i]) };
    }
    for (size_t i = 0; i < spares; i++)
        backends[need->n_services + i].name = arena_printf(arena, "spare-%04zu", i + 1);
    if (n)
        qsort(backends, n, sizeof *backends, backend_compare);
    /* What a request that has no need of it hardly notices (tests/bench) is always there: the first rule or
     * middleware of another kind costs no reload. The agent's two filters cost a request 3 to 5 %. */
    *out = (struct shape){ .cut = true,
                           .agent = true,
                           .messages = (1u << MESSAGE_COUNT) - 1,
                           .rounds = greater(greater(old->rounds, need->rounds), USUAL_ROUNDS),
                           .backends = backends,
                           .n_backends = n };
    grow_names(arena, old, need, out);
    tls_grow(arena, previous, &need->tls, out);
    grow_lanes(arena, old, need, out);
}
