/* Services whose backend or server is chosen anew for each request: their definitions, as entries of
 * routes.map that the skeleton's Lua reads. Internal to plan. */
#pragma once

#include "base/strmap.h"
#include "plan/plan.h"

/* What stands in the field BACKEND of a record. */
struct choice_target {
    struct str text;
    bool chosen; /* a name of choice_entries: flag 'b' */
};

/* Whether a service needs a backend of its own: it has servers that can be asked. */
bool choice_has_backend(const struct model_service *service);

/* Whether HAProxy's own balancing is all that such a service takes. */
bool choice_is_plain(const struct model_service *service);

/* `holders`: shape_backend by qualified name of the service that it holds. */
struct choice_target choice_target_of(struct arena *arena, const struct model_service *service,
                                      const struct strmap *holders);

/* The name of a service in routes.map, "}name", whatever it takes to serve it: for who comes back later, when
 * other services may have the backends. model_service.named must be set. (Internal ones are their backend.)
 */
struct str choice_name_of(struct arena *arena, const struct model_service *service);

/* The entries of all services that are used, by key: "}whoami@etcd?" (no host begins with '}', and the '?'
 * makes it an exact one). Values are fields parted by ';': KIND;FLAGS;COOKIE;BACKEND;MEMBERS;TIMES;RELAYED
 * - KIND: w weighted, h by the client's address, f failover, m mirrored, s servers. A named service whose
 *   backend is known is a weighted one of a single child.
 * - FLAGS, of servers: r in turn, p the better of two, h by the client's address, l the least busy; k
 *   the server is said by a cookie; of all: c members that are down are passed over.
 * - COOKIE: NAME|ATTRIBUTES, or empty.
 * - BACKEND, of servers.
 * - MEMBERS, parted by ',': of servers NAME|WEIGHT|URL|HOST|PATH (HOST: to be set if not empty; "!": the
 *   server cannot be asked, 500; PATH: to be put in front); of the others ID|WEIGHT|NAME|TARGET, a target
 *   being a backend or "}name".
 *   Of those that the relay asks targets are names.
 * - TIMES, of servers: ANSWER|CONNECT, milliseconds until an answer begins and to connect, or empty.
 * - RELAYED, of those that the relay may have to do with: the first arguments of its directive
 *   (agent/relay/directive.h).
 * Texts are quoted by quote_field, ',' and '|' in them as %XX too. */
struct plan_entry *choice_entries(struct arena *arena, const struct model *model,
                                  const struct strmap *holders, size_t *n);

/* That of one service, used or not, as if it were named or not; false where it has none. */
bool choice_entry_of(struct arena *arena, const struct model_service *service, bool named,
                     const struct strmap *holders, struct plan_entry *out);

/* The value of such an entry where backends have other names: `names` has a str, the new one, by the old one.
 */
struct str choice_renamed(struct arena *arena, struct str value, const struct strmap *names);
