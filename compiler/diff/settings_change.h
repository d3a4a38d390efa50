/* Two snapshots compared setting by setting: what diff says of all that has no meaning of its own in the
 * model. Spellings do not count: letters of keys are folded, numbers lose zeros in front, the elements of a
 * list are one value. */
#pragma once

#include "base/arena.h"
#include "kv/snapshot.h"

/* One object: what stands below root/SECTION/GROUP/NAME. */
struct setting_object {
    struct str section, group, name; /* "http", "routers", "a" */
    struct str id;                   /* "http/routers/a" */
};

struct setting_change {
    struct setting_object object;
    struct str setting; /* "ratelimit/average" */
    struct str before,
        after; /* what may be shown: no secrets, no values of headers; p == NULL: absent on that side */
};

struct setting_changes {
    const struct setting_change *p; /* by object and setting */
    size_t n;
};

/* A snapshot's settings, sorted; in `arena`, pointing into the snapshot. */
struct setting_list;
const struct setting_list *settings_of(struct arena *arena, const struct kv_snapshot *snapshot);

/* Every setting that differs. */
struct setting_changes settings_compare(struct arena *arena, const struct setting_list *before,
                                        const struct setting_list *after);

/* Whether there is an object of that stored name (without provider) in a group of http ("routers"). */
bool settings_have(const struct setting_list *list, const char *group, struct str name);

/* The type of a middleware as Traefik writes it ("basicAuth"), by its stored name; empty where there is none.
 */
struct str settings_middleware_type(const struct setting_list *list, struct str name);

/* The value of one setting of an object ("middlewares": the list joined by commas), or p == NULL. `setting`
 * in lower case. */
struct str settings_value(const struct setting_list *list, const char *group, struct str name,
                          const char *setting);
