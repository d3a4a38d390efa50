/* Paths as Traefik treats them before routing (reference/traefik-routing.md 3.4 and 4.1). */
#pragma once

#include "base/arena.h"
#include "base/str.h"

/* Whether every '%' has two hexadecimal digits behind it. */
bool path_is_encoded(struct str path);

/* With all codes decoded. */
struct str path_decode(struct arena *arena, struct str path);

/* As the upstream gets it: codes of unreserved characters decoded, the others in capitals; wholly encoded
 * anew where it holds what a URL should not; without empty and dot segments. */
struct str path_normal(struct arena *arena, struct str path);

/* The same with its empty and dot segments. */
struct str path_encoded(struct arena *arena, struct str path);

/* What rules see of a normal path: codes decoded but those of reserved characters; as in keys, blanks and
 * control bytes are #XX. */
struct str path_routing(struct arena *arena, struct str normal, bool key);
