/* One conjunct of a rule as what it is looked up by: a scope (host and path), a label, and what remains for a
 * regular expression. Internal to plan. */
#pragma once

#include "base/vec.h"
#include "route/rule.h"

enum host_kind {
    HOST_ANY,
    HOST_EXACT,
    HOST_WILD,   /* one label and then `host` */
    HOST_SUFFIX, /* ends in the two or three labels `host`: known of a regular expression */
    HOST_PREFIX  /* begins with `host`: likewise; its paths are not part of the key */
};

enum conjunct_class {
    CLASS_PLAIN,  /* nothing remains */
    CLASS_METHOD, /* label: the method; nothing remains */
    CLASS_LABEL,  /* label: a header or query parameter that the request must have */
    CLASS_SHORT,  /* what remains needs the host, method, path and address only */
    CLASS_FULL    /* what remains needs headers or the query, and may be true without any */
};

/* What makes the class CLASS_LABEL. */
enum label_kind { LABEL_HEADER, LABEL_QUERY };

/* The paths of a scope: one exact path, or all below a prefix. */
struct span {
    struct str path;
    bool exact;
};

struct conjunct {
    enum host_kind host_kind;
    struct str host; /* HOST_EXACT, HOST_WILD: without dots at its end … */
    size_t dots;     /* … of which the rule has so many */
    struct span span;
    enum conjunct_class class;
    enum label_kind label_kind;
    struct str label;                      /* as it stands in keys: "GET", "x-a=1", "x-a:", "?k=v", "?k:" */
    VEC(const struct rule_literal *) rest; /* must hold too */
};

/* Whether the keys of all conjuncts of a rule decide alone: CLASS_PLAIN and CLASS_METHOD. */
bool dnf_is_decided(const struct rule_dnf *dnf);

/* Reads a conjunct; everything but `rest` lies in the arena or the rule. */
void conjunct_init(struct conjunct *out, struct arena *arena, const struct rule_conjunct *source);
void conjunct_fini(struct conjunct *c);
