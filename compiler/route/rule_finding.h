/* Findings that mark a part of a rule. Internal to route. */
#pragma once

#include "base/diag.h"

/* A finding with the rule as its text and the marker set; of a very long rule only the surroundings of the
 * marker are shown. Points into `text`. */
struct finding rule_finding(enum finding_code code, struct str key, struct str text, size_t at,
                            size_t length);
