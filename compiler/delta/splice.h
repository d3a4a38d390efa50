/* Changes of long sorted lists. Internal to delta. */
#pragma once

#include "base/vec.h"
#include "plan/plan.h"

/* What shall stand under a key; value.p == NULL: nothing. */
typedef VEC(struct plan_entry) entry_changes;

/* What is really different, in order: each list holds those of its side. */
struct entry_difference {
    const struct plan_entry *from, *to;
    size_t n_from, n_to;
};

/* Sorts the changes (equal keys have equal values) and compares them with the list. Results lie in the arena.
 */
struct entry_difference entries_differ(struct arena *arena, const struct plan_entry *list, size_t n,
                                       entry_changes *changes);

/* The list with the difference, in a block of malloc. */
struct plan_entry *entries_splice(const struct plan_entry *list, size_t n,
                                  const struct entry_difference *difference, size_t *out);
