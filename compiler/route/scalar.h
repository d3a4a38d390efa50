/* Scalars as Go reads them: what Traefik takes for a bool, float or duration. Integers are str_to_int64. */
#pragma once

#include "base/str.h"

/* 1 t T TRUE true True 0 f F FALSE false False, nothing else (strconv.ParseBool). */
bool scalar_bool(struct str s, bool *out);

/* Decimal or hexadecimal floating point, inf, nan, with Go's underscores (strconv.ParseFloat); false also
 * where the number is out of range. */
bool scalar_float(struct str s, double *out);

/* Nanoseconds: a plain integer counts seconds, otherwise Go's text, "1h2m3.5s" (time.ParseDuration). false
 * also where the duration does not fit. */
bool scalar_duration(struct str s, int64_t *ns);

/* The words for "expected" in findings about these. */
#define EXPECTED_BOOL     "true or false"
#define EXPECTED_INT      "a whole number"
#define EXPECTED_FLOAT    "a number such as 0.5"
#define EXPECTED_DURATION "seconds, or a duration such as 500ms or 1m30s"
