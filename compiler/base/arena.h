/* Memory of one stage: allocate freely, release all at once. Running out of memory ends the process. */
#pragma once

#include <stdalign.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

/* A new, empty arena. Owned by the caller. */
struct arena *arena_create(void);

/* Releases everything that was allocated from it. NULL is allowed. */
void arena_destroy(struct arena *arena);

/* Zeroed memory that lives as long as the arena. `align` is a power of two, at most alignof(max_align_t). */
void *arena_alloc(struct arena *arena, size_t size, size_t align);

/* A copy of s in the arena, with a NUL behind it that does not count. */
struct str arena_copy(struct arena *arena, struct str s);

/* A formatted string in the arena. */
struct str arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Bytes taken from the system so far. */
size_t arena_size(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type), alignof(type)))
/* n zeroed elements; n * sizeof(type) must not overflow, which the callee checks by ending the process. */
#define ARENA_ARRAY(arena, type, n) ((type *)arena_alloc_array((arena), (n), sizeof(type), alignof(type)))
void *arena_alloc_array(struct arena *arena, size_t n, size_t size, size_t align);

/* malloc and realloc that end the process where there is no memory. Release with free(). */
void *xmalloc(size_t size);
void *xrealloc(void *old, size_t size);
