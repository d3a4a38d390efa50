/* Regular expressions that say what matches, not only whether: Go's syntax to a program for a backtracking
 * matcher that never comes to a place of the program at one position of the text twice. So it takes the match
 * and the groups that Go takes, in time linear in the text. The same program runs in HAProxy's Lua
 * (templates/regex.lua) and here. */
#pragma once

#include "route/regex.h"

enum regex_step_kind {
    STEP_MATCH,
    STEP_TEXT,   /* these bytes */
    STEP_CLASS,  /* one character of a class */
    STEP_EITHER, /* `next`, and where that fails `other` */
    STEP_SAVE, /* notes the position in slot `number`: 2k and 2k + 1 are group k's, 0 and 1 the whole match's
                */
    STEP_TEXT_START, /* the rest: empty places */
    STEP_TEXT_END,
    STEP_LINE_START,
    STEP_LINE_END,
    STEP_WORD_EDGE,
    STEP_NO_WORD_EDGE
};

struct regex_step {
    enum regex_step_kind kind;
    uint32_t next, other; /* steps */
    uint32_t number;      /* STEP_CLASS: which class; STEP_SAVE: which slot */
    struct str text;
};

/* Sorted, disjoint ranges of code points. */
struct regex_set {
    const struct regex_range {
        uint32_t lo, hi;
    } * p;
    size_t n;
};

enum { REGEX_MAX_STEPS = 4000 };

struct regex_program {
    const struct regex_step *steps;
    size_t n_steps;
    uint32_t start;
    const struct regex_set *sets;
    size_t n_sets;
    const struct str *names; /* of groups, by number; empty: none. names[0] is of the whole match */
    size_t n_groups;         /* the whole match included */
};

/* Part of a replacement: text, or the text of a group. */
struct regex_part {
    struct str text;
    size_t group; /* SIZE_MAX: text */
};

struct regex_template {
    const struct regex_part *p;
    size_t n;
};

/* The program of a pattern. NULL with *fault where Go refuses the pattern (as regex_parse), or where it has
 * more than REGEX_MAX_STEPS (fault->too_large). */
const struct regex_program *regex_program_compile(struct arena *arena, struct str pattern,
                                                  struct regex_fault *fault);

/* A replacement as Go's Expand reads it: $1, ${1}, $name, ${name}, $$. Groups that do not exist are empty. */
struct regex_template regex_template_read(struct arena *arena, const struct regex_program *program,
                                          struct str text);

/* The leftmost match at or behind `from`: fills slots (2 * n_groups of them; SIZE_MAX where a group took no
 * part). */
bool regex_program_find(const struct regex_program *program, struct str text, size_t from, size_t *slots);

/* Go's ReplaceAllString; whether anything matched. */
bool regex_program_replace(const struct regex_program *program, const struct regex_template *with,
                           struct str text, struct buf *out);

/* The program as text, of printable ASCII without blanks, '?', ';', '%', '"' and '\\': see
 * templates/regex.lua. */
void regex_program_put(struct buf *out, const struct regex_program *program);
