#include "base/str.h"

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c)
        return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool str_eq_nocase(struct str a, struct str b)
{
    return a.n == b.n && str_cmp_nocase(a, b) == 0;
}

int str_cmp_nocase(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        unsigned char x = (unsigned char)ascii_lower(a.p[i]), y = (unsigned char)ascii_lower(b.p[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

size_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

size_t str_search(struct str s, struct str needle)
{
    if (needle.n == 0)
        return 0;
    for (size_t i = 0; i + needle.n <= s.n; i++) {
        const char *at = memchr(s.p + i, needle.p[0], s.n - needle.n - i + 1);
        if (!at)
            return SIZE_MAX;
        i = (size_t)(at - s.p);
        if (memcmp(at, needle.p, needle.n) == 0)
            return i;
    }
    return SIZE_MAX;
}

struct str str_cut(struct str *rest, char sep)
{
    size_t at = str_find(*rest, sep);
    struct str head = { rest->p, at };
    if (at == rest->n)
        *rest = (struct str){ NULL, 0 };
    else
        *rest = (struct str){ rest->p + at + 1, rest->n - at - 1 };
    return head;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

struct str str_trim(struct str s)
{
    while (s.n && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_is_one_of(struct str s, const char *const *texts)
{
    while (*texts && !str_eq(s, str_c(*texts)))
        texts++;
    return *texts != NULL;
}

bool str_is_of(struct str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && (s.p[i] == '\0' || !strchr(more, s.p[i])))
            return false;
    return true;
}

bool str_has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (ascii_is_control(s.p[i]))
            return true;
    return false;
}

bool str_is_token(struct str s)
{
    return s.n > 0 && str_is_of(s, "!#$%&'*+-.^_`|~");
}

bool str_is_field_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (ascii_is_control(s.p[i]) && s.p[i] != '\t')
            return false;
    return true;
}

bool str_to_int64(struct str s, int64_t *out)
{
    *out = 0;
    bool negative = s.n && s.p[0] == '-';
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    if (i == s.n)
        return false;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, value = 0;
    for (; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]))
            return false;
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t str_distance(struct str a, struct str b, size_t limit)
{
    enum { LONGEST = 64 }; /* names of settings and keys are shorter; beyond it nothing is "near" */
    size_t rows[3][LONGEST + 1];
    size_t *above = rows[1], *row = rows[0], *two_above = rows[2];
    if (a.n > LONGEST || b.n > LONGEST)
        return limit + 1;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *spare = two_above, best = i;
        two_above = above;
        above = row;
        row = spare;
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            char x = ascii_lower(a.p[i - 1]), y = ascii_lower(b.p[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == ascii_lower(b.p[j - 2]) && y == ascii_lower(a.p[i - 2]))
                row[j] = least(row[j], two_above[j - 2] + 1);
            best = least(best, row[j]);
        }
        if (best > limit + 1) /* a swap can make up for one */
            return limit + 1;
    }
    return least(row[b.n], limit + 1);
}
