/* The matchers of rules: what each takes, and what its arguments mean. Internal to route; names are in
 * rule.h. Source of all rows: reference of Traefik v3, "v3 matchers". */
#pragma once

#include "route/rule.h"

struct matcher_row {
    struct str name;   /* as documented; NUL-terminated */
    const char *usage; /* an example of a right call */
    size_t min_args, max_args;
    bool compiled; /* false: valid, but no stage behind this one knows it yet */
};

const struct matcher_row *matcher_row(enum matcher matcher);

/* A name that this syntax lacks: where it does exist, as a sentence's end ("is a matcher of TCP routers");
 * NULL for names that are none anywhere. */
const char *matcher_elsewhere(struct str name);

/* What is wrong with the arguments (their number is right, none is empty), or NULL. */
const char *matcher_args_fault(enum matcher matcher, const struct str *args);

/* Which requests a valid call can match. */
enum matcher_reach {
    REACH_SOME,
    REACH_ALL,      /* Host(`*`) */
    REACH_NONE,     /* for a reason that *why tells */
    REACH_WILDCARD, /* Host(`*.x`): some, but not compiled yet */
};

enum matcher_reach matcher_reach(enum matcher matcher, const struct str *args, const char **why);

/* An argument in the one form that all equal ones share, in `arena`: hosts lower case and without a final
 * dot, methods upper case. */
struct str matcher_canonical_arg(struct arena *arena, enum matcher matcher, struct str arg);
