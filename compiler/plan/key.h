/* Texts of rules and middlewares in the form of routes.map's keys. Internal to plan. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* A path of a rule as routing path in key form: blanks and control bytes as #XX. false where
 * no request can have it: '?' or '#' in it, or '%' that is not an upper-case code of the reserved set
 * (reference/traefik-routing.md 3.4). A prefix may end inside such a code. */
bool key_put_path(struct buf *out, struct str path, bool prefix);

/* A prefix to strip, which is compared with the decoded path, as the routing path of requests that have it.
 * (Those that spell one of !$&'()*+,;=:@[] as a code are not among them.) */
void key_put_prefix(struct buf *out, struct str prefix);

/* A host of a rule in the form that the skeleton computes of a request's: lower case, IPv6 without brackets,
 * `dots` dots at its end. `host` has none there. false where no request can have it (a port, a byte that is
 * refused in Host). */
bool key_put_host(struct buf *out, struct str host, size_t dots);
