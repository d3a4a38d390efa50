/* Any bytes through each way of quoting; readers of the other side, as its manual describes them, find one
 * word, one field or one line, and get the bytes back where they can be had back. */
#include <assert.h>

#include "base/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return false;
}

/* The value of a hexadecimal digit of either case. */
static unsigned hex(char c)
{
    return ascii_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(ascii_lower(c) - 'a' + 10);
}

/* A configuration line of one word, read as HAProxy reads it (Configuration Manual 2.2): what it ends up as.
 */
static void read_word(struct str line, struct buf *out)
{
    bool quoted = false, any = false;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        any = true;
        assert(quoted || (c != ' ' && c != '\t' && c != '#' && c != '\'' && c != '\n'));
        if (c == '"') {
            quoted = !quoted;
        } else if (c == '\\') {
            assert(i + 1 < line.n);
            c = line.p[++i];
            if (c == 'x') {
                assert(i + 2 < line.n);
                c = (char)(hex(line.p[i + 1]) << 4 | hex(line.p[i + 2]));
                i += 2;
            }
            buf_putc(out, c);
        } else {
            assert(!quoted || c != '$'); /* a variable */
            buf_putc(out, c);
        }
    }
    assert(any && !quoted);
}

static void check_word(struct str s)
{
    struct buf line = { 0 }, back = { 0 }, want = { 0 };
    quote_word(&line, s);
    assert(!holds_control(buf_str(&line)));
    read_word(buf_str(&line), &back);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            buf_putc(&want, s.p[i]);
    assert(str_eq(buf_str(&back), buf_str(&want)));
    buf_fini(&line);
    buf_fini(&back);
    buf_fini(&want);
}

/* One word of a command: nothing in it parts words or commands, and it is the text but for its line ends and
 * NULs. */
static void check_command(struct str s)
{
    struct buf word = { 0 }, back = { 0 };
    quote_command(&word, s);
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        if (c == '\\') {
            assert(i + 1 < word.n);
            c = word.p[++i];
        } else {
            assert(c != ' ' && c != '\t' && c != ';' && c != '#');
        }
        assert(c != '\n' && c != '\0');
        buf_putc(&back, c);
    }
    assert(back.n == s.n);
    for (size_t i = 0; i < s.n; i++)
        assert(back.p[i] == s.p[i] || back.p[i] == '?');
    buf_fini(&word);
    buf_fini(&back);
}

static void check_map_key(struct str s)
{
    struct buf key = { 0 };
    quote_map_key(&key, s);
    assert(!holds_control(buf_str(&key)) && str_find(buf_str(&key), ' ') == key.n);
    assert(key.n == 0 || key.p[0] != '#');
    buf_fini(&key);
}

static void check_field(struct str s)
{
    struct buf field = { 0 }, back = { 0 };
    quote_field(&field, s);
    for (size_t i = 0; i < field.n; i++) {
        char c = field.p[i];
        assert((unsigned char)c > 0x20 && c != 0x7f && c != ';' && c != '?' && c != '"' && c != '\\');
        if (c == '%') {
            assert(i + 2 < field.n);
            c = (char)(hex(field.p[i + 1]) << 4 | hex(field.p[i + 2]));
            i += 2;
        }
        buf_putc(&back, c);
    }
    assert(str_eq(buf_str(&back), s));
    buf_fini(&field);
    buf_fini(&back);
}

static void check_name(struct str s)
{
    struct buf name = { 0 }, back = { 0 };
    quote_name(&name, s);
    for (size_t i = 0; i < name.n; i++) {
        char c = ascii_lower(name.p[i]);
        assert((c >= 'a' && c <= 'z') || ascii_is_digit(c) || c == '.' || c == '_' || c == '-' || c == ':');
    }
    assert(unquote_name(&back, buf_str(&name)) && str_eq(buf_str(&back), s));
    buf_reset(&back);
    if (unquote_name(&back, s)) { /* what can be read is what would have been written */
        buf_reset(&name);
        quote_name(&name, buf_str(&back));
        assert(str_eq(buf_str(&name), s));
    }
    buf_fini(&name);
    buf_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = str_of((const char *)data, size);
    check_word(s);
    check_command(s);
    check_map_key(s);
    check_field(s);
    check_name(s);
    return 0;
}
