/* Bracket expressions and escapes: Go's regexp/syntax. */
#include "route/regex_tree.h"

bool regex_fail(struct regex_cursor *c, size_t at, const char *message, const char *expected)
{
    if (!c->fault->message)
        *c->fault =
            (struct regex_fault){ .at = at, .length = c->at - at, .message = message, .expected = expected };
    return false;
}

bool regex_next_rune(struct regex_cursor *c, uint32_t *rune)
{
    size_t length;
    *rune = utf8_decode(str_from(c->pattern, c->at), &length);
    if (*rune == UTF8_INVALID && length == 1) {
        c->at++;
        return regex_fail(c, c->at - 1, "the pattern is no UTF-8", NULL);
    }
    c->at += length;
    return true;
}

/* A number of s from *at on: false where there is none, or a leading zero. */
static bool read_count(struct str s, size_t *at, uint32_t *count)
{
    size_t from = *at;
    *count = 0;
    while (*at < s.n && ascii_is_digit(s.p[*at])) {
        *count = *count > MAX_REPEAT ? *count : *count * 10 + (uint32_t)(s.p[*at] - '0');
        (*at)++;
    }
    return *at > from && (s.p[from] != '0' || *at == from + 1);
}

bool regex_read_bounds(struct regex_cursor *c, uint32_t *min, uint32_t *max)
{
    struct str s = c->pattern;
    size_t at = c->at + 1;
    bool valid = read_count(s, &at, min);
    *max = *min;
    if (valid && at < s.n && s.p[at] == ',') {
        at++;
        *max = REGEX_UNBOUNDED;
        if (at < s.n && s.p[at] != '}')
            valid = read_count(s, &at, max);
    }
    if (!valid || at >= s.n || s.p[at] != '}')
        return false;
    c->at = at + 1;
    return true;
}

struct named_class {
    const char *name;
    struct rune_range ranges[5];
    size_t n;
};

/* The classes of one letter and those of POSIX, as in Go: ASCII only. */
static const struct named_class named_classes[] = {
    { "d", { { '0', '9' } }, 1 },
    { "s", { { '\t', '\n' }, { '\f', '\r' }, { ' ', ' ' } }, 3 },
    { "w", { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } }, 4 },
    { "alnum", { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' } }, 3 },
    { "alpha", { { 'A', 'Z' }, { 'a', 'z' } }, 2 },
    { "ascii", { { 0, 0x7f } }, 1 },
    { "blank", { { '\t', '\t' }, { ' ', ' ' } }, 2 },
    { "cntrl", { { 0, 0x1f }, { 0x7f, 0x7f } }, 2 },
    { "digit", { { '0', '9' } }, 1 },
    { "graph", { { '!', '~' } }, 1 },
    { "lower", { { 'a', 'z' } }, 1 },
    { "print", { { ' ', '~' } }, 1 },
    { "punct", { { '!', '/' }, { ':', '@' }, { '[', '`' }, { '{', '~' } }, 4 },
    { "space", { { '\t', '\r' }, { ' ', ' ' } }, 2 },
    { "upper", { { 'A', 'Z' } }, 1 },
    { "word", { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } }, 4 },
    { "xdigit", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } }, 3 },
};

static const struct named_class *named_class_find(struct str name)
{
    for (size_t i = 0; i < sizeof named_classes / sizeof *named_classes; i++)
        if (str_eq(name, str_c(named_classes[i].name)))
            return &named_classes[i];
    return NULL;
}

static void add_named(struct rune_set *out, const struct named_class *class, bool folded, bool negated)
{
    struct rune_set set = { 0 };
    for (size_t i = 0; i < class->n; i++)
        (folded ? rune_set_add_folded : rune_set_add)(&set, class->ranges[i].lo, class->ranges[i].hi);
    rune_set_clean(&set);
    rune_set_add_set(out, &set, negated);
    vec_fini(&set.ranges);
}

