/* Look-ups in entries that are sorted by key, as HAProxy makes them in the maps that they are of. */
#pragma once

#include "plan/plan.h"

/* map_beg: the longest key that `line` begins with; NULL: none. */
const struct plan_entry *entry_find_beginning(const struct plan_entry *entries, size_t n, struct str line);

/* map_str */
const struct plan_entry *entry_find(const struct plan_entry *entries, size_t n, struct str key);

/* Place of the first entry whose key is not below `key`, from `from` on. */
size_t entry_lower_bound(const struct plan_entry *entries, size_t from, size_t n, struct str key);
