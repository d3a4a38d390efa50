#include "base/escape.h"
#include "ops/forward.h"
#include "route/url.h"

/* Where the scheme ends, with its ':'. */
static size_t behind_scheme(struct str s)
{
    size_t scheme = url_scheme_length(s);
    return scheme ? scheme + 1 : 0;
}

static bool is_authority(struct str s)
{
    size_t at = s.n, port;
    while (at > 0 && s.p[at - 1] != '@')
        at--;
    struct str host = str_from(s, at);
    bool bracket = host.n && host.p[0] == '[';
    for (size_t i = 0; i < host.n; i++)
        if (strchr(" \"<>\\^`{|}%", host.p[i]))
            return false;
    port = str_find(host, bracket ? ']' : ':');
    if (bracket && port == host.n)
        return false;
    host = str_from(host, port + bracket);
    for (size_t i = 0; i < host.n; i++)
        if (i == 0 ? host.p[i] != ':' : !ascii_is_digit(host.p[i]))
            return false;
    return true;
}

bool location_is_url(struct str location)
{
    struct str fragment = location, url = str_cut(&fragment, '#'), code;
    size_t scheme = behind_scheme(url);
    if (str_has_control(location) || str_starts(url, STR(":")) || escape_has_bad_code(fragment, &code))
        return false;
    struct str rest = str_from(url, scheme);
    rest = str_head(rest, str_find(rest, '?'));
    bool rooted = str_starts(rest, STR("/"));
    if (!rooted && scheme)
        return true; /* opaque, as in mailto:x */
    struct str first = str_head(rest, str_find(rest, '/'));
    if (!rooted && str_find(first, ':') < first.n)
        return false;
    if (str_starts(rest, STR("//"))) {
        struct str authority = str_from(rest, 2);
        size_t end = str_find(authority, '/');
        if (!is_authority(str_head(authority, end)))
            return false;
        rest = str_from(authority, end);
    }
    return !escape_has_bad_code(rest, &code);
}

/* Bytes that are not ASCII as codes, in small letters. */
static void put_ascii(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x80)
            buf_putc(out, s.p[i]);
        else
            buf_printf(out, "%%%02x", (unsigned char)s.p[i]);
}

void location_redirect(struct buf *out, struct str url, struct str location)
{
    if (!location_is_url(location) || behind_scheme(location) || str_starts(location, STR("//"))) {
        put_ascii(out, location);
        return;
    }
    struct arena *arena = arena_create();
    struct buf joined = { 0 };
    struct str path = str_head(url, str_find(url, '?'));
    size_t folder = path.n;
    while (folder > 0 && path.p[folder - 1] != '/')
        folder--;
    if (!str_starts(location, STR("/")))
        buf_put(&joined, str_head(path, folder));
    buf_put(&joined, location);
    struct str whole = buf_str(&joined);
    size_t query = str_find(whole, '?');
    put_ascii(out, escape_clean_path(arena, str_head(whole, query)));
    put_ascii(out, str_from(whole, query));
    buf_fini(&joined);
    arena_destroy(arena);
}

/* A path without "." and ".." segments (RFC 3986 5.2.4, Go's resolvePath). */
static void put_path(struct buf *out, struct str path)
{
    size_t start = out->n;
    struct str rest = str_from(path, path.n && path.p[0] == '/');
    bool slash = false;
    while (rest.p && rest.n + 1 > 0) {
        struct str segment = str_cut(&rest, '/');
        bool last = rest.p == NULL;
        if (str_eq(segment, STR(".")) || str_eq(segment, STR(".."))) {
            if (segment.n == 2 && out->n > start) {
                while (out->n > start && out->p[out->n - 1] != '/')
                    out->n--;
                out->n -= out->n > start;
            }
            slash = last;
        } else {
            buf_putc(out, '/');
            buf_put(out, segment);
            slash = false;
        }
        if (last)
            break;
    }
    if (slash || out->n == start)
        buf_putc(out, '/');
}

void location_resolve(struct buf *out, struct str base, struct str location)
{
    if (url_scheme_length(location)) {
        buf_put(out, location);
        return;
    }
    size_t scheme = url_scheme_length(base) + 1;
    struct str authority = str_from(base, scheme + 2); /* behind "//" */
    struct str path = str_from(authority, 0);
    size_t end = 0;
    while (end < authority.n && !strchr("/?#", authority.p[end]))
        end++;
    path = str_from(authority, end);
    authority = str_head(authority, end);
    path = str_head(path, str_find(path, '#'));
    struct str base_path = str_head(path, str_find(path, '?'));
    buf_put(out, str_head(base, scheme));
    if (str_starts(location, STR("//"))) {
        buf_put(out, location);
        return;
    }
    buf_puts(out, "//");
    buf_put(out, authority);
    size_t tail = 0;
    while (tail < location.n && location.p[tail] != '?' && location.p[tail] != '#')
        tail++;
    struct str target = str_head(location, tail), rest = str_from(location, tail);
    if (target.n == 0) {
        bool fragment = rest.n && rest.p[0] == '#';
        buf_put(out, fragment ? path : base_path);
    } else if (target.p[0] == '/') {
        put_path(out, target);
    } else {
        struct buf joined = { 0 };
        size_t folder = base_path.n;
        while (folder > 0 && base_path.p[folder - 1] != '/')
            folder--;
        buf_put(&joined, folder ? str_head(base_path, folder) : STR("/"));
        buf_put(&joined, target);
        put_path(out, buf_str(&joined));
        buf_fini(&joined);
    }
    buf_put(out, rest);
}
