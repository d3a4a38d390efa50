#include "explain/effects.h"

#include "plan/apply.h"

static struct apply_request first_request(struct arena *arena, const struct explanation *e)
{
    const struct request *r = &e->request;
    struct model_header *headers = ARENA_ARRAY(arena, struct model_header, r->n_headers);
    for (size_t i = 0; i < r->n_headers; i++)
        headers[i] = (struct model_header){ r->headers[i].name, r->headers[i].value };
    return (struct apply_request){
        .method = r->method,
        .host = r->authority,
        .path = r->sent,
        .query = r->query.p ? arena_printf(arena, "?%.*s", STR_ARG(r->query)) : (struct str){ 0 },
        .peer = r->client,
        .headers = headers,
        .n_headers = r->n_headers,
    };
}

static struct effect effect_now(struct apply *apply)
{
    struct apply_request now = apply_request_now(apply);
    struct effect effect = { .path = now.path, .query = now.query, .host = now.host };
    const struct apply_answer *answer = apply_answer(apply);
    effect.status = answer ? answer->status : 0;
    for (size_t i = 0; effect.status && i < answer->headers.n; i++)
        if (str_eq_nocase(answer->headers.p[i].name, STR("location")))
            effect.location = answer->headers.p[i].value;
    return effect;
}

const struct effect *effects_of(struct arena *arena, const struct explanation *e, size_t *n)
{
    *n = 0;
    if (!e->winner)
        return NULL;
    struct effect *effects = ARENA_ARRAY(arena, struct effect, e->winner->n_ops);
    struct apply_request request = first_request(arena, e);
    struct apply *apply = apply_begin(arena, &request);
    for (bool goes_on = true; goes_on && *n < e->winner->n_ops;) {
        goes_on = apply_op(apply, e->winner, *n);
        effects[(*n)++] = effect_now(apply);
    }
    apply_end(apply);
    return effects;
}
