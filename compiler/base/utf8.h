/* UTF-8: RFC 3629. What is none counts byte by byte, each as U+FFFD, as in Go. */
#pragma once

#include "base/str.h"

#define UTF8_INVALID 0xfffdu
#define UTF8_MAX     0x10ffffu

/* The character at the start of s (not empty) and its length in bytes. A byte that begins no valid sequence
 * is UTF8_INVALID of length 1 (a true U+FFFD has length 3). */
uint32_t utf8_decode(struct str s, size_t *length);

/* Writes the 1 to 4 bytes of a code point to p and returns their number. */
size_t utf8_encode(char *p, uint32_t c);

/* Offset of the first byte that is no UTF-8, or s.n. */
size_t utf8_fault(struct str s);
