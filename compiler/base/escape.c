#include "base/escape.h"

#include "base/hex.h"

#include <string.h>

bool escape_is_code(struct str s, size_t at)
{
    return s.p[at] == '%' && s.n - at > 2 && hex_pair(s.p + at + 1) >= 0;
}

char escape_byte(struct str s, size_t at)
{
    return (char)(unsigned char)hex_pair(s.p + at + 1);
}

struct str escape_decode(struct arena *arena, struct str s)
{
    char *p = arena_alloc(arena, s.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool code = escape_is_code(s, i);
        p[n++] = code ? escape_byte(s, i) : s.p[i];
        i += code ? 2 : 0;
    }
    return str_of(p, n);
}

bool escape_has_bad_code(struct str s, struct str *code)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%')
            continue;
        if (!escape_is_code(s, i)) {
            *code = str_head(str_from(s, i), 3);
            return true;
        }
        i += 2;
    }
    return false;
}

bool escape_is_unreserved(char c)
{
    return ascii_is_alnum(c) || (c && strchr("-._~", c));
}

static bool is_of(char c, const char *more)
{
    return escape_is_unreserved(c) || (c && strchr(more, c));
}

bool escape_all_of(struct str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_of(s.p[i], more))
            return false;
    return true;
}

struct str escape_encode(struct arena *arena, struct str s, const char *kept)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < s.n; i++)
        if (is_of(s.p[i], kept))
            buf_putc(&out, s.p[i]);
        else
            hex_put_code(&out, '%', s.p[i]);
    struct str copy = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return copy;
}

struct str escape_clean_path(struct arena *arena, struct str path)
{
    char *p = arena_alloc(arena, path.n + 2, 1);
    size_t n = 0;
    bool slash = path.n && path.p[path.n - 1] == '/';
    for (struct str rest = path; rest.p;) {
        struct str segment = str_cut(&rest, '/');
        if (segment.n == 0 || str_eq(segment, STR(".")))
            continue;
        if (str_eq(segment, STR(".."))) {
            while (n > 0 && p[--n] != '/')
                continue;
            continue;
        }
        p[n++] = '/';
        memcpy(p + n, segment.p, segment.n);
        n += segment.n;
    }
    if (n == 0 || slash)
        p[n++] = '/';
    return str_of(p, n);
}
