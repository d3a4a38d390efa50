/* The matchers of rules: what each takes, and what its arguments mean. Internal to route; names are in
 * rule.h. Source of all: reference of Traefik, "v3 matchers" and "v2 matchers". */
#pragma once

#include "route/rule.h"

struct matcher_row {
    struct str name;   /* as documented; NUL-terminated. Empty: no call of v3 has it */
    const char *usage; /* an example of a right call */
    size_t min_args, max_args;
};

const struct matcher_row *matcher_row(enum matcher matcher);

/* Whether a call's name is one of the four spellings of a documented one. */
bool matcher_is_spelling(struct str name, struct str documented);

/* A name that v3 lacks: where it does exist, as a sentence's end ("is a matcher of TCP routers"); NULL for
 * names that are none anywhere. */
const char *matcher_elsewhere(struct str name);

/* Which requests a valid call can match. */
enum matcher_reach { REACH_SOME, REACH_ALL, REACH_NONE };

/* What a call means, or what is wrong with its arguments. */
struct meaning {
    const char *fault;        /* NULL: nothing is wrong */
    const char *expected;     /* of a fault; may be NULL: the usage then */
    struct regex_fault regex; /* message != NULL: the fault is in the pattern `pattern` */
    struct str pattern;
    enum matcher_reach reach;
    const char *why;             /* REACH_NONE: for what reason; else, if not NULL, what is odd about it */
    struct rule_literal literal; /* REACH_SOME */
};

/* The meaning of matcher(args…) in v3; their number is right and none is empty. In `arena`, pointing nowhere
 * else. */
struct meaning meaning_of(struct arena *arena, enum matcher matcher, const struct str *args, size_t n_args);

/* Host(host); with `wildcards` as in v3. */
struct meaning meaning_of_host(struct arena *arena, struct str host, bool wildcards);

/* An address or network in CIDR notation, in its one form; p == NULL where it is none. */
struct str address_canonical(struct arena *arena, struct str s);

/* A literal with copies of the arguments. */
struct rule_literal literal_of(struct arena *arena, enum matcher matcher, const struct str *args,
                               size_t n_args);

/* A literal whose last argument is a pattern; a fault where that is wrong. */
struct meaning meaning_of_regexp(struct arena *arena, enum matcher matcher, const struct str *args,
                                 size_t n_args);

/* A call of v2 as a tree of meanings. */
struct v2_call {
    const struct meaning *meanings;
    size_t n;
    bool all;          /* of which all must hold; else one */
    const char *fault; /* NULL: nothing is wrong with the call as a whole */
    const char *expected;
    bool unsupported;    /* the fault is ours: Traefik takes it */
    const char *differs; /* not NULL: how it differs from Traefik */
};

/* The names of v2's matchers; NULL behind the last. */
const char *v2_name(size_t i);

/* What the call of a v2 matcher (an index for v2_name) means; args is not empty, nor one of them. */
struct v2_call v2_meaning(struct arena *arena, size_t matcher, const struct str *args, size_t n_args);
