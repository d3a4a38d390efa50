/* What is in use, and how often: the part of a ledger that changes with each router and service. Internal to
 * delta. */
#pragma once

#include "delta/ledger_parts.h"

/* Notes how a service stood before anything changed. `touched` is called before the first change of each. */
struct use_watch {
    void (*touched)(void *context, struct ledger_service *service);
    void *context;
};

/* A router or service begins or ceases to use a service; services of the skeleton count for nothing. */
void uses_add(struct ledger *ledger, const struct model_service *service, const struct use_watch *watch);
void uses_drop(struct ledger *ledger, const struct model_service *service, const struct use_watch *watch);

/* Tells the children of a service that it uses them, or (want false) that it does not any more. */
void uses_count_children(struct ledger *ledger, struct ledger_service *service, bool want,
                         const struct use_watch *watch);

/* The same for a router: its service, and those that have pages for errors; whom the relay asks by name. */
void uses_add_router(struct ledger *ledger, const struct model_router *router, const struct use_watch *watch);
void uses_drop_router(struct ledger *ledger, const struct model_router *router,
                      const struct use_watch *watch);

/* What a router's chain has in use: programs of the agent, native ones, and names of headers that its rule
 * asks for. */
void uses_of_router(struct ledger *ledger, const struct model_router *router, const struct chain_plan *chain,
                    bool up);
