#include "delta/uses.h"

#include "plan/match.h"

static struct ledger_service *known(struct ledger *ledger, const struct model_service *service,
                                    const struct use_watch *watch)
{
    if (service->kind == SERVICE_INTERNAL)
        return NULL;
    struct ledger_service *found = ledger_service_of(ledger, service->name);
    if (watch)
        watch->touched(watch->context, found);
    return found;
}

void uses_count_children(struct ledger *ledger, struct ledger_service *service, bool want,
                         const struct use_watch *watch)
{
    if (service->counted == want)
        return;
    service->counted = want;
    bool names = service->model && service_names_children(service->model);
    for (size_t i = 0; service->model && i < service->model->n_children; i++) {
        struct ledger_service *child = known(ledger, service->model->children[i].service, watch);
        if (child && names)
            child->names = want ? child->names + 1 : child->names - 1;
        (want ? uses_add : uses_drop)(ledger, service->model->children[i].service, watch);
    }
}

void uses_add(struct ledger *ledger, const struct model_service *service, const struct use_watch *watch)
{
    struct ledger_service *found = known(ledger, service, watch);
    if (found && found->uses++ == 0 && found->model)
        uses_count_children(ledger, found, true, watch);
}

void uses_drop(struct ledger *ledger, const struct model_service *service, const struct use_watch *watch)
{
    struct ledger_service *found = known(ledger, service, watch);
    if (found && found->uses && --found->uses == 0)
        uses_count_children(ledger, found, false, watch);
}

static void name(struct ledger *ledger, const struct model_service *service, bool up,
                 const struct use_watch *watch)
{
    struct ledger_service *found = known(ledger, service, watch);
    if (found)
        found->names = up ? found->names + 1 : found->names - 1;
}

/* Where the relay is in a chain, it asks for the router's service. */
static void name_those_asked(struct ledger *ledger, const struct model_router *router, bool up,
                             const struct use_watch *watch)
{
    for (size_t i = 0; i < router->n_ops; i++) {
        if (router->ops[i].kind != OP_RELAYED)
            continue;
        name(ledger, router->service, up, watch);
        if (router->ops[i].relayed->kind == RELAYED_ERRORS) {
            name(ledger, router->ops[i].relayed->errors.service, up, watch);
            (up ? uses_add : uses_drop)(ledger, router->ops[i].relayed->errors.service, watch);
        }
    }
}

void uses_add_router(struct ledger *ledger, const struct model_router *router, const struct use_watch *watch)
{
    uses_add(ledger, router->service, watch);
    name_those_asked(ledger, router, true, watch);
}

void uses_drop_router(struct ledger *ledger, const struct model_router *router, const struct use_watch *watch)
{
    name_those_asked(ledger, router, false, watch);
    uses_drop(ledger, router->service, watch);
}

static void count(struct ledger *ledger, struct strmap *counts, struct str key, bool up)
{
    if (up)
        ledger_count_up(ledger, counts, key);
    else
        ledger_count_down(counts, key);
}

void uses_of_router(struct ledger *ledger, const struct model_router *router, const struct chain_plan *chain,
                    bool up)
{
    struct arena *scratch = arena_create();
    size_t n;
    const struct str *names = match_names(scratch, router, &n);
    if (chain->program)
        count(ledger, ledger->programs, chain->program->id, up);
    for (size_t i = 0; i < chain->n_asked; i++)
        count(ledger, ledger->programs, chain->asked[i]->id, up);
    if (chain->ops.key.p)
        count(ledger, ledger->ops, chain->ops.key, up);
    for (size_t i = 0; i < chain->n_more; i++)
        count(ledger, ledger->ops, chain->more[i].key, up);
    if (chain->lane_entry.key.p)
        count(ledger, ledger->ops, chain->lane_entry.key, up);
    for (size_t i = 0; i < n; i++)
        count(ledger, ledger->names, names[i], up);
    arena_destroy(scratch);
}
