#include "base/quote.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ascii_is_digit(c);
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static void put_hex(struct buf *out, char lead, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    buf_putc(out, lead);
    buf_putc(out, digits[(unsigned char)c >> 4]);
    buf_putc(out, digits[(unsigned char)c & 15]);
}

void quote_name(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (is_alnum(c) || c == '.' || c == '_' || c == '-')
            buf_putc(out, c);
        else
            put_hex(out, ':', c);
    }
}

static int hex_value(char c)
{
    return ascii_is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool unquote_name(struct buf *out, struct str s)
{
    struct buf again = { 0 };
    size_t start = out->n;
    for (size_t i = 0; i < s.n; i++) {
        bool code = s.p[i] == ':' && s.n - i > 2 && hex_value(s.p[i + 1]) >= 0 && hex_value(s.p[i + 2]) >= 0;
        buf_putc(out, code ? (char)(unsigned char)(hex_value(s.p[i + 1]) * 16 + hex_value(s.p[i + 2])) : s.p[i]);
        i += code ? 2 : 0;
    }
    quote_name(&again, str_from(buf_str(out), start));
    bool same = str_eq(buf_str(&again), s);
    buf_fini(&again);
    return same;
}

static bool is_plain_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && !memchr("-_.:/@,+=%~*?()[]|<>!^&", s.p[i], 23))
            return false;
    return s.n > 0;
}

void quote_word(struct buf *out, struct str s)
{
    if (is_plain_word(s)) {
        buf_put(out, s);
        return;
    }
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\0')
            continue;
        if (c == '"' || c == '\\' || c == '$') {
            buf_putc(out, '\\');
            buf_putc(out, c);
        } else if (is_control(c)) {
            buf_puts(out, "\\x");
            buf_putc(out, "0123456789abcdef"[(unsigned char)c >> 4]);
            buf_putc(out, "0123456789abcdef"[(unsigned char)c & 15]);
        } else {
            buf_putc(out, c);
        }
    }
    buf_putc(out, '"');
}

void quote_command(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\n' || c == '\r' || c == '\0') {
            buf_putc(out, '?');
            continue;
        }
        if (c == ' ' || c == ';' || c == '\\' || c == '#' || is_control(c))
            buf_putc(out, '\\');
        buf_putc(out, c);
    }
}

void quote_map_key(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (is_control(c) || c == ' ' || (i == 0 && c == '#'))
            put_hex(out, '%', c);
        else
            buf_putc(out, c);
    }
}

void quote_field(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!is_control(c) && !memchr(" ;%?\"\\", c, 6))
            buf_putc(out, c);
        else
            put_hex(out, '%', c);
    }
}

void quote_label(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (is_alnum(c) || c == '.' || c == '_' || c == '-')
            buf_putc(out, c);
        else
            put_hex(out, '%', c);
    }
}
