/* Texts of rules and middlewares in the form of routes.map's keys. Internal to plan. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* A path of a rule as routing path in key form: blanks and control bytes as #XX. false where
 * no request can have it: '?' or '#' in it, or '%' that is not an upper-case code of the reserved set
 * (reference/traefik-routing.md 3.4). A prefix may end inside such a code. */
bool key_put_path(struct buf *out, struct str path, bool prefix);

/* A prefix to strip, which is compared with the decoded path, as the routing path of requests that have it:
 * where they spell none of !$&'()*+,/;=:@[] as a code. */
void key_put_prefix(struct buf *out, struct str prefix);

/* Whether it is one of those, which stand in routing paths as themselves or as codes. */
bool key_has_spellings(char c);

/* The prefix, in key form, as routing paths below `base` have it that spell some of those behind `base` as
 * codes: no more than KEY_MOST_SPELT. which: a bit for each, of the first one the lowest. false: there are no
 * such bits. */
enum { KEY_MOST_SPELT = 2 };
bool key_put_spelling(struct buf *out, struct str prefix, size_t base, unsigned which);

/* Whether a path of a key begins with a prefix, in key form, however it is spelt. */
bool key_starts(struct str path, struct str prefix);

/* A host of a rule in the form that the skeleton computes of a request's: lower case, IPv6 without brackets,
 * `dots` dots at its end. `host` has none there. false where no request can have it (a port, a byte that is
 * refused in Host). */
bool key_put_host(struct buf *out, struct str host, size_t dots);
