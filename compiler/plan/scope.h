/* The keys under which a conjunct is found on an entry point. Internal to plan; the forms are told in plan.h.
 */
#pragma once

#include "base/buf.h"
#include "plan/conjunct.h"

/* Appends the key of a conjunct's scope: with its class in front, or the first key there (of any host where
 * the host is not exact). `dots`: how many dots the host ends in. *path_at is where the path begins. false
 * where no request can have it. */
bool scope_put_key(struct buf *out, const struct conjunct *c, size_t entry_point, size_t dots,
                   size_t *path_at);
bool scope_put_first_key(struct buf *out, const struct conjunct *c, size_t entry_point, size_t dots,
                         size_t *path_at);

/* Whether the conjunct is of every host and path: such regular expressions are looked up apart, so that those
 * of deeper paths need not repeat them. */
bool scope_is_root(const struct conjunct *c);

/* With how many dots at its end a host of a request is looked up and meets the rule: 1 to 3 numbers. None and
 * one are looked up alike. */
size_t scope_dots(const struct conjunct *c, size_t out[static 3]);
