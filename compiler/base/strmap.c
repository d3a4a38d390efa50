#include "base/strmap.h"

#include <assert.h>

#include "base/hash.h"

struct slot {
    struct str key;
    uint64_t hash;
    void *value; /* NULL: free */
};

struct strmap {
    struct arena *arena;
    struct slot *slots;
    size_t size, count; /* size is a power of two */
};

struct strmap *strmap_create(struct arena *arena, size_t expected)
{
    struct strmap *map = ARENA_NEW(arena, struct strmap);
    size_t size = 16;
    while (size < expected * 2)
        size *= 2;
    *map = (struct strmap){ .arena = arena, .slots = ARENA_ARRAY(arena, struct slot, size), .size = size };
    return map;
}

static struct slot *find(struct slot *slots, size_t size, uint64_t hash, struct str key)
{
    size_t i = hash & (size - 1);
    while (slots[i].value && (slots[i].hash != hash || !str_eq(slots[i].key, key)))
        i = (i + 1) & (size - 1);
    return &slots[i];
}

static void grow(struct strmap *map)
{
    size_t size = map->size * 2;
    struct slot *slots = ARENA_ARRAY(map->arena, struct slot, size);
    for (size_t i = 0; i < map->size; i++)
        if (map->slots[i].value)
            *find(slots, size, map->slots[i].hash, map->slots[i].key) = map->slots[i];
    map->slots = slots;
    map->size = size;
}

void *strmap_put(struct strmap *map, struct str key, void *value)
{
    assert(value);
    if (map->count * 4 >= map->size * 3)
        grow(map);
    uint64_t hash = hash_bytes(key);
    struct slot *slot = find(map->slots, map->size, hash, key);
    void *old = slot->value;
    map->count += old == NULL;
    *slot = (struct slot){ .key = old ? slot->key : key, .hash = hash, .value = value };
    return old;
}

void *strmap_get(const struct strmap *map, struct str key)
{
    return find(map->slots, map->size, hash_bytes(key), key)->value;
}

size_t strmap_count(const struct strmap *map)
{
    return map->count;
}
