/* Since when each finding stands. */
#pragma once

#include "base/diag.h"

struct since;

struct since *since_create(void);
/* NULL is allowed. */
void since_destroy(struct since *since);

/* These are the findings from now on; those that were there before keep their time. `now`: seconds since
 * 1970. */
void since_update(struct since *since, const struct diag *diag, double now);

/* Of a finding of the last update; 0 for others. */
double since_of(const struct since *since, const struct finding *finding);
