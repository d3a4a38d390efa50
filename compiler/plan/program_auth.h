/* The authentications in an agent program, and what a program needs to know of a request. Internal to plan.
 */
#pragma once

#include "plan/plan.h"

struct program_need {
    enum agent_message message; /* the greatest of MESSAGE_LEAN, _AUTH, _FULL that an op needs */
    bool patient, body;
    bool closed; /* without a verdict nobody passes */
};

/* An op needs that message, and patience or not. */
void program_needs(struct program_need *need, enum agent_message message, bool patient);

/* The letter of the message that tells all of it. */
char program_letter(const struct program_need *need);

/* Appends the JSON (agent/ops reads it) of the router's op at `at`: an authentication, or a path op in front
 * of one that reads the path. Nothing for others. */
void program_put_auth(struct buf *out, const struct model_router *router, size_t at,
                      struct program_need *need);

/* A rate limit's JSON. */
void program_put_limit(struct buf *out, const struct model_router *router, size_t at,
                       struct program_need *need);

/* A circuit breaker's JSON. */
void program_put_breaker(struct buf *out, const struct model_router *router, size_t at,
                         struct program_need *need);

/* Whether a rate limit counts by the peer's address alone. */
bool program_limits_peer(const struct model_op *op);

/* A member with a text, a comma in front. */
void program_put_text(struct buf *out, const char *name, struct str text);
void program_put_texts(struct buf *out, const char *name, const struct str *texts, size_t n);
