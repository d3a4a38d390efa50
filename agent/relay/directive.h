/* What the relay is told to do with a request: the text that HAProxy sends along in a header
 * (compiler/plan/relay.h writes it, or templates/services.lua). Pure. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

enum directive_kind { DIRECTIVE_MIRROR, DIRECTIVE_FAILOVER };

struct status_range {
    int from, to;
};

struct status_list {
    const struct status_range *p;
    size_t n;
};

struct directive {
    enum directive_kind kind;
    int64_t max_body; /* bytes of the request's body; < 0: no limit */
    union {
        struct {
            bool with_body;
            const struct str *targets; /* who gets a copy, in this order */
            size_t n_targets;
        } mirror;
        struct {
            struct status_list statuses; /* answers that are not good enough */
            struct str target;           /* who is asked then */
        } failover;
    };
};

struct directives {
    const struct directive *p; /* from the outside in */
    size_t n;
};

/* `text` is ops, each ended by ';', of a name and arguments that are parted by '?' and quoted by quote_field:
 *     mirror?BODY?MAX?TARGET?…     BODY 1 or 0; MAX bytes or -1
 *     failover?MAX?STATUSES?TARGET   STATUSES "500-599,404"
 * TARGET is "}name" (compiler/plan/choice.h). false: it is no such text. */
bool directives_read(struct arena *arena, struct str text, struct directives *out);

bool status_list_has(const struct status_list *list, int status);
