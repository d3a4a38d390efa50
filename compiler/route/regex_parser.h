/* The state of a parser of regular expressions, and how it builds trees. Only for regex_parse.c and
 * regex_build.c. */
#pragma once

#include "route/regex_tree.h"

/* Go's limits … */
enum { MAX_HEIGHT = 1000 };
/* … and ours, far beyond what PCRE2 compiles: of the pattern, of all ranges of all sets, of all parts of all
 * nodes (each level of groups copies them). */
enum { MAX_BYTES = 1 << 16, MAX_RANGES = 1 << 18, MAX_PARTS = 1 << 18 };

struct regex_flags {
    bool folded, multi_line, dot_all; /* (?i) (?m) (?s); (?U) changes nothing that counts */
};

struct regex_group {
    size_t items, choices; /* where its own begin */
    size_t at;
    bool captured;
    struct regex_flags outer;
};

struct regex_parser {
    struct arena *arena;
    struct regex_cursor c;
    struct regex_flags flags;
    VEC(const struct regex_node *)
    items; /* of the alternative that is being read, behind those of the groups around */
    VEC(const struct regex_node *) choices; /* finished alternatives, as well */
    VEC(struct regex_group) groups;
    size_t n_ranges, n_parts;
    bool after_repeat; /* the last thing read was a repetition */
};

/* Sets the fault, from `at` to the cursor; false. */
bool regex_parser_fail(struct regex_parser *p, size_t at, const char *message, const char *expected);
/* The same for the whole pattern, beyond our limits; false. */
bool regex_parser_too_large(struct regex_parser *p);

struct regex_node *regex_node_create(struct regex_parser *p, enum regex_op op);

/* Add to the alternative that is being read; false with a fault at the limits. The set is taken over. */
bool regex_push(struct regex_parser *p, const struct regex_node *node);
bool regex_push_op(struct regex_parser *p, enum regex_op op);
bool regex_push_class(struct regex_parser *p, struct rune_set *set);
bool regex_push_rune(struct regex_parser *p, uint32_t rune);
bool regex_push_dot(struct regex_parser *p);

/* The alternative that was being read, all items from `items` on, becomes one of its group. */
bool regex_finish_alternative(struct regex_parser *p, size_t items);
/* All of a group's alternatives as one node; NULL with a fault. */
const struct regex_node *regex_finish_group(struct regex_parser *p, size_t items, size_t choices);
