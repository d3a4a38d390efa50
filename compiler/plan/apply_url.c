/* The parts of Go's net/url that middlewares meet. */
#include "base/escape.h"
#include "plan/apply_state.h"
#include "route/url.h"

struct str url_escaped(struct arena *arena, struct str path, struct str raw)
{
    struct str code;
    if (raw.n && escape_all_of(raw, ESCAPE_PATH_LEGAL) && !escape_has_bad_code(raw, &code) &&
        str_eq(escape_decode(arena, raw), path))
        return raw;
    return escape_encode(arena, path, ESCAPE_PATH_KEPT);
}

void url_set_path(struct arena *arena, struct str encoded, struct str *path, struct str *raw)
{
    *path = escape_decode(arena, encoded);
    *raw = str_eq(escape_encode(arena, *path, ESCAPE_PATH_KEPT), encoded) ? STR("") : encoded;
}

#define HOST_KEPT "!$&'()*+,;=:[]<>\""

static bool check_port(struct str port)
{
    for (size_t i = 1; i < port.n; i++)
        if (!ascii_is_digit(port.p[i]))
            return false;
    return true;
}

static bool put_authority(struct arena *arena, struct str text, struct buf *out)
{
    struct str code, host = text, port = { 0 };
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != '@')
        at--;
    if (at > 0) {
        struct str user = str_head(text, at - 1);
        if (!escape_all_of(user, "!$&'()*+,;=:%") || escape_has_bad_code(user, &code))
            return false;
        buf_put(out, str_head(text, at));
        host = str_from(text, at);
    }
    if (host.n && host.p[0] == '[') {
        size_t end = str_find(host, ']');
        if (end == host.n)
            return false;
        port = str_from(host, end + 1);
        if (port.n && port.p[0] != ':')
            return false;
    } else {
        for (size_t i = host.n; i > 0 && !port.n; i--)
            if (host.p[i - 1] == ':')
                port = str_from(host, i - 1);
    }
    for (size_t i = 0; i < host.n; i++)
        if ((unsigned char)host.p[i] < 0x80 && !escape_all_of(str_of(&host.p[i], 1), HOST_KEPT))
            return false;
    buf_put(out, escape_encode(arena, host, HOST_KEPT));
    return check_port(port);
}

/* "scheme:" in front; the rest stays in *rest. */
static bool cut_scheme(struct arena *arena, struct str *rest, struct buf *out)
{
    size_t n = url_scheme_length(*rest);
    if (n == 0)
        return false;
    for (size_t i = 0; i <= n; i++)
        buf_putc(out, ascii_lower(rest->p[i]));
    *rest = arena_copy(arena, str_from(*rest, n + 1));
    return true;
}

static void put_fragment(struct arena *arena, struct str fragment, struct buf *out)
{
    if (fragment.n == 0)
        return;
    buf_putc(out, '#');
    buf_put(out, escape_all_of(fragment, "!$&'()*+,;=:@/?%")
                     ? fragment
                     : escape_encode(arena, escape_decode(arena, fragment), "!$&()*+,;=:@/?"));
}

static bool put_url(struct arena *arena, struct str text, struct buf *out)
{
    struct str code, fragment = { 0 }, rest = text, query;
    size_t hash = str_find(text, '#');
    if (hash < text.n) {
        fragment = str_from(text, hash + 1);
        rest = str_head(text, hash);
    }
    if (str_has_control(text) || escape_has_bad_code(fragment, &code) || (rest.n && rest.p[0] == ':'))
        return false;
    bool scheme = cut_scheme(arena, &rest, out);
    query = str_from(rest, str_find(rest, '?'));
    struct str path = str_head(rest, rest.n - query.n);
    bool rooted = path.n && path.p[0] == '/';
    if (!rooted && !scheme && str_find(path, ':') < str_find(path, '/'))
        return false;
    if (scheme && !rooted && path.n) {
        buf_put(out, path);
    } else {
        if (str_starts(path, STR("//")) && (scheme || !str_starts(path, STR("///")))) {
            struct str authority = str_from(path, 2);
            authority = str_head(authority, str_find(authority, '/'));
            buf_puts(out, "//");
            if (!put_authority(arena, authority, out))
                return false;
            path = str_from(path, 2 + authority.n);
        }
        struct str decoded, raw;
        if (escape_has_bad_code(path, &code))
            return false;
        url_set_path(arena, path, &decoded, &raw);
        buf_put(out, url_escaped(arena, decoded, raw));
    }
    buf_put(out, query);
    put_fragment(arena, fragment, out);
    return true;
}

bool url_canonical(struct arena *arena, struct str text, struct str *out)
{
    struct buf url = { 0 };
    bool ok = put_url(arena, text, &url);
    *out = arena_copy(arena, buf_str(&url));
    buf_fini(&url);
    return ok;
}
