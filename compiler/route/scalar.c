#include "route/scalar.h"

#include <math.h>
#include <stdlib.h>

#include "base/hex.h"
bool scalar_bool(struct str s, bool *out)
{
    static const struct str yes[] = { STR("1"), STR("t"), STR("T"), STR("TRUE"), STR("true"), STR("True") };
    static const struct str no[] = { STR("0"), STR("f"), STR("F"), STR("FALSE"), STR("false"), STR("False") };
    *out = false;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (str_eq(s, yes[i]))
            return *out = true;
        if (str_eq(s, no[i]))
            return true;
    }
    return false;
}

/* Copies the digits at *s to *to, without underscores, each of which must stand between two digits (or behind
 * the prefix 0x). Returns how many digits there were, or SIZE_MAX for a misplaced underscore. */
static size_t take_digits(struct str *s, bool hex, bool after_prefix, char **to)
{
    size_t n = 0;
    bool may_part = after_prefix;
    while (s->n && (s->p[0] == '_' || (hex ? hex_value(s->p[0]) >= 0 : ascii_is_digit(s->p[0])))) {
        bool digit = s->p[0] != '_';
        if (!digit && (!may_part || s->n == 1 || !(hex ? hex_value(s->p[1]) >= 0 : ascii_is_digit(s->p[1]))))
            return SIZE_MAX;
        if (digit)
            *(*to)++ = s->p[0];
        n += digit;
        may_part = digit;
        *s = str_from(*s, 1);
    }
    return n;
}

static bool take_one(struct str *s, const char *set, char **to)
{
    if (!s->n || !s->p[0] || !strchr(set, s->p[0]))
        return false;
    *(*to)++ = s->p[0];
    *s = str_from(*s, 1);
    return true;
}

/* Checks Go's syntax and writes the same number without underscores, for strtod. */
static bool plain_number(struct str s, char *to)
{
    take_one(&s, "+-", &to);
    bool hex = s.n > 1 && s.p[0] == '0' && ascii_lower(s.p[1]) == 'x';
    if (hex) {
        *to++ = '0';
        *to++ = 'x';
        s = str_from(s, 2);
    }
    size_t whole = take_digits(&s, hex, hex, &to), part = 0;
    if (whole == SIZE_MAX)
        return false;
    if (take_one(&s, ".", &to))
        part = take_digits(&s, hex, false, &to);
    if (part == SIZE_MAX || whole + part == 0)
        return false;
    bool exponent = take_one(&s, hex ? "pP" : "eE", &to);
    if (exponent) {
        take_one(&s, "+-", &to);
        size_t n = take_digits(&s, false, false, &to);
        if (n == 0 || n == SIZE_MAX)
            return false;
    }
    *to = '\0';
    return s.n == 0 && (exponent || !hex); /* Go: a hexadecimal mantissa needs its exponent */
}

static bool special_number(struct str s, double *out)
{
    struct str bare = s.n && (s.p[0] == '+' || s.p[0] == '-') ? str_from(s, 1) : s;
    if (str_eq_nocase(bare, STR("inf")) || str_eq_nocase(bare, STR("infinity")))
        *out = s.p[0] == '-' ? -INFINITY : INFINITY;
    else if (str_eq_nocase(s, STR("nan")))
        *out = NAN;
    else
        return false;
    return true;
}

bool scalar_float(struct str s, double *out)
{
    enum { LONGEST = 128 }; /* far more digits than a double has */
    char plain[LONGEST + 1];
    *out = 0;
    if (special_number(s, out))
        return true;
    if (s.n > LONGEST || !plain_number(s, plain))
        return false;
    double value = strtod(plain, NULL);
    if (isinf(value))
        return false;
    *out = value;
    return true;
}
