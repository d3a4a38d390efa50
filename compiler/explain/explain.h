/* One request through a plan, told: who wins and why, who loses and why, what is done to the request, where
 * it goes. Pure. */
#pragma once

#include "explain/lookup.h"
#include "plan/plan.h"

struct explanation {
    const struct plan *plan;
    const struct model *model;
    size_t entry_point;
    struct request request;
    struct lookup lookup;
    const struct model_router *winner; /* NULL: none */
    const struct effect *before;       /* the request as its first middleware sees it */
    const struct effect *effects;      /* of its middlewares, in order, up to the first that answers */
    size_t n_effects;
};

/* Everything in the arena; `plan` is made of `model`. */
struct explanation explain_request(struct arena *arena, const struct model *model, const struct plan *plan,
                                   size_t entry_point, const struct request *request);

/* As text, in colours or plain: the request, the winner, its middlewares and service, the best losers, the
 * look-ups. */
void explain_print(struct buf *out, const struct explanation *e, bool colour);

/* The same as one JSON object on one line. */
void explain_print_json(struct buf *out, const struct explanation *e);

/* Who wins, and what upstream or client get, as one JSON object on one line, with all values of headers (they
 * may be secrets). */
void explain_print_effects(struct buf *out, const struct explanation *e);

/* Only who wins, as one JSON object on one line: {"router":"a@etcd","service":"s@etcd"} or {"router":null}.
 */
void explain_print_winner(struct buf *out, const struct explanation *e);
