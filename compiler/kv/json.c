#include "kv/json.h"

#include "kv/reader.h"

struct json json_open(struct arena *arena, struct str bytes)
{
    return (struct json){ .rest = bytes, .line = 1, .arena = arena };
}

static bool fail(struct json *in, const char *expected)
{
    if (!in->error)
        in->error = expected;
    return false;
}

/* The next byte, or NUL at the end and after an error. */
static char next_byte(const struct json *in)
{
    return in->rest.n && !in->error ? in->rest.p[0] : '\0';
}

static void advance(struct json *in, size_t n)
{
    in->rest = str_from(in->rest, n);
}

/* Line ends stand nowhere else: a string cannot hold one. */
static void skip_space(struct json *in)
{
    size_t n = 0;
    for (; n < in->rest.n && memchr(" \n\r\t", in->rest.p[n], 4); n++)
        in->line += in->rest.p[n] == '\n';
    advance(in, n);
}

static bool take(struct json *in, char c)
{
    skip_space(in);
    if (in->error || in->rest.n == 0 || in->rest.p[0] != c)
        return false;
    advance(in, 1);
    return true;
}

enum json_kind json_peek(struct json *in)
{
    skip_space(in);
    char c = next_byte(in);
    switch (c) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    }
    if (c == '-' || ascii_is_digit(c))
        return JSON_NUMBER;
    fail(in, "a value was expected");
    return JSON_ERROR;
}

bool json_enter(struct json *in, char open)
{
    char close = open == '{' ? '}' : ']';
    if (!take(in, open))
        return fail(in, open == '{' ? "an object was expected" : "an array was expected");
    if (++in->depth > KV_MAX_DEPTH)
        return fail(in, "it is nested too deeply");
    if (!take(in, close))
        return true;
    in->depth--;
    return false;
}

bool json_more(struct json *in, char close)
{
    if (take(in, ','))
        return true;
    if (!take(in, close))
        return fail(in, close == '}' ? "',' or '}' was expected" : "',' or ']' was expected");
    in->depth--;
    return false;
}

static bool read_hex4(struct str s, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = i < s.n ? ascii_lower(s.p[i]) : '\0';
        if (!ascii_is_digit(c) && (c < 'a' || c > 'f'))
            return false;
        *out = *out << 4 | (unsigned)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return true;
}

static size_t put_utf8(char *to, unsigned code)
{
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = n; i-- > 1; code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3f));
    to[0] = (char)(lead[n] | code);
    return n;
}

/* The code point of \uXXXX at the start of s (a pair of them where it is a surrogate); how many bytes it
 * took, or 0 where it is malformed. */
static size_t read_code_point(struct str s, unsigned *code)
{
    unsigned low;
    if (!read_hex4(str_from(s, 2), code))
        return 0;
    if (*code < 0xd800 || *code > 0xdfff)
        return 6;
    bool pair = *code < 0xdc00 && str_starts(str_from(s, 6), STR("\\u")) && read_hex4(str_from(s, 8), &low) &&
                low >= 0xdc00 && low <= 0xdfff;
    *code = pair ? 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
    return pair ? 12 : 6;
}

/* A text never grows: each escape is at least as long as what it stands for. */
static struct str unescape(struct json *in, struct str raw)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *p = arena_alloc(in->arena, raw.n + 1, 1);
    size_t n = 0;
    for (size_t took; raw.n; raw = str_from(raw, took)) {
        took = 1;
        if (raw.p[0] != '\\') {
            p[n++] = raw.p[0];
            continue;
        }
        unsigned code;
        char escape = raw.n > 1 ? raw.p[1] : '\0';
        const char *at = escape ? strchr(from, escape) : NULL;
        if (at) {
            p[n++] = to[at - from];
            took = 2;
        } else if (escape == 'u' && (took = read_code_point(raw, &code)) > 0) {
            n += put_utf8(p + n, code);
        } else {
            fail(in, "a string holds a broken escape");
            return (struct str){ 0 };
        }
    }
    return str_of(p, n);
}

static struct str read_string(struct json *in)
{
    bool escaped = false;
    size_t n = 0;
    if (!take(in, '"')) {
        fail(in, "a string was expected");
        return (struct str){ 0 };
    }
    while (n < in->rest.n && in->rest.p[n] != '"') {
        if ((unsigned char)in->rest.p[n] < 0x20) {
            fail(in, "a string holds a control character");
            return (struct str){ 0 };
        }
        escaped |= in->rest.p[n] == '\\';
        n += in->rest.p[n] == '\\' ? 2 : 1;
    }
    if (n >= in->rest.n) {
        fail(in, "a string does not end");
        return (struct str){ 0 };
    }
    struct str raw = str_head(in->rest, n);
    advance(in, n + 1);
    return escaped ? unescape(in, raw) : raw;
}

static size_t count_digits(struct str s, size_t from)
{
    size_t n = 0;
    while (from + n < s.n && ascii_is_digit(s.p[from + n]))
        n++;
    return n;
}

static struct str read_number(struct json *in)
{
    struct str s = in->rest;
    size_t n = s.p[0] == '-', digits = count_digits(s, n);
    bool good = digits == 1 || (digits > 1 && s.p[n] != '0');
    n += digits;
    if (n < s.n && s.p[n] == '.') {
        digits = count_digits(s, n + 1);
        good &= digits > 0;
        n += 1 + digits;
    }
    if (n < s.n && (s.p[n] == 'e' || s.p[n] == 'E')) {
        n += n + 1 < s.n && (s.p[n + 1] == '-' || s.p[n + 1] == '+') ? 2 : 1;
        digits = count_digits(s, n);
        good &= digits > 0;
        n += digits;
    }
    if (!good) {
        fail(in, "a number is malformed");
        return (struct str){ 0 };
    }
    advance(in, n);
    return str_head(s, n);
}

static struct str read_word(struct json *in, struct str word)
{
    if (!str_starts(in->rest, word)) {
        fail(in, "a value was expected");
        return (struct str){ 0 };
    }
    advance(in, word.n);
    return word;
}

struct str json_name(struct json *in)
{
    struct str name = read_string(in);
    if (!take(in, ':'))
        fail(in, "':' was expected");
    return in->error ? (struct str){ 0 } : name;
}

struct str json_text(struct json *in)
{
    switch (json_peek(in)) {
    case JSON_STRING:
        return read_string(in);
    case JSON_NUMBER:
        return read_number(in);
    case JSON_TRUE:
        return read_word(in, STR("true"));
    case JSON_FALSE:
        return read_word(in, STR("false"));
    case JSON_NULL:
        return read_word(in, STR("null"));
    default:
        fail(in, "a plain value was expected");
        return (struct str){ 0 };
    }
}

void json_skip(struct json *in)
{
    switch (json_peek(in)) {
    case JSON_OBJECT:
        for (bool more = json_enter(in, '{'); more; more = json_more(in, '}')) {
            json_name(in);
            json_skip(in);
        }
        break;
    case JSON_ARRAY:
        for (bool more = json_enter(in, '['); more; more = json_more(in, ']'))
            json_skip(in);
        break;
    default:
        json_text(in);
    }
}

bool json_end(struct json *in)
{
    skip_space(in);
    if (in->rest.n)
        fail(in, "nothing more was expected");
    return in->error == NULL;
}
