#include "plan/clause.h"

#include <stdlib.h>

void clause_list_fini(struct clause_list *list)
{
    vec_fini(&list->clauses);
}

static int clause_compare(const void *a, const void *b)
{
    const struct clause *x = a, *y = b;
    int c = str_cmp(x->key, y->key);
    if (c == 0 && x->router != y->router)
        c = x->router < y->router ? -1 : 1;
    if (c == 0)
        c = str_cmp(x->label, y->label);
    if (c == 0)
        c = str_cmp(x->pattern.head, y->pattern.head);
    return c ? c : str_cmp(x->pattern.tail, y->pattern.tail);
}

static void sort(struct clause_list *list)
{
    if (list->clauses.n)
        qsort(list->clauses.p, list->clauses.n, sizeof *list->clauses.p, clause_compare);
}

/* What a widest place and all inside it come to. */
struct region {
    size_t own, repeated; /* clauses, and with repetitions */
};

static void move_to(struct clause *clause, struct str key)
{
    if (!str_eq(clause->key, key))
        clause->path = clause->scope_path;
    clause->key = key;
}

void clause_list_settle(struct clause_list *list, struct arena *arena, const struct place_list *places)
{
    enum { REPEATED_MAX = 8, REPEATED_ALWAYS = 64 }; /* per clause; and at least */
    size_t n = places->places.n, next = 0;
    size_t *tried = ARENA_ARRAY(arena, size_t, n), *widest = ARENA_ARRAY(arena, size_t, n);
    struct region *regions = ARENA_ARRAY(arena, struct region, n);
    bool moved = false;
    sort(list);
    for (size_t i = 0; i < n; i++) {
        const struct place *place = &places->places.p[i];
        size_t own = 0, parent = place->parent;
        for (; next < list->clauses.n && str_eq(list->clauses.p[next].key, place->key); next++)
            own++;
        widest[i] = parent == NOBODY ? i : widest[parent];
        tried[i] = own + (parent == NOBODY ? 0 : tried[parent]);
        regions[widest[i]].own += own;
        regions[widest[i]].repeated += own ? tried[i] : 0;
    }
    next = 0;
    for (size_t i = 0; i < n; i++) {
        const struct region *region = &regions[widest[i]];
        bool moves = region->repeated > region->own * REPEATED_MAX + REPEATED_ALWAYS;
        struct str key = places->places.p[i].key;
        for (; next < list->clauses.n && str_eq(list->clauses.p[next].key, key); next++) {
            if (moves)
                move_to(&list->clauses.p[next], places->places.p[widest[i]].key);
            moved = moved || moves;
        }
    }
    if (moved)
        sort(list);
}
