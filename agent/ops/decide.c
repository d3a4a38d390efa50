#include "ops/decide.h"

#include "ops/op.h"
#include "ops/verdict.h"

void program_run(const struct program *program, const struct request *request, struct limiter *limiter,
                 int64_t now_ns, struct verdict *out)
{
    verdict_init(out);
    for (size_t i = 0; i < program->n_ops; i++) {
        const struct op *op = &program->ops[i];
        /* What one op delays arrives that much later at the next. */
        if (!op->type->run(op, request, limiter, now_ns + out->delay_ns, out))
            return;
    }
}
