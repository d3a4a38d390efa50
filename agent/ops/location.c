#include "ops/forward.h"
#include "route/url.h"

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
