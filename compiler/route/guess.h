/* What somebody who mistyped a value may have meant: the "did you mean" of findings. Never used for anything
 * else. */
#pragma once

#include "base/arena.h"
#include "route/schema.h"

/* A right value of the type near to a wrong one, or empty. */
struct str guess_value(struct arena *arena, enum schema_type type, struct str text);
