/* Which skeleton a plan needs, and whether the running one will do. Internal to plan. */
#pragma once

#include "base/strmap.h"
#include "plan/plan.h"
#include "plan/program.h"
#include "plan/tls.h"

/* What a plan needs of its skeleton. */
struct shape_need {
    bool cut, agent;
    unsigned messages;
    int rounds;
    const struct str *
        response_headers; /* as in struct shape; those that the shape lacks are none of its reasons to grow */
    size_t n_response_headers;
    struct tls_need tls;
    const struct str *lane_requests, *lane_answers, *lane_rewrites; /* likewise: what it lacks has no lane */
    size_t n_lane_requests, n_lane_answers, n_lane_rewrites;
    const struct model_service *const *services; /* those that routers use, by name */
    size_t n_services;
};

/* What a router's chain needs. `cuts`: some of its records cut the path. */
void shape_need_add(struct shape_need *need, const struct chain_plan *chain, bool cuts);

/* Whether all kinds of things that are needed occur in the shape; backends and TLS aside. */
bool shape_has_kinds(const struct shape *have, const struct shape_need *need);

/* Gives every service a declared backend of `previous`, keeping those that it has; false and *reason where
 * something does not fit. `out` gets previous' contents with new holders. */
bool shape_fit(struct arena *arena, const struct shape *previous, const struct shape_need *need,
               struct shape *out, struct str *reason);

/* How many spare backends a new shape for so many services has. */
size_t shape_spares(size_t n_services, const struct settings *settings);

/* A new shape: every service under its own name, and spares. `previous` (NULL: none) gives the kinds of
 * things that occurred before, so that they do not come and go. */
void shape_grow(struct arena *arena, const struct shape *previous, const struct shape_need *need,
                const struct settings *settings, struct shape *out);
