#include "ops/decide.h"

#include "ops/op.h"
#include "ops/verdict.h"
#include "sys/clock.h"
#include "sys/log.h"

struct decision decision_begin(const struct program *program, const struct request *request,
                               const struct tools *tools, int64_t now_ns, struct verdict *verdict)
{
    verdict_reset(verdict);
    return (struct decision){
        .program = program, .tools = tools, .request = *request, .verdict = verdict, .now_ns = now_ns
    };
}

void decision_end(struct decision *d)
{
    buf_fini(&d->headers);
    buf_fini(&d->url);
}

/* The next op sees the headers as those before it have left them. */
static void next_op(struct decision *d)
{
    d->at++;
    if (d->n_applied < d->verdict->request.n && d->at < d->program->n_ops)
        request_apply(d);
}

bool decision_run(struct decision *d)
{
    while (d->at < d->program->n_ops) {
        const struct op *op = &d->program->ops[d->at];
        switch (op->type->run(op, d)) {
        case OP_PASS:
            break;
        case OP_REFUSE:
            return true;
        case OP_WAIT:
            return false;
        }
        next_op(d);
    }
    return true;
}

void decision_wait(struct waiting *waiting)
{
    const struct op *op = &waiting->decision.program->ops[waiting->decision.at];
    op->type->start(op, waiting);
}

void waiting_end(struct waiting *waiting, bool passed)
{
    if (passed)
        next_op(&waiting->decision);
    waiting->done(waiting, passed);
}

/* A password of a URL may hold any byte, and a query may hold secrets: what stands before the last '@', and
 * from the '?' behind it on, is not shown. */
static struct str shown(struct str about)
{
    size_t start = about.n;
    while (start > 0 && about.p[start - 1] != '@')
        start--;
    about = str_from(about, start);
    return str_head(str_head(about, str_find(about, '?')), 200);
}

void decision_warn(const struct decision *d, const char *op, struct str about, const char *why)
{
    const int64_t second = 1000000000;
    int64_t now_ns = clock_monotonic_ns();
    if (!d->tools->log || now_ns - *d->tools->warned_ns < second)
        return;
    *d->tools->warned_ns = now_ns;
    about = shown(about);
    log_line(d->tools->log, LOG_LINE_WARN, "agent", "%s: %.*s: %s (at most one such line a second)", op,
             STR_ARG(about), why);
}
