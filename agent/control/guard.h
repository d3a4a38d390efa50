/* The guard: a change that takes most of the routers away is more likely an accident (a wiped store, a script
 * that failed half-way) than a wish, so it is not served before an operator says so. Pure. */
#pragma once

#include "kv/snapshot.h"

struct guard_rule {
    int most_percent; /* of the routers served that one change may take away; from 100 on the guard is off */
    bool listed; /* the next tree was read anew, not changed event by event: an empty one is a store that lost
                    its keys */
    bool holding; /* a change is held already: it goes on being held however few routers there are */
};

struct guard_verdict {
    size_t routers; /* that are served */
    size_t removed; /* of those that the next tree lacks */
    bool hold;
};

/* Compares the trees that are served and that shall be. Routers are told by their names in the keys, whether
 * they are valid or not. A change that removes ten or fewer is never held, unless the rule says `listed` and
 * nothing is left, or `holding`. */
struct guard_verdict guard_judge(const struct kv_snapshot *served, const struct kv_snapshot *next,
                                 const struct guard_rule *rule);