static struct str rest_of(const struct regex_cursor *c)
{
    return str_from(c->pattern, c->at);
}

/* The cursor is at "\p" or "\P". */
static bool read_unicode_class(struct regex_cursor *c, struct rune_set *out)
{
    size_t at = c->at;
    bool negated = c->pattern.p[at + 1] == 'P';
    uint32_t rune;
    c->at += 2;
    if (c->at >= c->pattern.n)
        return regex_fail(c, at, "\\p without a class", "\\pL or \\p{Greek}");
    if (!regex_next_rune(c, &rune))
        return false;
    struct str name = str_of(c->pattern.p + at + 2, c->at - at - 2);
    if (rune == '{') {
        size_t end = str_find(rest_of(c), '}');
        bool closed = end < rest_of(c).n;
        name = str_head(rest_of(c), end);
        c->at += end + closed;
        if (utf8_fault(name) < name.n)
            return regex_fail(c, at, "the pattern is no UTF-8", NULL);
        if (!closed)
            return regex_fail(c, at, "no } ends the name of the class", NULL);
    }
    if (str_starts(name, STR("^"))) {
        negated = !negated;
        name = str_from(name, 1);
    }
    return rune_set_add_class(out, name, c->folded, negated) ||
           regex_fail(c, at, "Go knows no such Unicode class",
                      "a category or script, as in \\pL or \\p{Greek}");
}

bool regex_read_class_escape(struct regex_cursor *c, struct rune_set *out, bool *known)
{
    struct str rest = rest_of(c);
    char letter = rest.n > 1 ? rest.p[1] : '\0';
    *known = true;
    if (letter == 'p' || letter == 'P')
        return read_unicode_class(c, out);
    char lower = ascii_lower(letter);
    if (lower == 'd' || lower == 's' || lower == 'w') {
        add_named(out, named_class_find(str_of(&lower, 1)), c->folded, letter != lower);
        c->at += 2;
        return true;
    }
    *known = false;
    return true;
}

static int hex_value(uint32_t c)
{
    if (c >= '0' && c <= '9')
        return (int)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (int)(c - 'a' + 10) : -1;
}

static const char BAD_ESCAPE[] = "Go knows no such escape";

/* Behind "\x". */
static bool read_hex(struct regex_cursor *c, size_t at, uint32_t *rune)
{
    uint32_t first, second;
    if (c->at >= c->pattern.n)
        return regex_fail(c, at, BAD_ESCAPE, "\\x41 or \\x{20ac}");
    if (!regex_next_rune(c, &first))
        return false;
    if (first != '{') {
        if (c->at >= c->pattern.n)
            return regex_fail(c, at, BAD_ESCAPE, "two hexadecimal digits");
        if (!regex_next_rune(c, &second))
            return false;
        int high = hex_value(first), low = hex_value(second);
        if (high < 0 || low < 0)
            return regex_fail(c, at, BAD_ESCAPE, "two hexadecimal digits");
        *rune = (uint32_t)(high << 4 | low);
        return true;
    }
    size_t digits = 0;
    for (*rune = 0; c->at < c->pattern.n; digits++) {
        if (!regex_next_rune(c, &first))
            return false;
        if (first == '}')
            break;
        int value = hex_value(first);
        if (value < 0)
            return regex_fail(c, at, BAD_ESCAPE, "hexadecimal digits and }");
        *rune = *rune << 4 | (uint32_t)value;
        if (*rune > UTF8_MAX)
            return regex_fail(c, at, "there is no such character", NULL);
    }
    return (digits && c->pattern.p[c->at - 1] == '}') ||
           regex_fail(c, at, BAD_ESCAPE, "hexadecimal digits and }");
}

