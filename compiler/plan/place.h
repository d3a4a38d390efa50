/* Places: keys of routes.map and who applies there. Internal to plan.
 *
 * Because '|' and '?' occur in no host and no path, and each kind of key begins with a byte of its own, one
 * key is a prefix of another exactly if its set of requests contains the other's. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

/* Instead of a router's index: nobody. It is greater than every index: worse than every router. */
#define NOBODY SIZE_MAX

struct place {
    struct str key;
    size_t path_at; /* where the path begins in the key; an exact one ends in '?' */
    size_t router;  /* index into the ranked routers: smaller is better. Folded: the best that applies to all
                       requests here */
    size_t parent;  /* folded: nearest place whose key is a prefix of this one, or NOBODY */
};

struct place_list {
    VEC(struct place) places;
    size_t *level[64]; /* best router over ranges of 2^k places, in the arena of fold */
};

void place_list_fini(struct place_list *list);

/* Adds a place; the key is copied to the arena. */
void place_list_add(struct place_list *list, struct arena *arena, struct str key, size_t path_at,
                    size_t router);

/* Sorts by key, keeps the best router of equal keys, links parents and folds their routers in. Once, before
 * any look-up. */
void place_list_fold(struct place_list *list, struct arena *arena);

/* The folded place that a request with this key finds: of the longest key that is a prefix of it, or NOBODY.
 */
size_t place_list_find(const struct place_list *list, struct str key);

/* The best router that applies to some request of the key's set: at its place, above or below. */
size_t place_list_best(const struct place_list *list, struct str key);
