/* Parts of the model as words for people. Secrets are never among them. */
#pragma once

#include "base/buf.h"
#include "route/model.h"

/* Text on one line: control bytes and what is not UTF-8 as \xHH. */
void words_put_shown(struct buf *out, struct str s);

/* A condition as a rule writes it: "!PathPrefix(`/a`)". */
void words_put_literal(struct buf *out, const struct rule_literal *literal);

/* What an op does: "strips /a, /b off the path". */
void words_put_op(struct buf *out, const struct model_op *op);
