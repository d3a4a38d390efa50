/* The parts of Go's net/url that middlewares meet. */
#include "base/address.h"
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

/* What stands in brackets: an IPv6 address, maybe with a zone. */
static bool check_literal(struct arena *arena, struct str text)
{
    struct address address;
    size_t zone = str_search(text, STR("%25"));
    struct str name = zone < text.n ? str_from(text, zone + 3) : STR("x");
    return str_find(text, ':') < text.n && name.n > 0 && str_is_of(name, "._~-") &&
           address_read(arena_copy(arena, str_head(text, zone < text.n ? zone : text.n)), &address);
}

/* Codes may stand for '%' itself and for what is not ASCII. Of http and https, the port begins at the first
 * colon, else at the last one. */
static bool put_host(struct arena *arena, struct str scheme, struct str host, struct buf *out)
{
    size_t at = str_find(host, ':'), end = host.n;
    if (host.n && host.p[0] == '[') {
        while (end > 0 && host.p[end - 1] != ']')
            end--;
        struct str inner = str_from(str_head(host, end ? end - 1 : 0), 1), port = str_from(host, end);
        if (end == 0 || str_find(inner, '[') < inner.n || !check_literal(arena, inner))
            return false;
        buf_put(out, host);
        return (port.n == 0 || port.p[0] == ':') && check_port(port);
    }
    if (!str_eq(scheme, STR("http")) && !str_eq(scheme, STR("https")))
        for (size_t i = at; i < host.n; i++)
            at = host.p[i] == ':' ? i : at;
    for (size_t i = 0; i < host.n; i++) {
        struct str code = str_head(str_from(host, i), 3);
        if (escape_is_code(host, i) &&
            ((unsigned char)escape_byte(host, i) >= 0x80 || str_eq(code, STR("%25"))))
            i += 2;
        else if (host.p[i] == '[' ||
                 ((unsigned char)host.p[i] < 0x80 && !escape_all_of(str_head(code, 1), HOST_KEPT)))
            return false;
    }
    buf_put(out, escape_encode(arena, escape_decode(arena, host), HOST_KEPT));
    return check_port(str_from(host, at));
}

static void put_decoded(struct arena *arena, struct str s, struct buf *out)
{
    buf_put(out, escape_encode(arena, escape_decode(arena, s), "$&+,;="));
}

static bool put_authority(struct arena *arena, struct str scheme, struct str text, struct buf *out)
{
    struct str code;
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != '@')
        at--;
    if (at > 0) {
        struct str user = str_head(text, at - 1), name = str_head(user, str_find(user, ':'));
        if (!escape_all_of(user, "!$&'()*+,;=:@%") || escape_has_bad_code(user, &code))
            return false;
        put_decoded(arena, name, out);
        if (name.n < user.n) {
            buf_putc(out, ':');
            put_decoded(arena, str_from(user, name.n + 1), out);
        }
        buf_putc(out, '@');
    }
    return put_host(arena, scheme, str_from(text, at), out);
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
            path = str_from(path, 2 + authority.n);
            struct str before = arena_copy(arena, str_head(buf_str(out), scheme ? out->n - 1 : 0));
            if (authority.n || path.n)
                buf_puts(out, "//");
            if (!put_authority(arena, before, authority, out))
                return false;
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
