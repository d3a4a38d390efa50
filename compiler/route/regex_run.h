/* Regular expressions tried here: by PCRE2, on the very text that HAProxy gets, so that what is explained is
 * what happens. */
#pragma once

#include "route/regex.h"

struct regex_run;

/* Compiles re for matching fields. Never NULL: what regex_parse lets pass compiles. Release it. */
struct regex_run *regex_run_create(const struct regex *re);
void regex_run_destroy(struct regex_run *run);

/* Whether the value matches, within a bound of steps; beyond it it does not, as in HAProxy. */
bool regex_run_match(const struct regex_run *run, struct str value);

/* The same for one use. */
bool regex_match(const struct regex *re, struct str value);

/* Bytes of PCRE2's compiled form, 0 where it refuses. */
size_t regex_compiled_size(const struct regex *re);
