/* What `maitred help CODE` says of a finding beyond its one line: where it comes from, an example, what to
 * do. */
#pragma once

#include "base/diag.h"

struct finding_help {
    const char *name;    /* of the code: "unknown-key" */
    const char *more;    /* a paragraph: when it is given, what it costs */
    const char *example; /* a line that causes it */
    const char *advice;  /* what to do */
};

/* The help of a code, or NULL where nobody has written one (a test says so). */
const struct finding_help *finding_help(enum finding_code code);

/* All of it as text: meaning, what it costs, example, advice. */
void finding_explain(struct buf *out, enum finding_code code);
