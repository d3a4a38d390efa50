/* Expressions of regexes.map and fields.map, tried as HAProxy tries them. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

/* Whether `expression` finds something in `text`: PCRE2 on bytes, without options, within its bounds. */
bool expression_finds(struct str expression, struct str text);
