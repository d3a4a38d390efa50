/* Byte strings: a pointer and a length, never owned, not NUL-terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"

struct str {
    const char *p;
    size_t n;
};

/* A str over a string literal; usable in initialisers of static tables. */
#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
/* The two arguments that a "%.*s" wants. */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct str str_of(const char *p, size_t n)
{
    return (struct str){ p, n };
}

/* A str over a C string; NULL gives the empty one. */
static inline struct str str_c(const char *c)
{
    return (struct str){ c, c ? strlen(c) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* The part of s from offset `from` (clamped) on. */
static inline struct str str_from(struct str s, size_t from)
{
    return from >= s.n ? (struct str){ s.p ? s.p + s.n : NULL, 0 } : (struct str){ s.p + from, s.n - from };
}

/* The first n bytes of s (clamped). */
static inline struct str str_head(struct str s, size_t n)
{
    return (struct str){ s.p, n < s.n ? n : s.n };
}

/* Order by bytes, shorter first where one is a prefix of the other: <0, 0, >0. */
int str_cmp(struct str a, struct str b);

/* Equal, ASCII letters without regard to case. */
bool str_eq_nocase(struct str a, struct str b);

/* Like str_cmp, ASCII letters folded. */
int str_cmp_nocase(struct str a, struct str b);

/* Offset of the first byte c, or s.n where there is none. */
size_t str_find(struct str s, char c);

/* Offset of the first occurrence of `needle`, or SIZE_MAX. */
size_t str_search(struct str s, struct str needle);

/* Cuts *rest at the first `sep`: returns what stands before it and leaves what stands behind. Without a
 * separator the whole is returned and *rest is empty; *rest.p is NULL then, so a loop can tell the end. */
struct str str_cut(struct str *rest, char sep);

/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str s);

/* Whether s is one of the texts, behind the last of which is NULL. */
bool str_is_one_of(struct str s, const char *const *texts);

/* Whether all bytes are letters, digits or in `more`. */
bool str_is_of(struct str s, const char *more);

bool str_has_control(struct str s);

/* Whether s is a token of HTTP (RFC 9110 5.6.2): a method, a header's name. */
bool str_is_token(struct str s);

/* Whether s can be the value of a header: no control byte but the tab (RFC 9110 5.5). */
bool str_is_field_value(struct str s);

/* Decimal with optional sign, nothing else; false where it is not one or does not fit. */
bool str_to_int64(struct str s, int64_t *out);

/* How many letters must be put in, left out, changed or swapped with their neighbour to make b of a; ASCII
 * letters folded. At most `limit` + 1 is returned (cheap for far names). */
size_t str_distance(struct str a, struct str b, size_t limit);
