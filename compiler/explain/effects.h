/* What each middleware of the winner does to the request. */
#pragma once

#include "explain/explain.h"

struct effect {
    struct str path, query, host; /* as the next one sees them */
    int status;                   /* not 0: it answers, and the ones behind it never run */
    struct str location;          /* of that answer; or empty */
};

/* One for each op up to the first that answers; *n how many. In the arena. */
const struct effect *effects_of(struct arena *arena, const struct explanation *e, size_t *n);
