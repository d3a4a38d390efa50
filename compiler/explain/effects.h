/* What each middleware of the winner does to the request. */
#pragma once

#include "explain/explain.h"
#include "plan/apply.h"

struct effect {
    struct str path, query, host;      /* as the next one sees them */
    int status;                        /* not 0: it answers, and the ones behind it never run */
    struct str location;               /* of that answer; or empty */
    struct model_headers_list headers; /* of the request, as the next one sees them, without Host */
    const struct apply_answer *answer; /* where it answers; NULL: it does not */
    struct model_headers_list
        answers;     /* what answers from behind it carry so far; an empty value: one that they lose */
    struct str vary; /* what is put behind their Vary */
};

/* The request as the first middleware sees it. */
struct effect effect_before(struct arena *arena, const struct explanation *e);

/* Appends what headers `after` has other than `before`, as words: "; sets X-A, takes X-B away". Values may be
 * secrets, so only those are told that say what was done to a path. */
void effect_put_headers(struct buf *out, const struct effect *before, const struct effect *after);

/* Appends what upstream or client get in the end, as members of a JSON object, with all values. */
void effect_put_json(struct buf *out, const struct effect *last);

/* One for each op up to the first that answers; *n how many. In the arena. */
const struct effect *effects_of(struct arena *arena, const struct explanation *e, size_t *n);
