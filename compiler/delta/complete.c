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

static bool is_default(struct str options)
{
    return options.n == 0 || str_eq(options, STR(MODEL_TLS_DEFAULT));
}

/* Which options a name gets is settled among all routers. As long as all get the default ones, the lists of
 * certificates depend on no router, and a router's part needs nothing of the tree's section "tls". */
static const char *tls_entangled(const struct tree *tree, const struct model *model)
{
    for (size_t i = 0; i < model->settings->n_entry_points; i++)
        if (!is_default(model->settings->entry_points[i].tls.options))
            return "an entry point has TLS options of its own";
    for (size_t i = 0; i < tree->n_routers; i++)
        if (!is_default(tree->routers[i].tls.options.v))
            return "routers have TLS options of their own";
    return !model->tls.fallback || model->tls.fallback->broken ? "the default TLS options are broken" : NULL;
}

void ledger_complete(struct ledger *ledger, const struct kv_snapshot *snapshot, const struct tree *tree,
                     const struct model *model, const struct plan *plan, const struct diag *diag)
{
    const char *entangled = tls_entangled(tree, model);
    ledger->closed = has_layers(tree) ? "routers stand behind routers"
                     : entangled      ? entangled
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
