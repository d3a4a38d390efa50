#include "explain/path.h"

#include "base/buf.h"

static int hex_value(char c)
{
    char l = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

static bool is_code(struct str s)
{
    return s.n >= 3 && s.p[0] == '%' && hex_value(s.p[1]) >= 0 && hex_value(s.p[2]) >= 0;
}

static char code_byte(struct str s)
{
    return (char)(unsigned char)(hex_value(s.p[1]) << 4 | hex_value(s.p[2]));
}

static bool is_of(char c, const char *marks)
{
    char l = ascii_lower(c);
    return ascii_is_digit(c) || (l >= 'a' && l <= 'z') || (c && strchr(marks, c));
}

static struct str finish(struct arena *arena, struct buf *text)
{
    struct str out = arena_copy(arena, buf_str(text));
    buf_fini(text);
    return out;
}

bool path_is_encoded(struct str path)
{
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '%' && !is_code(str_from(path, i)))
            return false;
    return true;
}

struct str path_decode(struct arena *arena, struct str path)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < path.n; i++) {
        bool code = is_code(str_from(path, i));
        buf_putc(&out, code ? code_byte(str_from(path, i)) : path.p[i]);
        i += code ? 2 : 0;
    }
    return finish(arena, &out);
}

/* RFC 3986 6.2.2: unreserved characters are not encoded, codes have capitals. */
static struct str normalise_codes(struct arena *arena, struct str path)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < path.n; i++) {
        bool code = is_code(str_from(path, i));
        char c = code ? code_byte(str_from(path, i)) : path.p[i];
        if (code && !is_of(c, "-._~"))
            buf_printf(&out, "%%%02X", (unsigned)(unsigned char)c);
        else
            buf_putc(&out, c);
        i += code ? 2 : 0;
    }
    return finish(arena, &out);
}

/* net/url EscapedPath: as it stands if it is a legal one, else wholly encoded anew. */
static struct str escape(struct arena *arena, struct str path)
{
    bool legal = true;
    for (size_t i = 0; i < path.n && legal; i++)
        legal = is_of(path.p[i], "._~!$&'()*+,;=:@/%[]-");
    if (legal)
        return path;
    struct str plain = path_decode(arena, path);
    struct buf out = { 0 };
    for (size_t i = 0; i < plain.n; i++) {
        if (is_of(plain.p[i], "._~$&+,/:;=@-"))
            buf_putc(&out, plain.p[i]);
        else
            buf_printf(&out, "%%%02X", (unsigned)(unsigned char)plain.p[i]);
    }
    return finish(arena, &out);
}

/* net/url JoinPath: without empty, "." and ".." segments; a slash at the end stays. */
static struct str clean(struct arena *arena, struct str path)
{
    struct buf out = { 0 };
    for (struct str rest = path; rest.p;) {
        struct str segment = str_cut(&rest, '/');
        if (segment.n == 0 || str_eq(segment, STR(".")))
            continue;
        if (!str_eq(segment, STR(".."))) {
            buf_putc(&out, '/');
            buf_put(&out, segment);
            continue;
        }
        while (out.n && out.p[out.n - 1] != '/')
            out.n--;
        out.n -= out.n > 0;
    }
    if (out.n == 0 || path.p[path.n - 1] == '/')
        buf_putc(&out, '/');
    return finish(arena, &out);
}

struct str path_encoded(struct arena *arena, struct str path)
{
    return escape(arena, normalise_codes(arena, path));
}

struct str path_normal(struct arena *arena, struct str path)
{
    return clean(arena, path_encoded(arena, path));
}

struct str path_routing(struct arena *arena, struct str normal, bool key)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < normal.n; i++) {
        bool code = is_code(str_from(normal, i));
        char c = code ? code_byte(str_from(normal, i)) : normal.p[i];
        bool blank = (unsigned char)c <= 0x20 || c == 0x7f;
        bool reserved = c && strchr(":/?#[]@!$&'()*+,;=%", c);
        if (code && reserved)
            buf_put(&out, str_head(str_from(normal, i), 3));
        else if (code && key && blank)
            buf_printf(&out, "#%02X", (unsigned)(unsigned char)c);
        else
            buf_putc(&out, c);
        i += code ? 2 : 0;
    }
    return finish(arena, &out);
}
