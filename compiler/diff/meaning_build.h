/* The parts of meaning_of_change and what they share. Internal to diff. */
#pragma once

#include "base/strmap.h"
#include "base/vec.h"
#include "diff/cover.h"
#include "diff/meaning.h"
#include "diff/settings_change.h"

struct meaning_work {
    struct arena *arena;
    const struct meaning_side *before, *after;
    const struct setting_list *old_settings, *new_settings;
    const struct cover *old_cover, *new_cover;
    VEC(struct meaning) found;
};

void meaning_add(struct meaning_work *w, enum meaning_kind kind, bool grave, struct str object,
                 struct str text);
void meaning_add_values(struct meaning_work *w, enum meaning_kind kind, struct str object, const char *what,
                        struct str before, struct str after);

/* What a type of middleware is for. */
enum middleware_role { ROLE_OTHER, ROLE_PROTECTION, ROLE_LIMIT };
enum middleware_role middleware_role_of(struct str type);

/* "a" of "a@etcd". */
struct str stored_name(struct str qualified);

/* "auth@etcd (basicAuth)" for each op of a router that has this role, joined by ", "; empty: none. */
struct str ops_in_role(struct arena *arena, const struct model_router *router,
                       const struct setting_list *settings, enum middleware_role role);

/* What happened to routers, to services and their servers, and to all other settings. */
void meaning_routers(struct meaning_work *w);
void meaning_services(struct meaning_work *w);
void meaning_settings(struct meaning_work *w);
