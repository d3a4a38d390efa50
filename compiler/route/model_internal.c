/* Services that need no tree: Traefik's provider "internal". */
#include "route/model_build.h"

enum { NOOP, PING, NOT_FOUND, INTERNALS };

static const struct str names[INTERNALS] = {
    [NOOP] = STR("noop"), [PING] = STR("ping"), [NOT_FOUND] = STR("not-found")
};

struct service_entry *internal_service(struct build *b, struct str name)
{
    size_t i = 0;
    while (i < INTERNALS && !str_eq(name, names[i]))
        i++;
    if (i == INTERNALS || (i == PING && !b->settings->ping.on))
        return NULL;
    if (!b->internals)
        b->internals = ARENA_ARRAY(b->scratch, struct service_entry, INTERNALS);
    struct service_entry *entry = &b->internals[i];
    if (!entry->model) {
        struct model_service *service = ARENA_NEW(b->arena, struct model_service);
        *service = (struct model_service){ .name = name_qualify(b->arena, names[i], STR("internal")),
                                           .kind = SERVICE_INTERNAL };
        *entry = (struct service_entry){
            .state = SERVICE_DONE, .ok = true, .model = service, .ops = { .ok = true }, .ops_resolved = true
        };
    }
    return entry;
}
