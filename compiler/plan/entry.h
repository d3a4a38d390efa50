/* Look-ups in entries that are sorted by key, as HAProxy makes them in the maps that they are of. */
#pragma once

#include "plan/plan.h"

/* map_beg: the longest key that `line` begins with; NULL: none. */
const struct plan_entry *entry_find_beginning(const struct plan_entry *entries, size_t n, struct str line);

/* map_str */
const struct plan_entry *entry_find(const struct plan_entry *entries, size_t n, struct str key);

/* How many keys are <= key: where those behind it begin. */
size_t entry_count_up_to(const struct plan_entry *entries, size_t n, struct str key);
