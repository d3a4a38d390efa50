/* Which skeleton a running HAProxy was started with. The files in the state folder do not tell: they are
 * written before a reload, which may fail, or find nobody to make it. So the configuration names itself, as
 * HAProxy's `description`, and a worker says that name. */
#pragma once

#include "emit/emit.h"
#include "haproxy/runtime.h"

/* Gives the configuration among the artifacts its name, a digest of all that only a reload can change. The
 * changed artifacts live in `arena`. */
void skeleton_brand(struct arena *arena, struct artifacts *artifacts, const struct shape *shape,
                    char name[static SKELETON_NAME + 1]);
