/* A few records of a large map that change at once, where HAProxy can change only one record at a time, or
 * all of them: first each gets both meanings, the old one and the new one, and a number says from when on the
 * new one counts. That number stands in one record, PLAN_VERSION_KEY, so to tell it is the commit; then the
 * records get their new meaning alone. What a request does with a record of both meanings is said in
 * templates/rematch.lua.
 *
 * The value is ^NUMBER^LENGTH^NEWOLD, LENGTH being that of NEW; an empty meaning is that of no record. A key
 * that comes or goes means, as long as it is not there, what a look-up finds without it: the record of the
 * longest key that it begins with. */
#pragma once

#include "base/buf.h"
#include "diff/diff.h"

#define DUAL_MARK "^"

struct dual {
    struct str key;
    struct str old, new; /* meanings; empty: none */
    bool was, stays;     /* whether there is such a key before and behind the change */
};

/* The records of `changes`, one each, in `arena`. `before` and `after` are all records of both states, by
 * key. */
struct dual *dual_of_changes(struct arena *arena, const struct route_change *changes, size_t n,
                             const struct runtime_state *before, const struct runtime_state *after);

/* The value of one. */
void dual_put(struct buf *out, const struct dual *dual, int64_t number);
