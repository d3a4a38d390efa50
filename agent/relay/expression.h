/* When buffering tries again: an expression as compiler/route/model_build.h (model_read_expression) writes
 * it. Pure. */
#pragma once

#include "base/str.h"

struct expression_facts {
    int64_t attempts; /* tries so far */
    int status;       /* of the last answer */
    struct str method;
};

/* Whether it is one. */
bool expression_check(struct str expression);

/* What it comes to; of one that was checked. */
bool expression_holds(struct str expression, const struct expression_facts *facts);
