/* Which router takes another's requests: the question of shadowing. Answered from the rules alone, so it does
 * not depend on how they are matched: a conjunct is covered where another router of higher rank has one whose
 * every condition follows from its own. What is said is true; that several routers together cover one is not
 * seen. */
#pragma once

#include "route/model.h"

struct cover;

/* An index of all routers of a model; both must outlive it. */
struct cover *cover_build(struct arena *arena, const struct model *model);

/* The router that takes every request of `router`, which is one of the model; the best of them, where it
 * takes several, one for each conjunct and entry point. NULL where some requests are its own. */
const struct model_router *cover_shadow(const struct cover *cover, const struct model_router *router);

/* For a router of an older model that is gone: the best router of this one that takes over at least one whole
 * conjunct of it. NULL: none. */
const struct model_router *cover_heir(const struct cover *cover, const struct model_router *router);
