/* A hash table from byte strings to pointers. Keys are not copied: they must outlive the table. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct strmap;

/* A table in `arena`, with room for about `expected` entries before it grows. */
struct strmap *strmap_create(struct arena *arena, size_t expected);

/* Sets the value of key (not NULL) and returns the one it had, or NULL. */
void *strmap_put(struct strmap *map, struct str key, void *value);

/* The value of key, or NULL. */
void *strmap_get(const struct strmap *map, struct str key);

size_t strmap_count(const struct strmap *map);
