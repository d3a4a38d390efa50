/* Bytes as hexadecimal digits. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* The value of a digit, or -1. */
static inline int hex_value(char c)
{
    char lower = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte of two digits, or -1. */
static inline int hex_pair(const char *p)
{
    int high = hex_value(p[0]), low = high < 0 ? -1 : hex_value(p[1]);
    return low < 0 ? -1 : high << 4 | low;
}

/* The first `digits` lower-case digits of the bytes, NUL behind them. */
void hex_write(char *out, const unsigned char *bytes, size_t digits);

/* Appends two lower-case digits a byte. */
void hex_put(struct buf *out, struct str bytes);

/* Appends `lead` and two upper-case digits: "%2F". */
void hex_put_code(struct buf *out, char lead, char c);
