/* Answers that have to wait: a bounded heap by the time they are due. */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct delayed;

struct delays {
    struct delayed *heap;
    size_t n, cap, limit;
};

/* Room for at most `limit` answers. */
void delays_init(struct delays *delays, size_t limit);
/* Forgets all that wait. */
void delays_fini(struct delays *delays);

/* Keeps a copy of the answer for `owner` until due_ns; false: it is full. */
bool delays_push(struct delays *delays, int64_t due_ns, void *owner, struct str answer);

/* When the first one is due; INT64_MAX: none waits. */
int64_t delays_next(const struct delays *delays);

/* Takes the first one out, if it is due: its owner, and the answer to be released with free(). false: none
 * is. */
bool delays_pop(struct delays *delays, int64_t now_ns, void **owner, char **answer, size_t *n);
