/* Room for new services where no backends can be added at run time (below HAProxy 3.4): how much there is,
 * when more should be made before anybody needs it, and the plan that has it. Pure. */
#pragma once

#include "plan/plan.h"

struct room {
    size_t spare; /* backends that were declared for nobody */
    size_t free;  /* declared and unused: so many new services cost no reload. Also those of services that are
                     gone */
    size_t anew;  /* would be free on a skeleton that is written anew */
};

/* In time proportional to the number of backends. */
struct room room_of(const struct shape *shape, const struct settings *settings);

/* Whether a reload is worth its while although nobody needs it yet: less than a quarter of what it gives is
 * left. It gives that much, so it never asks for the next one by itself. */
bool room_is_short(const struct room *room);

/* The same plan on a skeleton that is written anew: every service under its own name, all spares free.
 * Nothing else differs: what the shape had it keeps. NULL where that is not to be had: backends that were
 * added at run time are in use. Points into all that the plan points into. */
struct plan *plan_with_room(struct arena *arena, const struct plan *plan);
