/* Whether a rule holds for a request, by its definition: literal by literal. What `explain` says of losers,
 * and what tests hold the look-ups against. */
#pragma once

#include "explain/request.h"
#include "route/rule.h"

bool literal_holds(const struct rule_literal *literal, const struct request *request);

/* Whether some conjunct holds. If none does and `failed` is not NULL: the first condition that failed of the
 * conjunct that came farthest, or NULL where the rule has none. */
bool dnf_holds(const struct rule_dnf *dnf, const struct request *request, const struct rule_literal **failed);
