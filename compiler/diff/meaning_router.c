#include <inttypes.h>

#include "diff/meaning_build.h"

typedef VEC(const struct model_router *) router_list;

/* The name of the router's object in the store: the model's own may have its entry point in front. */
static struct str object_name(const struct model_router *router)
{
    struct str rest = router->key, last = { 0 };
    while (rest.p)
        last = str_cut(&rest, '/');
    return last;
}

static int compare_routers(const void *a, const void *b)
{
    const struct model_router *x = *(const struct model_router *const *)a,
                              *y = *(const struct model_router *const *)b;
    int c = str_cmp(x->name, y->name);
    return c ? c : str_cmp(object_name(x), object_name(y));
}

static router_list by_name(const struct model *model)
{
    router_list list = { 0 };
    for (size_t i = 0; i < model->n_routers; i++)
        vec_push(&list, &model->routers[i]);
    if (list.n)
        qsort(list.p, list.n, sizeof *list.p, compare_routers);
    return list;
}

static struct str rule_and_service(struct arena *arena, const struct model_router *r)
{
    return arena_printf(arena, "%.*s → %.*s", STR_ARG(r->rule), STR_ARG(r->service->name));
}

static struct str entry_points_of(struct arena *arena, const struct model *model,
                                  const struct model_router *r)
{
    struct buf list = { 0 };
    for (size_t i = 0; i < r->n_entry_points; i++)
        buf_printf(&list, "%s%.*s", i ? ", " : "",
                   STR_ARG(model->settings->entry_points[r->entry_points[i]].name));
    struct str text = arena_copy(arena, buf_str(&list));
    buf_fini(&list);
    return text;
}

static struct str ops_of(struct arena *arena, const struct model_router *r)
{
    struct buf list = { 0 };
    for (size_t i = 0; i < r->n_ops; i++)
        buf_printf(&list, "%s%.*s", i ? ", " : "", STR_ARG(r->ops[i].middleware));
    struct str text = r->n_ops ? arena_copy(arena, buf_str(&list)) : STR("none");
    buf_fini(&list);
    return text;
}

static struct str protection_of(struct meaning_work *w, const struct model_router *r, bool old)
{
    return ops_in_role(w->arena, r, old ? w->old_settings : w->new_settings, ROLE_PROTECTION);
}

/* The protections that a router in error names: what it had where it was served (by Traefik). Chains are not
 * looked into. */
static struct str protection_named(struct meaning_work *w, struct str router)
{
    struct buf list = { 0 };
    struct str rest = settings_value(w->old_settings, "routers", router, "middlewares");
    while (rest.p) {
        struct str name = str_trim(str_cut(&rest, ','));
        struct str type = settings_middleware_type(w->old_settings, stored_name(name));
        if (middleware_role_of(type) == ROLE_PROTECTION)
            buf_printf(&list, "%s%.*s %.*s", list.n ? ", " : "", STR_ARG(type), STR_ARG(name));
    }
    struct str text = arena_copy(w->arena, buf_str(&list));
    buf_fini(&list);
    return text;
}

static void appears(struct meaning_work *w, const struct model_router *r)
{
    struct str what = rule_and_service(w->arena, r), guard = protection_of(w, r, false);
    bool was_there = settings_have(w->old_settings, "routers", object_name(r));
    struct str had = was_there ? protection_named(w, object_name(r)) : STR("");
    bool grave = had.n && !guard.n;
    const char *how = guard.n ? ", behind " : grave ? ", without the " : "";
    meaning_add(w, was_there ? MEANING_ROUTER_RECOVERS : MEANING_ROUTER_APPEARS, grave, r->name,
                arena_printf(w->arena, "%s: %.*s%s%.*s%s", was_there ? "is no longer in error" : "appears",
                             STR_ARG(what), how, STR_ARG(grave ? had : guard),
                             grave ? " that it named" : ""));
    const struct model_router *by = cover_shadow(w->new_cover, r);
    if (by)
        meaning_add(w, MEANING_ROUTER_UNREACHABLE, false, r->name,
                    arena_printf(w->arena, "is unreachable: %.*s takes all its requests", STR_ARG(by->name)));
}

/* Gone, or in error now: grave where it was protected and its requests go to a router that is not. */
static void vanishes(struct meaning_work *w, const struct model_router *r)
{
    bool in_error = settings_have(w->new_settings, "routers", object_name(r));
    const struct model_router *heir = cover_heir(w->new_cover, r);
    struct str guard = protection_of(w, r, true);
    bool grave = guard.n && heir && protection_of(w, heir, false).n == 0;
    struct str goes = heir ? arena_printf(w->arena, "; its requests go to %.*s%s%.*s", STR_ARG(heir->name),
                                          grave ? ", without " : "", STR_ARG(grave ? guard : STR("")))
                           : STR("");
    struct str what = rule_and_service(w->arena, r);
    meaning_add(w, in_error ? MEANING_ROUTER_FAILS : MEANING_ROUTER_VANISHES, grave, r->name,
                arena_printf(w->arena, "%s: %.*s%.*s", in_error ? "is in error now (see check)" : "vanishes",
                             STR_ARG(what), STR_ARG(goes)));
}

static size_t count_role(const struct model_router *r, const struct setting_list *settings,
                         enum middleware_role role)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_ops; i++)
        n +=
            middleware_role_of(settings_middleware_type(settings, stored_name(r->ops[i].middleware))) == role;
    return n;
}

