/* Which of the things given count, each setting once. */
#pragma once

#include "base/strmap.h"
#include "route/setting_source.h"

struct choice {
    struct given given;       /* the last that counts */
    VEC(struct str) elements; /* lists: all of one source together */
    bool off;                 /* a switch above it, or itself, is off */
};

struct choices {
    struct choice **p; /* in the order given */
    size_t n, cap;
    struct strmap *by_id;
};

/* Findings: UNKNOWN_SETTING, BAD_SETTING for names that are no settings but have some below them,
 * IGNORED_SETTING for sources that are not read. Everything lives in the arena but what choices_fini
 * releases. */
struct choices choices_of(struct arena *arena, const struct givens *givens, bool has_file, struct diag *diag);
void choices_fini(struct choices *choices);

/* The choice for a full name such as "api.basepath" if it is given and not off, or NULL. */
const struct choice *choices_get(const struct choices *choices, const char *id);
/* What to call that setting in a finding: as the user did, or as a flag. */
struct str choices_label(const struct choices *choices, struct arena *arena, const char *id);
/* The same for the address of an entry point. */
struct str entry_point_label(struct arena *arena, const struct choices *choices, struct str name);
