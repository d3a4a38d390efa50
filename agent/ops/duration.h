/* Durations as Go writes them (time.Duration.String): "1.499s", "4m59.99s", "137.980226ms". */
#pragma once

#include <stdint.h>

#include "base/str.h"

enum { DURATION_TEXT = 32 }; /* enough for any int64 */

/* The text of a duration of at least 0, in `out`. */
struct str duration_text(int64_t ns, char out[static DURATION_TEXT]);

/* Whole seconds, rounded up: "2" for 1.1 s. */
struct str seconds_text(int64_t ns, char out[static DURATION_TEXT]);
