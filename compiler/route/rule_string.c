/* String literals of rules: The Go Programming Language Specification, "String literals". */
#include "route/rule_lexer.h"

#include "base/hex.h"
#include "base/utf8.h"

size_t rule_string_end(struct str text, size_t at)
{
    char quote = text.p[at];
    for (size_t i = at + 1; i < text.n; i++) {
        if (text.p[i] == quote)
            return i + 1;
        if (quote == '"' && text.p[i] == '\n')
            return 0;
        if (quote == '"' && text.p[i] == '\\')
            i++;
    }
    return 0;
}

static struct str decode_raw(struct arena *arena, struct str inner)
{
    if (str_find(inner, '\r') == inner.n)
        return inner;
    char *p = arena_alloc(arena, inner.n, 1);
    size_t n = 0;
    for (size_t i = 0; i < inner.n; i++)
        if (inner.p[i] != '\r')
            p[n++] = inner.p[i];
    return str_of(p, n);
}

/* Exactly `digits` digits of the base at the start of s, or UINT32_MAX. */
static uint32_t read_number(struct str s, size_t digits, int base)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = i < s.n ? hex_value(s.p[i]) : -1;
        if (digit < 0 || digit >= base)
            return UINT32_MAX;
        value = value * (uint32_t)base + (uint32_t)digit;
    }
    return value;
}

/* Decodes the escape at the start of s ('\' included) to p. Returns its length, 0 where Go knows none such.
 * An escape is never shorter than what it means. */
static size_t decode_escape(struct str s, char *p, size_t *written)
{
    static const char letters[] = "abfnrtv\\\"", meanings[] = "\a\b\f\n\r\t\v\\\"";
    char c = s.n > 1 ? s.p[1] : '\0';
    const char *letter = c ? strchr(letters, c) : NULL;
    *written = 1;
    if (letter) {
        *p = meanings[letter - letters];
        return 2;
    }
    if (c == 'u' || c == 'U') {
        size_t digits = c == 'u' ? 4 : 8;
        uint32_t value = read_number(str_from(s, 2), digits, 16);
        if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
            return 0;
        *written = utf8_encode(p, value);
        return 2 + digits;
    }
    size_t from = c == 'x' ? 2 : 1, digits = c == 'x' ? 2 : 3;
    uint32_t value = read_number(str_from(s, from), digits, c == 'x' ? 16 : 8);
    if (value > 0xff)
        return 0;
    *p = (char)value;
    return from + digits;
}

struct str rule_string_decode(struct arena *arena, struct str literal, size_t *fault)
{
    struct str inner = { literal.p + 1, literal.n - 2 };
    if (literal.p[0] == '`')
        return decode_raw(arena, inner);
    if (str_find(inner, '\\') == inner.n)
        return inner;
    char *p = arena_alloc(arena, inner.n, 1);
    size_t n = 0;
    for (size_t i = 0; i < inner.n;) {
        if (inner.p[i] != '\\') {
            p[n++] = inner.p[i++];
            continue;
        }
        size_t written, length = decode_escape(str_from(inner, i), p + n, &written);
        if (length == 0) {
            *fault = i + 1;
            return (struct str){ 0 };
        }
        n += written;
        i += length;
    }
    return str_of(p, n);
}
