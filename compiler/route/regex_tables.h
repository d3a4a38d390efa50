/* Unicode's classes and simple case folding, of the version that Go has. Internal to route; regex_tables.c is
 * written by tests/support/unicode_tables.go. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct unicode_row {
    uint32_t lo, hi, stride; /* lo, lo + stride … hi */
};

/* A category or script: rows [from, to), and under (?i) those up to `fold` too. */
struct unicode_class {
    const char *name; /* upper case first, then lower case; sorted */
    uint16_t from, to, fold;
};

/* The next character of the ring of those that differ in case only; sorted by `c`. */
struct unicode_fold {
    uint32_t c, next;
};

extern const struct unicode_row unicode_rows[];
extern const struct unicode_class unicode_classes[];
extern const size_t n_unicode_classes;
extern const struct unicode_fold unicode_folds[];
extern const size_t n_unicode_folds;
