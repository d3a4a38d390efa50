#include "base/quote.h"

#include "base/hex.h"

void quote_name(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (ascii_is_alnum(c) || c == '.' || c == '_' || c == '-')
            buf_putc(out, c);
        else
            hex_put_code(out, ':', c);
    }
}

bool unquote_name(struct buf *out, struct str s)
{
    struct buf again = { 0 };
    size_t start = out->n;
    for (size_t i = 0; i < s.n; i++) {
        int code = s.p[i] == ':' && s.n - i > 2 ? hex_pair(s.p + i + 1) : -1;
        buf_putc(out, code < 0 ? s.p[i] : (char)(unsigned char)code);
        i += code < 0 ? 0 : 2;
    }
    quote_name(&again, str_from(buf_str(out), start));
    bool same = str_eq(buf_str(&again), s);
    buf_fini(&again);
    return same;
}

static bool is_plain_word(struct str s)
{
    return s.n > 0 && str_is_of(s, "-_.:/@,+=%~*?()[]|<>!^&");
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
        } else if (ascii_is_control(c)) {
            buf_puts(out, "\\x");
            hex_put(out, str_of(&c, 1));
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
        if (c == ' ' || c == ';' || c == '\\' || c == '#' || ascii_is_control(c))
            buf_putc(out, '\\');
        buf_putc(out, c);
    }
}

void quote_map_key(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (ascii_is_control(c) || c == ' ' || (i == 0 && c == '#'))
            hex_put_code(out, '%', c);
        else
            buf_putc(out, c);
    }
}

void quote_field(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!ascii_is_control(c) && !memchr(" ;%?\"\\", c, 6))
            buf_putc(out, c);
        else
            hex_put_code(out, '%', c);
    }
}

void quote_label(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (ascii_is_alnum(c) || c == '.' || c == '_' || c == '-')
            buf_putc(out, c);
        else
            hex_put_code(out, '%', c);
    }
}
