/* Which object a key belongs to. Internal to delta. */
#pragma once

#include "route/model.h"

enum object_sort { SORT_ROUTER, SORT_SERVICE, SORT_MIDDLEWARE, SORT_TRANSPORT, SORT_OTHER };

/* Of "traefik/http/routers/a/rule" the sort and "traefik/http/routers/a". Only the plainest spelling is told;
 * anything else is SORT_OTHER, keys of other sections among them. *odd: it may still mean an object of those
 * sorts. */
enum object_sort object_of(struct str root, struct str key, struct str *prefix, bool *odd);

/* Whether an object of that name has the plainest spelling. */
bool object_name_is_plain(struct str name);

/* Texts one behind the other, whatever bytes they have; ended by one with p == NULL. In the arena. */
struct str object_join(struct arena *arena, const struct str *parts);
#define JOIN(arena, ...) object_join(arena, (const struct str[]){ __VA_ARGS__, { NULL, 0 } })

/* One number for what a reference means. Two that are equal by chance cost time, no correctness. */
uint64_t object_target(enum object_kind kind, struct str name, struct str provider);
