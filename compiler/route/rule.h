/* Rules: text to syntax tree. The grammar is Go's expression grammar cut down to calls, ! && || and
 * parentheses (reference/traefik-routing.md 3.1). */
#pragma once

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

enum rule_op { RULE_CALL, RULE_NOT, RULE_AND, RULE_OR };

struct rule_node {
    enum rule_op op;
    const struct rule_node *left, *right; /* RULE_NOT: left only, never another RULE_NOT */
    struct str name;                      /* RULE_CALL: as written */
    const struct str *args;               /* decoded */
    size_t n_args;
    size_t at, length; /* where it stands in the text, bytes */
};

/* Limits against hostile input: of the text, of ! and parentheses within each other, of the tree. */
enum { RULE_MAX_BYTES = 1 << 16, RULE_MAX_DEPTH = 200, RULE_MAX_NODES = 20000 };

/* Parses `text`. NULL with a RULE_SYNTAX finding (key, text, marker, what was expected) where it is no rule,
 * with RULE_TOO_LARGE beyond the limits. Chains of one operator become balanced trees, so a recursion over
 * the tree goes RULE_MAX_DEPTH times their logarithm deep at most. Points into `text`. */
const struct rule_node *rule_parse(struct arena *arena, struct str text, struct str key, struct diag *diag);

enum matcher {
    MATCHER_HOST,
    MATCHER_HOST_REGEXP,
    MATCHER_PATH,
    MATCHER_PATH_PREFIX,
    MATCHER_PATH_REGEXP,
    MATCHER_METHOD,
    MATCHER_HEADER,
    MATCHER_HEADER_REGEXP,
    MATCHER_QUERY,
    MATCHER_QUERY_REGEXP,
    MATCHER_CLIENT_IP,
    MATCHER_COUNT
};

/* The matcher of a call's name in one of the four spellings that v3 takes (3.1), or MATCHER_COUNT. */
enum matcher matcher_by_name(struct str name);
const char *matcher_name(enum matcher matcher);

/* Checks every call: known matcher, number and form of arguments (3.2, 3.3). false with RULE_MATCHER findings
 * that mark the call. Matchers that are valid but not compiled yet give NOT_SUPPORTED, calls that can never
 * match a RULE_NEVER warning, which is no reason for false. */
bool rule_check(const struct rule_node *rule, struct str text, struct str key, struct diag *diag);

/* One conjunct of the disjunctive normal form: literals that must all hold. */
struct rule_literal {
    enum matcher matcher;
    bool negated;
    const struct str *args;
    size_t n_args;
};

struct rule_conjunct {
    const struct rule_literal *literals;
    size_t n;
};

struct rule_dnf {
    const struct rule_conjunct *conjuncts;
    size_t n;
};

/* Both counted before anything is simplified. */
enum { RULE_MAX_CONJUNCTS = 4096, RULE_MAX_LITERALS = 1 << 16 };

/* What a rule multiplies out to, at most SIZE_MAX / 2 each; `calls` as written. */
struct rule_size {
    size_t conjuncts, literals, calls;
};

struct rule_size rule_measure(const struct rule_node *rule);

/* The disjunctive normal form of a rule whose matchers and arguments are right. false with RULE_TOO_LARGE
 * beyond the limits. Simplified: hosts are lower case without a final dot; literals that always hold are left
 * out (a conjunct without literals matches every request), conjuncts that never hold too (none at all: the
 * rule matches nothing, with a RULE_NEVER warning unless rule_check gave one). A conjunct has at most one
 * positive exact host and one positive path or prefix. Shorter conjuncts come first. `out` lies in `arena`
 * and points nowhere else. */
bool rule_normalise(struct arena *arena, const struct rule_node *rule, struct str text, struct str key,
                    struct rule_dnf *out, struct diag *diag);
