#include "explain/path.h"

#include "base/escape.h"
#include "base/hex.h"

static struct str finish(struct arena *arena, struct buf *text)
{
    struct str out = arena_copy(arena, buf_str(text));
    buf_fini(text);
    return out;
}

bool path_is_encoded(struct str path)
{
    struct str code;
    return !escape_has_bad_code(path, &code);
}

struct str path_decode(struct arena *arena, struct str path)
{
    return escape_decode(arena, path);
}

/* RFC 3986 6.2.2: unreserved characters are not encoded, codes have capitals. */
static struct str normalise_codes(struct arena *arena, struct str path)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < path.n; i++) {
        bool code = escape_is_code(path, i);
        char c = code ? escape_byte(path, i) : path.p[i];
        if (code && !escape_is_unreserved(c))
            hex_put_code(&out, '%', c);
        else
            buf_putc(&out, c);
        i += code ? 2 : 0;
    }
    return finish(arena, &out);
}

/* net/url EscapedPath: as it stands if it is a legal one, else wholly encoded anew. */
struct str path_encoded(struct arena *arena, struct str path)
{
    struct str normal = normalise_codes(arena, path);
    return escape_all_of(normal, ESCAPE_PATH_LEGAL)
               ? normal
               : escape_encode(arena, escape_decode(arena, normal), ESCAPE_PATH_KEPT);
}

struct str path_normal(struct arena *arena, struct str path)
{
    return escape_clean_path(arena, path_encoded(arena, path));
}

struct str path_routing(struct arena *arena, struct str normal, bool key)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < normal.n; i++) {
        bool code = escape_is_code(normal, i);
        char c = code ? escape_byte(normal, i) : normal.p[i];
        bool blank = c == ' ' || ascii_is_control(c);
        bool reserved = c && strchr(":/?#[]@!$&'()*+,;=%", c);
        if (code && reserved)
            buf_put(&out, str_head(str_from(normal, i), 3));
        else if (code && key && blank)
            hex_put_code(&out, '#', c);
        else
            buf_putc(&out, c);
        i += code ? 2 : 0;
    }
    return finish(arena, &out);
}
