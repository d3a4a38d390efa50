/* Rules: text to syntax tree. The grammar is Go's expression grammar cut down to calls, ! && || and
 * parentheses (reference/traefik-routing.md 3.1). */
#pragma once

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "route/regex.h"

enum rule_op { RULE_CALL, RULE_NOT, RULE_AND, RULE_OR };

struct rule_node {
    enum rule_op op;
    const struct rule_node *left, *right; /* RULE_NOT: left only, never another RULE_NOT */
    struct str name;                      /* RULE_CALL: as written */
    const struct str *args;               /* decoded */
    size_t n_args;
    size_t at, length; /* where it stands in the text, bytes */
    /* RULE_CALL behind rule_check: */
    const struct rule_literal *literal; /* NULL: `constant` */
    bool constant;
    size_t index; /* among the calls of the rule, in order */
};

/* Limits against hostile input: of the text, of ! and parentheses within each other, of the tree. */
enum { RULE_MAX_BYTES = 1 << 16, RULE_MAX_DEPTH = 200, RULE_MAX_NODES = 20000 };

/* Parses `text`. NULL with a RULE_SYNTAX finding (key, text, marker, what was expected) where it is no rule,
 * with RULE_TOO_LARGE beyond the limits. Chains of one operator become balanced trees, so a recursion over
 * the tree goes RULE_MAX_DEPTH times their logarithm deep at most. Points into `text`. */
const struct rule_node *rule_parse(struct arena *arena, struct str text, struct str key, struct diag *diag);

/* What a literal asks of a request. A call may mean several: the v2 syntax has lists. Arguments: see
 * struct rule_literal. */
enum matcher {
    MATCHER_HOST,
    MATCHER_HOST_WILDCARD, /* Host(`*.x`) */
    MATCHER_HOST_REGEXP,
    MATCHER_PATH,
    MATCHER_PATH_PREFIX,
    MATCHER_PATH_REGEXP,
    MATCHER_METHOD,
    MATCHER_HEADER,
    MATCHER_HEADER_REGEXP,
    MATCHER_QUERY,
    MATCHER_QUERY_REGEXP,
    MATCHER_QUERY_FIRST, /* of v2 */
    MATCHER_CLIENT_IP,
    MATCHER_COUNT
};

/* The v3 matcher of a call's name in one of the four spellings that v3 takes (3.1), or MATCHER_COUNT. */
enum matcher matcher_by_name(struct str name);
const char *matcher_name(enum matcher matcher);

enum rule_syntax { RULE_V3, RULE_V2 };

/* Checks every call: known matcher, number and form of arguments (3.2, 3.3, 3.5). NULL with RULE_MATCHER and
 * RULE_REGEX findings that mark the call. Calls that can never match give a RULE_NEVER warning, patterns that
 * may need endless time REGEX_BACKTRACK. Returned is the same rule with calls of one literal (or a constant)
 * each; it lies in `trees` and points into `rule`, its literals lie in `arena` and point nowhere else. */
const struct rule_node *rule_check(struct arena *arena, struct arena *trees, const struct rule_node *rule,
                                   enum rule_syntax syntax, struct str text, struct str key,
                                   struct diag *diag);

/* A condition in the one form that all equal ones share; those of a conjunct must all hold.
 *
 *   HOST           args[0]: lower case, no final dots, never empty or "*", never with a port or brackets
 *                  (IPv6: as written). `dots`: final dots of the rule's host. A request's host of r final dots
 *                  matches if the rest is equal and |r - dots| <= 1.
 *   HOST_WILDCARD  args[0], dots: the same for what follows the first label (which may be empty) and its dot.
 *   PATH, PATH_PREFIX   args[0]
 *   METHOD         args[0]: compared byte for byte
 *   HEADER         args[0]: name, lower case; args[1]: what one of its lines is as a whole
 *   QUERY          args[0]: a key, args[1]: one of its values. Without args[1]: one of them is empty
 *   QUERY_FIRST    args[0]: a key that is present, args[1]: its first value
 *   CLIENT_IP      args[0]: network/bits, masked; IPv6 that stands for IPv4 is IPv4
 *   …_REGEXP, and QUERY_FIRST with `regex`: the last argument is the pattern, and `regex` what it says of the
 *                  host (canonical, maybe empty), the path, one of the header's lines, one value, the first. */
struct rule_literal {
    enum matcher matcher;
    bool negated;
    const struct str *args;
    size_t n_args;
    size_t dots;
    const struct regex *regex; /* or NULL */
};

struct rule_conjunct {
    const struct rule_literal *literals;
    size_t n;
};

struct rule_dnf {
    const struct rule_conjunct *conjuncts;
    size_t n;
};

/* Whether both ask the same. */
bool rule_literal_equals(const struct rule_literal *a, const struct rule_literal *b);

/* Both counted before anything is simplified. */
enum { RULE_MAX_CONJUNCTS = 4096, RULE_MAX_LITERALS = 1 << 16 };

/* What a rule multiplies out to, at most SIZE_MAX / 2 each; `calls` as written. */
struct rule_size {
    size_t conjuncts, literals, calls;
};

struct rule_size rule_measure(const struct rule_node *rule);

/* The disjunctive normal form of what rule_check returned. false with RULE_TOO_LARGE beyond the limits.
 * Simplified: literals that always hold are left out (a conjunct without literals matches every request),
 * conjuncts that never hold too (none at all: the rule matches nothing, with a RULE_NEVER warning unless
 * rule_check gave one). The positive exact hosts of a conjunct differ in final dots only (usually it is one);
 * it has at most one positive path or prefix. Shorter conjuncts come first. `out` lies in `arena` and points
 * to the literals' arguments. */
bool rule_normalise(struct arena *arena, const struct rule_node *checked, struct str text, struct str key,
                    struct rule_dnf *out, struct diag *diag);

/* Whether what must hold together in each conjunct can be one regular expression of HAProxy's; false with
 * RULE_TOO_LARGE. */
bool rule_fits(const struct rule_dnf *dnf, struct str text, struct str key, struct diag *diag);
