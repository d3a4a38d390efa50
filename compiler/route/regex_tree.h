/* The tree of a regular expression. Only whether a text matches counts here, never what: so groups, captures
 * and greed leave no trace in it. Internal to route. */
#pragma once

#include "base/utf8.h"
#include "base/vec.h"
#include "route/regex.h"

struct rune_range {
    uint32_t lo, hi;
};

/* A set of characters while it is built: ranges in any order until rune_set_clean. */
struct rune_set {
    VEC(struct rune_range) ranges;
};

void rune_set_add(struct rune_set *set, uint32_t lo, uint32_t hi);

/* Adds lo … hi and what differs from them in case only. */
void rune_set_add_folded(struct rune_set *set, uint32_t lo, uint32_t hi);

/* Adds what is in `from` (cleaned before), or with `negated` what is not. */
void rune_set_add_set(struct rune_set *set, const struct rune_set *from, bool negated);

/* Adds the Unicode class of that name, as Go finds it ("Any", "Assigned" and "Ascii" are such too). false
 * where there is none. */
bool rune_set_add_class(struct rune_set *set, struct str name, bool folded, bool negated);

/* Sorted, disjoint, not adjacent. */
void rune_set_clean(struct rune_set *set);

/* All characters that are not in the set (cleaned before). */
void rune_set_negate(struct rune_set *set);

enum regex_op {
    REGEX_EMPTY,      /* matches anywhere, nothing */
    REGEX_CLASS,      /* one character of a set */
    REGEX_TEXT_START, /* ^ \A */
    REGEX_TEXT_END,   /* $ \z */
    REGEX_LINE_START, /* (?m)^ */
    REGEX_LINE_END,   /* (?m)$ */
    REGEX_WORD_EDGE,  /* \b */
    REGEX_NO_WORD_EDGE,
    REGEX_REPEAT,
    REGEX_CONCAT, /* never of concats, two parts at least */
    REGEX_CHOICE  /* never of choices, two parts at least */
};

#define REGEX_UNBOUNDED UINT32_MAX

enum { MAX_REPEAT = 1000 }; /* Go's bound of the numbers in {n,m} */

struct regex_node {
    enum regex_op op;
    uint32_t height;   /* as Go counts it */
    uint32_t min, max; /* REGEX_REPEAT; max may be REGEX_UNBOUNDED */
    bool counted;      /* REGEX_REPEAT: written {…} */
    bool captured;     /* a group of its own for Go: parts of it do not become parts of what is around */
    bool folded;       /* REGEX_CLASS: a letter under (?i) */
    uint32_t n;        /* ranges or parts */
    union {
        const struct rune_range *ranges;       /* REGEX_CLASS; n == 0: matches nothing */
        const struct regex_node *const *parts; /* REGEX_CONCAT, REGEX_CHOICE; REGEX_REPEAT: one */
    };
};

/* What regex_put writes: alternatives of the whole expression, each without what says nothing at its ends. */
struct regex_branch {
    const struct regex_node *const *parts;
    size_t n;
    bool anchored; /* matches at the start only; the ^ itself is cut off where it stands in front */
};

struct regex {
    const struct regex_node *root;
    const struct regex_branch *branches; /* of which one must match; none: no text matches */
    size_t n_branches;
    size_t size, depth; /* of the emitted form */
    bool ascii, always;
};

/* The root of a pattern's tree, or NULL with *fault. */
const struct regex_node *regex_tree_parse(struct arena *arena, struct str pattern, struct regex_fault *fault);

/* Fills re->branches and re->always. */
void regex_branches(struct arena *arena, struct regex *re);

/* What is read of a bracket expression or an escape. */
struct regex_cursor {
    struct str pattern;
    size_t at;
    bool folded;
    struct regex_fault *fault;
};

/* Sets the fault, from `at` to the cursor; false. */
bool regex_fail(struct regex_cursor *c, size_t at, const char *message, const char *expected);

/* The next character; false with a fault where the pattern is no UTF-8. Not at the end. */
bool regex_next_rune(struct regex_cursor *c, uint32_t *rune);

/* The cursor is at '[': reads up to the matching ']', cleaned. */
bool regex_read_brackets(struct regex_cursor *c, struct rune_set *out);

/* The cursor is at '\': one of \d \D \s \S \w \W \p… \P…, if it is one. *known says; false is a fault. */
bool regex_read_class_escape(struct regex_cursor *c, struct rune_set *out, bool *known);

/* The cursor is at '\': an escape that stands for one character. */
bool regex_read_escape(struct regex_cursor *c, uint32_t *rune);

/* The cursor is at '{': reads {n}, {n,} (*max: REGEX_UNBOUNDED) or {n,m}; numbers beyond MAX_REPEAT are
 * somewhere beyond it. false with the cursor unmoved: the brace stands for itself, as with Go's leading
 * zeros. */
bool regex_read_bounds(struct regex_cursor *c, uint32_t *min, uint32_t *max);

/* Facts of nodes. */

/* Matches without consuming anything, wherever it stands. */
bool regex_is_nullable(const struct regex_node *node);
/* Never consumes anything. */
bool regex_is_zero_width(const struct regex_node *node);

/* Whether the node can match from the middle of a character on; *passes: whether it may match nothing there.
 */
bool regex_enters_middle(const struct regex_node *node, bool *passes);
/* Whether parts, and then what follows them, cannot match from the middle of a character on. */
bool regex_is_closed(const struct regex_node *const *parts, size_t n, bool closed_behind);

/* Classes in bytes: regex_bytes.c. */

/* Whether the set has every character beyond ASCII. */
bool regex_class_is_open(const struct regex_node *node);
/* Whether the set has c. */
bool regex_class_has(const struct regex_node *node, uint32_t c);
/* Appends an expression for one character of the class, in one piece (a quantifier may follow). */
void regex_class_put(struct buf *out, const struct regex_node *node, bool ascii);
/* The same for one byte of an open class. */
void regex_class_put_byte(struct buf *out, const struct regex_node *node);
/* An upper bound of the size of what regex_class_put writes, compiled. */
size_t regex_class_size(const struct regex_node *node, bool ascii);
/* Appends a byte as an expression that stands for it. */
void regex_byte_put(struct buf *out, unsigned char byte);
