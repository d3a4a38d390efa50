#include "route/scalar.h"

static const struct {
    struct str name;
    uint64_t ns;
} units[] = {
    { STR("ns"), 1 },
    { STR("us"), 1000 },
    { STR("\xc2\xb5s"), 1000 }, /* U+00B5, the micro sign */
    { STR("\xce\xbcs"), 1000 }, /* U+03BC, the Greek letter */
    { STR("ms"), 1000000 },
    { STR("s"), 1000000000 },
    { STR("m"), 60 * 1000000000ULL },
    { STR("h"), 3600 * 1000000000ULL },
};

static const uint64_t TOO_LONG = (uint64_t)INT64_MAX + 1; /* as a magnitude: only its negative fits */

/* The whole part: false where it is beyond all bounds. */
static bool take_whole(struct str *s, uint64_t *value)
{
    for (*value = 0; s->n && ascii_is_digit(s->p[0]); *s = str_from(*s, 1)) {
        uint64_t digit = (uint64_t)(s->p[0] - '0');
        if (*value > (TOO_LONG - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return true;
}

/* The digits behind the point: further ones than fit are dropped, as Go does. */
static void take_fraction(struct str *s, uint64_t *value, double *scale)
{
    bool full = false;
    *value = 0;
    *scale = 1;
    for (; s->n && ascii_is_digit(s->p[0]); *s = str_from(*s, 1)) {
        full = full || *value > (uint64_t)INT64_MAX / 10 - 1;
        if (full)
            continue;
        *value = *value * 10 + (uint64_t)(s->p[0] - '0');
        *scale *= 10;
    }
}

/* The unit's nanoseconds; 0 where there is none of that name. */
static uint64_t take_unit(struct str *s)
{
    size_t n = 0;
    while (n < s->n && s->p[n] != '.' && !ascii_is_digit(s->p[n]))
        n++;
    struct str name = str_head(*s, n);
    *s = str_from(*s, n);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_eq(name, units[i].name))
            return units[i].ns;
    return 0;
}

/* One term, such as 1.5s, added to *total. */
static bool take_term(struct str *s, uint64_t *total)
{
    uint64_t whole, fraction = 0;
    double scale = 1;
    size_t before = s->n;
    if (!take_whole(s, &whole))
        return false;
    bool digits = s->n < before;
    if (s->n && s->p[0] == '.') {
        *s = str_from(*s, 1);
        size_t behind = s->n;
        take_fraction(s, &fraction, &scale);
        digits = digits || s->n < behind;
    }
    uint64_t unit = digits ? take_unit(s) : 0;
    if (unit == 0 || whole > TOO_LONG / unit)
        return false;
    uint64_t term = whole * unit + (uint64_t)((double)fraction * ((double)unit / scale));
    if (term > TOO_LONG - *total)
        return false;
    *total += term;
    return true;
}

static bool parse_terms(struct str s, int64_t *ns)
{
    bool negative = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        s = str_from(s, 1);
    uint64_t total = 0;
    if (s.n == 0)
        return false;
    while (s.n)
        if (!take_term(&s, &total))
            return false;
    if (total == TOO_LONG && !negative)
        return false;
    *ns = negative ? (int64_t)(0 - total) : (int64_t)total;
    return true;
}

bool scalar_duration(struct str s, int64_t *ns)
{
    const int64_t second = 1000000000;
    int64_t seconds;
    *ns = 0;
    if (!str_to_int64(s, &seconds))
        return parse_terms(s, ns);
    if (seconds > INT64_MAX / second || seconds < INT64_MIN / second)
        return false;
    *ns = seconds * second;
    return true;
}
