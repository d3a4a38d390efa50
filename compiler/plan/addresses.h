/* Names of servers to addresses. Pure: what the names mean at present is an input, as the tree is. */
#pragma once

#include "plan/plan.h"

/* Whether a backend has servers that are known by name. */
bool plan_backend_has_names(const struct plan_backend *backend);

/* What is known of a name. */
struct address_list {
    const struct str *p; /* "10.0.0.7", "fd00::7"; each keeps its place as long as it is among them */
    size_t n;
    const char *failure; /* why the last question failed; NULL: it did not */
};

struct address_book {
    /* NULL: not known yet. */
    const struct address_list *(*find)(void *context, struct str name);
    void *context;
};

/* Where nothing is: requests to a server that has no address get 502 at once, as in Traefik. */
#define ADDRESS_NOWHERE "255.255.255.255"

/* Gives every server that has a name the addresses of that name: the first one keeps the server's name (so
 * cookies stay valid), the others are further servers NAME.2, NAME.3, … that share its weight. A name that
 * fails is a finding. */
void plan_set_addresses(struct arena *arena, struct plan *plan, const struct address_book *book,
                        struct diag *diag);
