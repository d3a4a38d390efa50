#include "etcd/json.h"

#include "base/buf.h"
#include "base/hex.h"

/* Of values that are skipped; etcd's answers have 4 levels. */
enum { MAX_DEPTH = 64 };

struct etcd_json etcd_json_over(struct str text)
{
    return (struct etcd_json){ .p = text.p, .end = text.p ? text.p + text.n : NULL };
}

bool etcd_json_fail(struct etcd_json *json)
{
    json->failed = true;
    json->p = json->end;
    return false;
}

/* The next byte that is no white space, not consumed; NUL at the end. */
static char peek(struct etcd_json *json)
{
    while (json->p < json->end &&
           (*json->p == ' ' || *json->p == '\t' || *json->p == '\n' || *json->p == '\r'))
        json->p++;
    return json->p < json->end ? *json->p : '\0';
}

static bool take(struct etcd_json *json, char c)
{
    if (peek(json) != c)
        return etcd_json_fail(json);
    json->p++;
    return true;
}

static bool take_word(struct etcd_json *json, struct str word)
{
    if (!str_starts(str_of(json->p, (size_t)(json->end - json->p)), word))
        return false;
    json->p += word.n;
    return true;
}

static bool take_null(struct etcd_json *json)
{
    return peek(json) == 'n' && take_word(json, STR("null"));
}

static bool open_bracket(struct etcd_json *json, char bracket)
{
    json->first = !take_null(json) && take(json, bracket);
    return json->first;
}

bool etcd_json_object(struct etcd_json *json)
{
    return open_bracket(json, '{');
}

bool etcd_json_array(struct etcd_json *json)
{
    return open_bracket(json, '[');
}

/* At the next item of the open bracket; false, with the bracket closed, behind the last one. */
static bool next_item(struct etcd_json *json, char bracket)
{
    bool first = json->first;
    json->first = false;
    if (json->failed)
        return false;
    if (peek(json) == bracket) {
        json->p++;
        return false;
    }
    return first || take(json, ',');
}

/* What stands between two quotes, escapes as written. */
static struct str take_quoted(struct etcd_json *json, bool *escaped)
{
    *escaped = false;
    if (!take(json, '"'))
        return (struct str){ 0 };
    const char *start = json->p;
    for (const char *p = start; p < json->end; p++) {
        if (*p == '"') {
            json->p = p + 1;
            return str_of(start, (size_t)(p - start));
        }
        if (*p == '\\' && p + 1 < json->end) {
            *escaped = true;
            p++;
        }
    }
    etcd_json_fail(json);
    return (struct str){ 0 };
}

bool etcd_json_member(struct etcd_json *json, struct str *key)
{
    bool escaped;
    if (!next_item(json, '}'))
        return false;
    *key = take_quoted(json, &escaped);
    return !json->failed && take(json, ':');
}

bool etcd_json_element(struct etcd_json *json)
{
    return next_item(json, ']');
}

/* Four hexadecimal digits at the front of s, or -1. */
static long hex4(struct str s)
{
    int high = s.n < 4 ? -1 : hex_pair(s.p), low = high < 0 ? -1 : hex_pair(s.p + 2);
    return low < 0 ? -1 : high << 8 | low;
}

/* Writes a code point as UTF-8; returns the bytes written, at most 4. */
static size_t put_utf8(char *out, unsigned long c)
{
    if (c < 0x80)
        return out[0] = (char)c, 1;
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

/* The escape behind a backslash at the front of *s, which is stepped over; 0 bytes where it is none. */
static size_t take_escape(struct str *s, char *out)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char name = s->n ? s->p[0] : '\0';
    const char *at = name ? strchr(names, name) : NULL;
    *s = str_from(*s, 1);
    if (at)
        return out[0] = meanings[at - names], 1;
    long unit = name == 'u' ? hex4(*s) : -1;
    if (unit < 0)
        return 0;
    *s = str_from(*s, 4);
    unsigned long c = (unsigned long)unit;
    if (c >= 0xd800 && c < 0xe000) {
        long low = c < 0xdc00 && str_starts(*s, STR("\\u")) ? hex4(str_from(*s, 2)) : -1;
        bool pair = low >= 0xdc00 && low < 0xe000;
        if (pair)
            *s = str_from(*s, 6);
        c = pair ? 0x10000 + ((c - 0xd800) << 10) + ((unsigned long)low - 0xdc00) : 0xfffd;
    }
    return put_utf8(out, c);
}

