#include "spop/refusal.h"

#include <inttypes.h>
#include <stdio.h>

#include "ops/op.h"

enum { A_SECOND = 10 };

void refusal_tell(struct refusals *r, struct log *log, const struct decision *d)
{
    const struct verdict *v = d->verdict;
    char address[ADDRESS_TEXT], more[64] = "";
    int64_t second = d->now_ns / 1000000000;
    if (second != r->second) {
        r->second = second;
        r->told = 0;
    }
    if (!log || r->told == A_SECOND) {
        r->untold++;
        return;
    }
    if (r->untold)
        snprintf(more, sizeof more, "; %" PRIu64 " more were refused before", r->untold);
    r->told++;
    r->untold = 0;
    log_line(log, LOG_LINE_INFO, "agent", "refused with %d by %s: %s; client %.*s, program %.*s%s", v->status,
             v->op, v->why ? v->why : "it says so", STR_ARG(address_text(&d->request.source, address)),
             STR_ARG(d->program->id), more);
}
