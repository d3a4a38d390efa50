/* Certificates that were read before: keys are slow to read, and few change. What comes out is the same with
 * and without it. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct pem_cache;

struct pem_cache *pem_cache_create(void);
void pem_cache_destroy(struct pem_cache *cache);

/* A compile begins: what the one before last has asked for, and the last one has not, is forgotten. */
void pem_cache_turn(struct pem_cache *cache);

/* A certificate with its chain and key in one text (pem_identity) and what it is for (pem_names), both in
 * `arena`. NULL, or why there is none. `cache` may be NULL. */
const char *pem_cache_read(struct pem_cache *cache, struct arena *arena, struct str certificate,
                           struct str key, struct str *identity, const struct str **names, size_t *n_names);
