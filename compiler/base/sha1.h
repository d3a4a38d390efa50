/* SHA-1 (FIPS 180-4): names that others made with it. Not for anything that must not be forged. */
#pragma once

#include "base/str.h"

enum { SHA1_DIGITS = 40 };

/* Lower-case hexadecimal digits of SHA-1(s), NUL behind them. */
void sha1_hex(struct str s, char out[static SHA1_DIGITS + 1]);
