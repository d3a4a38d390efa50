#include "route/pem_cache.h"

#include <stdlib.h>

#include "base/strmap.h"
#include "route/pem.h"

struct entry {
    const char *fault; /* a constant */
    struct str identity;
    const struct str *names;
    size_t n_names;
};

/* What one compile has asked for. */
struct round {
    struct arena *arena;
    struct strmap *entries; /* by certificate, NUL, key */
};

struct pem_cache {
    struct round now, before;
};

static struct round round_make(void)
{
    struct arena *arena = arena_create();
    return (struct round){ arena, strmap_create(arena, 64) };
}

struct pem_cache *pem_cache_create(void)
{
    struct pem_cache *cache = xmalloc(sizeof *cache);
    *cache = (struct pem_cache){ round_make(), round_make() };
    return cache;
}

void pem_cache_destroy(struct pem_cache *cache)
{
    if (!cache)
        return;
    arena_destroy(cache->now.arena);
    arena_destroy(cache->before.arena);
    free(cache);
}

void pem_cache_turn(struct pem_cache *cache)
{
    arena_destroy(cache->before.arena);
    cache->before = cache->now;
    cache->now = round_make();
}

static struct entry copy_of(struct arena *arena, const struct entry *from)
{
    struct entry to = { .fault = from->fault, .n_names = from->n_names };
    struct str *names = ARENA_ARRAY(arena, struct str, from->n_names);
    for (size_t i = 0; i < from->n_names; i++)
        names[i] = arena_copy(arena, from->names[i]);
    to.names = names;
    to.identity = arena_copy(arena, from->identity);
    return to;
}

static struct entry read_entry(struct arena *arena, struct str certificate, struct str key)
{
    struct entry entry = { 0 };
    entry.fault = pem_identity(arena, certificate, key, &entry.identity);
    if (!entry.fault)
        entry.names = pem_names(arena, entry.identity, &entry.n_names);
    return entry;
}

static const struct entry *look_up(struct pem_cache *cache, struct str certificate, struct str key)
{
    struct round *now = &cache->now;
    struct str both = arena_printf(now->arena, "%.*s%c%.*s", STR_ARG(certificate), '\0', STR_ARG(key));
    struct entry *known = strmap_get(now->entries, both);
    if (known)
        return known;
    struct entry *fresh = ARENA_NEW(now->arena, struct entry);
    const struct entry *old = strmap_get(cache->before.entries, both);
    *fresh = old ? copy_of(now->arena, old) : read_entry(now->arena, certificate, key);
    strmap_put(now->entries, both, fresh);
    return fresh;
}

const char *pem_cache_read(struct pem_cache *cache, struct arena *arena, struct str certificate,
                           struct str key, struct str *identity, const struct str **names, size_t *n_names)
{
    struct entry entry =
        cache ? copy_of(arena, look_up(cache, certificate, key)) : read_entry(arena, certificate, key);
    *identity = entry.identity;
    *names = entry.names;
    *n_names = entry.n_names;
    return entry.fault;
}