/* No escape is shorter than what it means ("\u0041" has 6 bytes, its UTF-8 at most 3; a pair 12 and 4). */
static struct str decode_escapes(struct etcd_json *json, struct arena *arena, struct str s)
{
    char *out = arena_alloc(arena, s.n + 1, 1);
    size_t n = 0;
    while (s.n) {
        char c = s.p[0];
        s = str_from(s, 1);
        size_t wrote = c == '\\' ? take_escape(&s, out + n) : (out[n] = c, (size_t)1);
        if (wrote == 0) {
            etcd_json_fail(json);
            return (struct str){ 0 };
        }
        n += wrote;
    }
    return str_of(out, n);
}

struct str etcd_json_string(struct etcd_json *json, struct arena *arena)
{
    bool escaped;
    if (take_null(json))
        return (struct str){ 0 };
    struct str s = take_quoted(json, &escaped);
    return escaped && !json->failed ? decode_escapes(json, arena, s) : s;
}

static bool is_number_byte(char c)
{
    return ascii_is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* The text of a number, in quotes or not. */
static struct str take_number(struct etcd_json *json)
{
    bool escaped;
    if (peek(json) == '"')
        return take_quoted(json, &escaped);
    const char *start = json->p;
    while (json->p < json->end && is_number_byte(*json->p))
        json->p++;
    return str_of(start, (size_t)(json->p - start));
}

int64_t etcd_json_int64(struct etcd_json *json)
{
    int64_t value = 0;
    if (!take_null(json) && !str_to_int64(take_number(json), &value))
        return etcd_json_fail(json), 0;
    return value;
}

uint64_t etcd_json_uint64(struct etcd_json *json)
{
    if (take_null(json))
        return 0;
    struct str s = take_number(json);
    uint64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (!ascii_is_digit(s.p[i]) || value > (UINT64_MAX - digit) / 10)
            return etcd_json_fail(json), 0;
        value = value * 10 + digit;
    }
    if (s.n == 0)
        etcd_json_fail(json);
    return value;
}

bool etcd_json_bool(struct etcd_json *json)
{
    char c = peek(json);
    if (c == 't' && take_word(json, STR("true")))
        return true;
    if (!(c == 'f' && take_word(json, STR("false"))) && !take_null(json))
        etcd_json_fail(json);
    return false;
}

static void skip_value(struct etcd_json *json, int depth)
{
    struct str key;
    bool escaped;
    char c = peek(json);
    if (depth == 0) {
        etcd_json_fail(json);
    } else if (c == '{') {
        for (etcd_json_object(json); etcd_json_member(json, &key);)
            skip_value(json, depth - 1);
    } else if (c == '[') {
        for (etcd_json_array(json); etcd_json_element(json);)
            skip_value(json, depth - 1);
    } else if (c == '"') {
        take_quoted(json, &escaped);
    } else if (c == 't' || c == 'f' || c == 'n') {
        etcd_json_bool(json);
    } else if (take_number(json).n == 0) {
        etcd_json_fail(json);
    }
}

void etcd_json_skip(struct etcd_json *json)
{
    skip_value(json, MAX_DEPTH);
}

bool etcd_json_end(struct etcd_json *json)
{
    if (peek(json) != '\0' || json->p < json->end)
        etcd_json_fail(json);
    return !json->failed;
}