static void compare_role(struct meaning_work *w, const struct model_router *a, const struct model_router *b,
                         enum middleware_role role)
{
    struct str old = ops_in_role(w->arena, a, w->old_settings, role);
    struct str new = ops_in_role(w->arena, b, w->new_settings, role);
    bool guards = role == ROLE_PROTECTION;
    const char *what = guards ? "protection" : "limit";
    if (old.n && !new.n) {
        meaning_add(w, guards ? MEANING_PROTECTION_LOST : MEANING_LIMIT_LOST, guards, a->name,
                    arena_printf(w->arena, "loses its %s: %.*s", what, STR_ARG(old)));
    } else if (!old.n && new.n) {
        meaning_add(w, guards ? MEANING_PROTECTION_GAINED : MEANING_LIMIT_GAINED, false, a->name,
                    arena_printf(w->arena, "gains a %s: %.*s", what, STR_ARG(new)));
    } else if (!str_eq(old, new)) {
        bool fewer = count_role(b, w->new_settings, role) < count_role(a, w->old_settings, role);
        meaning_add(w, guards ? MEANING_PROTECTION_CHANGED : MEANING_LIMIT_CHANGED, guards && fewer, a->name,
                    arena_printf(w->arena, "has another %s: %.*s → %.*s", what, STR_ARG(old), STR_ARG(new)));
    }
}

static void compare_reach(struct meaning_work *w, const struct model_router *a, const struct model_router *b)
{
    const struct model_router *was = cover_shadow(w->old_cover, a), *is = cover_shadow(w->new_cover, b);
    if (is && !was) {
        struct str guard = protection_of(w, b, false);
        bool grave = guard.n && protection_of(w, is, false).n == 0;
        meaning_add(w, MEANING_ROUTER_UNREACHABLE, grave, b->name,
                    arena_printf(w->arena, "becomes unreachable: %.*s takes all its requests%s%.*s",
                                 STR_ARG(is->name), grave ? ", without " : "",
                                 STR_ARG(grave ? guard : STR(""))));
    } else if (was && !is) {
        meaning_add(
            w, MEANING_ROUTER_REACHABLE, false, b->name,
            arena_printf(w->arena, "becomes reachable: %.*s took all its requests", STR_ARG(was->name)));
    }
}

static struct str tls_of(const struct model_router *r)
{
    return r->tls ? r->tls_options : STR("none");
}

static bool verifies_clients(const struct model_router *r)
{
    return r->tls && r->options->client_auth == CLIENT_AUTH_REQUIRE;
}

/* Certificates of clients are a protection. */
static void compare_tls(struct meaning_work *w, const struct model_router *a, const struct model_router *b)
{
    bool lost = verifies_clients(a) && !verifies_clients(b),
         gained = verifies_clients(b) && !verifies_clients(a);
    if (lost || gained)
        meaning_add(w, lost ? MEANING_PROTECTION_LOST : MEANING_PROTECTION_GAINED, lost, b->name,
                    lost ? STR("no longer asks clients for certificates")
                         : STR("asks clients for certificates"));
    if (!str_eq(tls_of(a), tls_of(b)))
        meaning_add_values(w, MEANING_ROUTER_TLS, b->name, "TLS options", tls_of(a), tls_of(b));
}

static void compare_pair(struct meaning_work *w, const struct model_router *a, const struct model_router *b)
{
    compare_role(w, a, b, ROLE_PROTECTION);
    compare_role(w, a, b, ROLE_LIMIT);
    compare_tls(w, a, b);
    compare_reach(w, a, b);
    if (!str_eq(a->rule, b->rule))
        meaning_add_values(w, MEANING_ROUTER_RULE, b->name, "rule", a->rule, b->rule);
    if (!str_eq(a->service->name, b->service->name))
        meaning_add_values(w, MEANING_ROUTER_SERVICE, b->name, "service", a->service->name, b->service->name);
    if (a->priority != b->priority &&
        str_eq(a->rule, b->rule)) /* else the length of the rule, most of the time */
        meaning_add_values(w, MEANING_ROUTER_PRIORITY, b->name, "priority",
                           arena_printf(w->arena, "%" PRId64, a->priority),
                           arena_printf(w->arena, "%" PRId64, b->priority));
    struct str old = entry_points_of(w->arena, w->before->model, a),
               new = entry_points_of(w->arena, w->after->model, b);
    if (!str_eq(old, new))
        meaning_add_values(w, MEANING_ROUTER_ENTRY_POINTS, b->name, "entry points", old, new);
    old = ops_of(w->arena, a);
    new = ops_of(w->arena, b);
    if (!str_eq(old, new))
        meaning_add_values(w, MEANING_ROUTER_MIDDLEWARES, b->name, "middlewares", old, new);
}

void meaning_routers(struct meaning_work *w)
{
    router_list old = by_name(w->before->model), new = by_name(w->after->model);
    size_t i = 0, j = 0;
    while (i < old.n || j < new.n) {
        int order = i == old.n ? 1 : j == new.n ? -1 : compare_routers(&old.p[i], &new.p[j]);
        if (order < 0)
            vanishes(w, old.p[i]);
        else if (order > 0)
            appears(w, new.p[j]);
        else
            compare_pair(w, old.p[i], new.p[j]);
        i += order <= 0;
        j += order >= 0;
    }
    vec_fini(&old);
    vec_fini(&new);
}
