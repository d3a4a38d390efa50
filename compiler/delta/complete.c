#include "delta/uses.h"

static void take_services(struct ledger *ledger, const struct model *model)
{
    ledger->services = strmap_create(ledger->arena, model->n_services);
    for (size_t i = 0; i < model->n_services; i++)
        ledger_service_of(ledger, model->services[i].name)->model = &model->services[i];
}

/* Routers behind routers are compiled together, however far they are apart. */
static bool has_layers(const struct tree *tree)
{
    for (size_t i = 0; i < tree->n_routers; i++)
        if (tree->routers[i].parent_refs.n)
            return true;
    return false;
}

/* Names and options of TLS are settled among all routers, and certificates are many keys that every part would have. */
static bool has_tls(const struct model *model)
{
    for (size_t i = 0; i < model->settings->n_entry_points; i++)
        if (model->settings->entry_points[i].tls.on || model->tls.entry_points[i])
            return true;
    return model->tls.n_certificates > 0;
}

void ledger_complete(struct ledger *ledger, const struct kv_snapshot *snapshot, const struct tree *tree,
                     const struct model *model, const struct plan *plan, const struct diag *diag)
{
    ledger->closed = has_layers(tree) ? "routers stand behind routers"
                     : has_tls(model) ? "routers have TLS"
                     : diag_count(diag, SEVERITY_NOTE) != diag_total(diag)
                         ? "there are more findings than are kept"
                         : NULL;
    ledger->root = snapshot->root;
    ledger->by_name = strmap_create(ledger->arena, model->n_routers + model->n_services);
    ledger->programs = strmap_create(ledger->arena, plan->n_programs);
    ledger->ops = strmap_create(ledger->arena, 16);
    ledger->names = strmap_create(ledger->arena, 16);
    ledger->effort = model->effort;
    ledger->n_routers = model->n_routers;
    ledger->n_routers_out = model->n_routers_out;
    ledger->n_services = model->n_services;
    take_services(ledger, model);
    ledger_set_holders(ledger, &plan->shape);
    if (!ledger->closed)
        ledger_take_pairs(ledger, snapshot);
    if (!ledger->closed)
        ledger_take_notes(ledger);
    if (!ledger->closed)
        ledger_take_routers(ledger, model);
    struct arena *scratch = arena_create();
    for (size_t i = 0; i < model->n_routers && !ledger->closed; i++) {
        struct chain_plan chain = chain_plan_of(scratch, &model->routers[i], model->settings);
        chain_settle(scratch, &chain, &plan->shape);
        uses_of_router(ledger, &model->routers[i], &chain, true);
        uses_add_router(ledger, &model->routers[i], NULL);
    }
    arena_destroy(scratch);
}