bool regex_read_escape(struct regex_cursor *c, uint32_t *rune)
{
    static const char letters[] = "afnrtv", meanings[] = "\a\f\n\r\t\v";
    size_t at = c->at++;
    uint32_t first;
    if (c->at >= c->pattern.n)
        return regex_fail(c, at, "a backslash at the end", NULL);
    if (!regex_next_rune(c, &first))
        return false;
    char next = c->at < c->pattern.n ? c->pattern.p[c->at] : '\0';
    bool octal_follows = next >= '0' && next <= '7';
    const char *letter = first && first < 0x80 ? strchr(letters, (int)first) : NULL;
    if (first == '0' || (first >= '1' && first <= '7' && octal_follows)) {
        *rune = first - '0';
        for (int i = 0; i < 2 && c->at < c->pattern.n; i++) {
            next = c->pattern.p[c->at];
            if (next < '0' || next > '7')
                break;
            *rune = *rune * 8 + (uint32_t)(next - '0');
            c->at++;
        }
        return true;
    }
    if (first == 'x')
        return read_hex(c, at, rune);
    bool word = (first >= '0' && first <= '9') || ((first | 0x20) >= 'a' && (first | 0x20) <= 'z');
    *rune = letter ? (uint32_t)meanings[letter - letters] : first;
    if (letter || (first < 0x80 && !word))
        return true;
    if (first >= '1' && first <= '9')
        return regex_fail(c, at, "Go has no back-references", NULL);
    return regex_fail(c, at, BAD_ESCAPE, first == 'Z' ? "\\z" : NULL);
}

/* The cursor is at "[:", maybe of a POSIX class. */
static bool read_posix_class(struct regex_cursor *c, struct rune_set *out, bool *known)
{
    struct str rest = str_from(c->pattern, c->at + 2);
    size_t end = str_search(rest, STR(":]")), at = c->at;
    *known = end != SIZE_MAX;
    if (!*known)
        return true;
    struct str name = str_head(rest, end);
    bool negated = str_starts(name, STR("^"));
    const struct named_class *class = named_class_find(str_from(name, negated));
    c->at += 2 + end + 2;
    /* The first three are no names of POSIX. */
    if (!class || strlen(class->name) == 1)
        return regex_fail(c, at, "POSIX knows no such class", "[[:alpha:]], [[:digit:]], [[:space:]] …");
    add_named(out, class, c->folded, negated);
    return true;
}

static bool read_class_char(struct regex_cursor *c, size_t bracket, uint32_t *rune)
{
    if (c->at >= c->pattern.n)
        return regex_fail(c, bracket, "no ] closes this [", "]");
    return c->pattern.p[c->at] == '\\' ? regex_read_escape(c, rune) : regex_next_rune(c, rune);
}

/* One character or a range of them. */
static bool read_range(struct regex_cursor *c, size_t bracket, struct rune_set *out)
{
    uint32_t lo, hi;
    size_t at = c->at;
    if (!read_class_char(c, bracket, &lo))
        return false;
    hi = lo;
    struct str rest = rest_of(c);
    if (rest.n >= 2 && rest.p[0] == '-' && rest.p[1] != ']') {
        c->at++;
        if (!read_class_char(c, bracket, &hi))
            return false;
        if (hi < lo)
            return regex_fail(c, at, "the range ends before it begins", NULL);
    }
    (c->folded ? rune_set_add_folded : rune_set_add)(out, lo, hi);
    return true;
}

bool regex_read_brackets(struct regex_cursor *c, struct rune_set *out)
{
    size_t bracket = c->at++;
    bool negated = str_starts(rest_of(c), STR("^"));
    c->at += negated;
    for (bool first = true;; first = false) {
        struct str rest = rest_of(c);
        bool known = false;
        if (!first && str_starts(rest, STR("]")))
            break;
        if (rest.n > 2 && rest.p[0] == '[' && rest.p[1] == ':' && !read_posix_class(c, out, &known))
            return false;
        if (!known && rest.n && rest.p[0] == '\\' && !regex_read_class_escape(c, out, &known))
            return false;
        if (!known && !read_range(c, bracket, out))
            return false;
    }
    c->at++;
    rune_set_clean(out);
    if (negated)
        rune_set_negate(out);
    return true;
}
