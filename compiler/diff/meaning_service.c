#include <inttypes.h>

#include "diff/meaning_build.h"
#include "route/url.h"

static struct str weight_text(struct arena *arena, const struct model_server *server)
{
    return arena_printf(arena, "%" PRId64, server->weight);
}

static void compare_servers(struct meaning_work *w, const struct model_service *a,
                            const struct model_service *b)
{
    size_t i = 0, j = 0;
    while (i < a->n_servers || j < b->n_servers) {
        const struct model_server *old = i < a->n_servers ? &a->servers[i] : NULL;
        const struct model_server *new = j < b->n_servers ? &b->servers[j] : NULL;
        int order = !old ? 1 : !new ? -1 : str_cmp(old->id, new->id);
        struct str url = url_shown(w->arena, order < 0 ? old->url : new->url);
        if (order < 0)
            meaning_add(w, MEANING_SERVER_REMOVED, false, a->name,
                        arena_printf(w->arena, "loses server %.*s", STR_ARG(url)));
        else if (order > 0)
            meaning_add(w, MEANING_SERVER_ADDED, false, b->name,
                        arena_printf(w->arena, "gains server %.*s", STR_ARG(url)));
        else if (old->weight != new->weight)
            meaning_add_values(w, MEANING_SERVER_WEIGHT, b->name,
                               arena_printf(w->arena, "weight of %.*s", STR_ARG(url)).p,
                               weight_text(w->arena, old), weight_text(w->arena, new));
        i += order <= 0;
        j += order >= 0;
    }
}

static void report_whole(struct meaning_work *w, const struct model_service *service, bool appears)
{
    struct buf text = { 0 };
    buf_puts(&text, appears ? "appears" : "vanishes");
    for (size_t i = 0; i < service->n_servers && text.n < 300; i++) {
        struct str url = url_shown(w->arena, service->servers[i].url);
        buf_printf(&text, "%s%.*s", i ? ", " : ": ", STR_ARG(url));
    }
    meaning_add(w, appears ? MEANING_SERVICE_APPEARS : MEANING_SERVICE_VANISHES, false, service->name,
                arena_copy(w->arena, buf_str(&text)));
    buf_fini(&text);
}

void meaning_services(struct meaning_work *w)
{
    const struct model *a = w->before->model, *b = w->after->model;
    size_t i = 0, j = 0;
    while (i < a->n_services || j < b->n_services) {
        const struct model_service *old = i < a->n_services ? &a->services[i] : NULL;
        const struct model_service *new = j < b->n_services ? &b->services[j] : NULL;
        int order = !old ? 1 : !new ? -1 : str_cmp(old->name, new->name);
        if (order < 0)
            report_whole(w, old, false);
        else if (order > 0)
            report_whole(w, new, true);
        else
            compare_servers(w, old, new);
        i += order <= 0;
        j += order >= 0;
    }
}

static bool model_has(struct strmap *names, struct str name)
{
    return strmap_get(names, name) != NULL;
}

/* Whether the routers and services of the model have said it already. */
static bool is_said(const struct setting_change *c, struct strmap *routers, struct strmap *services)
{
    static const char *const of_router[] = { "rule", "service", "priority", "entrypoints", "middlewares" };
    if (!str_eq(c->object.section, STR("http")))
        return false;
    if (str_eq(c->object.group, STR("services")))
        return model_has(services, c->object.name) && str_starts(c->setting, STR("loadbalancer/servers/")) &&
               (str_ends(c->setting, STR("/url")) || str_ends(c->setting, STR("/weight")));
    if (!str_eq(c->object.group, STR("routers")) || !model_has(routers, c->object.name))
        return false;
    for (size_t i = 0; i < sizeof of_router / sizeof *of_router; i++)
        if (str_eq(c->setting, str_c(of_router[i])))
            return true;
    return false;
}

static struct str last_segment(struct str key)
{
    struct str last = { 0 };
    while (key.p)
        last = str_cut(&key, '/');
    return last;
}

void meaning_settings(struct meaning_work *w)
{
    const struct model *models[] = { w->before->model, w->after->model };
    struct strmap *routers = strmap_create(w->arena, models[1]->n_routers);
    struct strmap *services = strmap_create(w->arena, models[1]->n_services);
    for (size_t m = 0; m < 2; m++) {
        for (size_t i = 0; i < models[m]->n_routers; i++)
            strmap_put(routers, last_segment(models[m]->routers[i].key), (void *)models[m]);
        for (size_t i = 0; i < models[m]->n_services; i++)
            strmap_put(services, last_segment(models[m]->services[i].key), (void *)models[m]);
    }
    struct setting_changes changes = settings_compare(w->arena, w->old_settings, w->new_settings);
    for (size_t i = 0; i < changes.n; i++) {
        const struct setting_change *c = &changes.p[i];
        if (is_said(c, routers, services))
            continue;
        struct str label = c->setting.n ? c->setting : STR("value");
        const struct str gone = STR("(absent)");
        meaning_add_values(w, MEANING_SETTING, c->object.id, arena_copy(w->arena, label).p,
                           c->before.p ? c->before : gone, c->after.p ? c->after : gone);
    }
}
