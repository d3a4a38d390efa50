/* TLS towards clients: what the skeleton must have for it, and the data in it. Internal to plan.
 *
 * A TLS entry point is a TCP frontend that looks at the first bytes and hands over to an HTTP frontend, clear
 * or TLS. The latter has several *doors*: binds that differ in what a line of a crt-list cannot say (curves,
 * tickets, certificates of strangers). Door 0 is for the default options and for names that nobody knows.
 * Which door a name goes to stands in routes.map (plan.h). */
#pragma once

#include "base/strmap.h"
#include "plan/plan.h"

/* What the shape must have. */
struct tls_need {
    const struct str *entry_points; /* names of those with TLS, in the order of the settings */
    size_t n_entry_points;
    const struct str *doors; /* their words */
    size_t n_doors;
};

struct tls_need tls_need_of(struct arena *arena, const struct model *model);

/* Whether `shape` has all of it; else *reason. */
bool tls_fits(const struct shape *shape, const struct tls_need *need, struct str *reason);

/* The shape's part: what is needed and what old has (NULL: nothing). */
void tls_grow(struct arena *arena, const struct shape *old, const struct tls_need *need, struct shape *out);

/* Copies the part to another arena. */
void tls_copy(struct arena *arena, const struct shape *from, struct shape *to);

/* The words of a set's door; of the lines in it. */
struct str tls_door_words(struct arena *arena, const struct model_tls_options *options,
                          const struct model_tls_options *fallback);
struct str tls_line_words(struct arena *arena, const struct model_tls_options *options);

/* Fills plan->lists; *entries get what routes.map says of names. */
void tls_fill(struct arena *arena, const struct model *model, struct plan *plan,
              const struct plan_entry **entries, size_t *n_entries);
