/* ip.map: for an address all ranges of the rules that hold it, so that what a rule asks of it depends on no other rule.
 * Internal to plan. */
#pragma once

#include "plan/match.h"

/* One entry for each range: "10.1.0.0/16" → ",10.0.0.0/8,10.1.0.0/16,". `texts`: canonical ranges (address and bits), in any
 * order, repeated or not. */
struct plan_map ranges_build(struct arena *arena, const struct str *texts, size_t n_texts);
