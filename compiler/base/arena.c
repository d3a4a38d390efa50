#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Blocks double up to this size: few mallocs for large trees, little waste for small ones. */
enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct block *head;
    size_t next_size, total;
};

static void out_of_memory(void)
{
    fputs("maitred: out of memory\n", stderr);
    abort();
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *xrealloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

struct arena *arena_create(void)
{
    struct arena *arena = xmalloc(sizeof *arena);
    *arena = (struct arena){ .next_size = FIRST_BLOCK };
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *b = arena->head; b;) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
    free(arena);
}

static struct block *block_add(struct arena *arena, size_t need)
{
    size_t size = arena->next_size > need ? arena->next_size : need;
    struct block *b = xmalloc(sizeof *b + size);
    *b = (struct block){ .size = size };
    arena->total += sizeof *b + size;
    if (arena->next_size < LARGEST_BLOCK)
        arena->next_size *= 2;
    /* An oversized block goes behind the head, so that the rest of the head stays in use. */
    if (arena->head && need > arena->next_size / 2) {
        b->next = arena->head->next;
        arena->head->next = b;
    } else {
        b->next = arena->head;
        arena->head = b;
    }
    return b;
}

void *arena_alloc(struct arena *arena, size_t size, size_t align)
{
    struct block *b = arena->head;
    size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;
    if (!b || at > b->size || size > b->size - at) {
        if (size > SIZE_MAX / 4)
            out_of_memory();
        b = block_add(arena, size);
        at = 0;
    }
    b->used = at + size;
    return memset(b->bytes + at, 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t n, size_t size, size_t align)
{
    if (size && n > SIZE_MAX / 4 / size)
        out_of_memory();
    return arena_alloc(arena, n * size, align);
}

struct str arena_copy(struct arena *arena, struct str s)
{
    char *p = arena_alloc(arena, s.n + 1, 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct str){ p, s.n };
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = n > 0 ? (size_t)n : 0;
    char *p = arena_alloc(arena, size + 1, 1);
    vsnprintf(p, size + 1, format, again);
    va_end(again);
    return (struct str){ p, size };
}

size_t arena_size(const struct arena *arena)
{
    return arena->total;
}
