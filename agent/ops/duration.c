#include "ops/duration.h"

/* Written by hand: in a flood this runs for every request, and printf would be a quarter of its cost. */
struct text {
    char *p;
    size_t n;
};

/* `value` in decimal, with zeros in front to at least `digits`. */
static void put_number(struct text *out, int64_t value, int digits)
{
    char reversed[20];
    int n = 0;
    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || n < digits);
    while (n > 0)
        out->p[out->n++] = reversed[--n];
}

/* `value` units of 10^-digits as a decimal fraction without trailing zeros, e.g. 1499 and 3: "1.499". */
static void put_fraction(struct text *out, int64_t value, int digits)
{
    int64_t unit = 1;
    for (; digits > 0 && value % 10 == 0; digits--)
        value /= 10;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    put_number(out, value / unit, 1);
    if (digits == 0)
        return;
    out->p[out->n++] = '.';
    put_number(out, value % unit, digits);
}

static void put_unit(struct text *out, const char *unit)
{
    while (*unit)
        out->p[out->n++] = *unit++;
}

struct str duration_text(int64_t ns, char out[static DURATION_TEXT])
{
    static const struct {
        int64_t below;
        int digits;
        const char *unit;
    } small[] = { { 1, 0, "s" }, { 1000, 0, "ns" }, { 1000000, 3, "\xc2\xb5s" }, { 1000000000, 6, "ms" } };
    struct text text = { out, 0 };
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (ns < small[i].below) {
            put_fraction(&text, ns, small[i].digits);
            put_unit(&text, small[i].unit);
            return str_of(out, text.n);
        }
    int64_t minutes = ns / 60000000000;
    if (minutes >= 60) {
        put_number(&text, minutes / 60, 1);
        put_unit(&text, "h");
    }
    if (minutes > 0) {
        put_number(&text, minutes % 60, 1);
        put_unit(&text, "m");
    }
    put_fraction(&text, ns % 60000000000, 9);
    put_unit(&text, "s");
    return str_of(out, text.n);
}

struct str seconds_text(int64_t ns, char out[static DURATION_TEXT])
{
    struct text text = { out, 0 };
    put_number(&text, ns / 1000000000 + (ns % 1000000000 != 0), 1);
    return str_of(out, text.n);
}
