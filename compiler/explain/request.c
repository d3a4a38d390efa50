#include "explain/request.h"

#include "base/vec.h"
#include "explain/forward.h"
#include "explain/path.h"

static struct str lower(struct arena *arena, struct str s)
{
    struct str copy = arena_copy(arena, s);
    char *p = (char *)copy.p;
    for (size_t i = 0; i < copy.n; i++)
        p[i] = ascii_lower(p[i]);
    return copy;
}

static bool has_any(struct str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] && strchr(set, s.p[i]))
            return true;
    return false;
}

/* Traefik's requestdecorator parseHost. */
static struct str host_of(struct str host)
{
    size_t colon = str_find(host, ':');
    if (colon == host.n)
        return host;
    size_t last = host.n;
    while (host.p[last - 1] != ':')
        last--;
    struct str front = str_head(host, last - 1), port = str_from(host, last);
    bool bracketed = host.p[0] == '[' && str_find(host, ']') < host.n;
    if (bracketed && front.n > 1 && front.p[front.n - 1] == ']' && !has_any(port, "[]") &&
        !has_any(str_of(front.p + 1, front.n - 2), "[]"))
        return str_of(front.p + 1, front.n - 2);
    if (!has_any(host, "[]") && last - 1 == colon)
        return front;
    if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        return str_of(host.p + 1, host.n - 2);
    return host;
}

/* golang.org/x/net/http/httpguts ValidHostHeader */
static bool is_host_header(struct str s)
{
    return str_is_of(s, "!$%&'()*+,.:;=[]_~-");
}

static const char *read_host(struct arena *arena, struct str header, struct request *out)
{
    if (!is_host_header(header))
        return "malformed Host header";
    struct str host = lower(arena, host_of(header));
    out->authority = header;
    bool one_dot = host.n > 1 && host.p[host.n - 1] == '.' && host.p[host.n - 2] != '.';
    out->host = host;
    out->host_key = str_head(host, host.n - one_dot);
    return NULL;
}

/* Splits what stands before the path of an absolute target off: *host is set where there is one. */
static struct str cut_authority(struct str target, struct str *host)
{
    size_t scheme = str_search(target, STR("://"));
    if (scheme == SIZE_MAX || scheme > str_find(target, '/'))
        return target;
    struct str rest = str_from(target, scheme + 3);
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    *host = str_head(rest, end);
    return str_from(rest, end);
}

/* As the upstream gets it. */
static struct str query_of(struct arena *arena, struct str query, bool encode)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < query.n; i++)
        if (query.p[i] != ';')
            buf_putc(&out, query.p[i]);
        else
            buf_puts(&out, encode ? "%3B" : "&");
    struct str done = out.n ? arena_copy(arena, buf_str(&out)) : STR("");
    buf_fini(&out);
    return done;
}

static const char *read_target(struct arena *arena, const struct entry_point *entry, struct str target,
                               struct request *out)
{
    for (size_t i = 0; i < target.n; i++)
        if (target.p[i] == ' ' || ascii_is_control(target.p[i]))
            return "a blank or control character in the target";
    if (str_find(target, '#') < target.n)
        return "'#' in the target";
    size_t mark = str_find(target, '?');
    struct str path = str_head(target, mark);
    if (path.n == 0)
        path = STR("/");
    if (path.p[0] != '/')
        return "the target does not begin with '/'";
    if (!path_is_encoded(path))
        return "a '%' without two hexadecimal digits in the path";
    out->sent = entry->sanitize_path ? path_normal(arena, path) : path_encoded(arena, path);
    out->path = path_routing(arena, out->sent, false);
    out->path_key = path_routing(arena, out->sent, true);
    if (mark < target.n) {
        struct str query = str_from(target, mark + 1);
        out->query = query_of(arena, query, entry->encode_semicolons);
        if (!entry->encode_semicolons && str_find(query, ';') < query.n)
            out->query_sent = query;
    }
    return NULL;
}

/* net/url QueryUnescape; false where it refuses. */
static bool unescape(struct arena *arena, struct str s, struct str *out)
{
    struct str copy = arena_copy(arena, s);
    for (size_t i = 0; i < copy.n; i++)
        if (copy.p[i] == '+')
            ((char *)copy.p)[i] = ' ';
    *out = path_decode(arena, copy);
    return path_is_encoded(copy);
}

static void read_query(struct arena *arena, struct request *out)
{
    VEC(struct request_parameter) found = { 0 };
    for (struct str rest = out->query; rest.p;) {
        struct str pair = str_cut(&rest, '&');
        size_t equals = str_find(pair, '=');
        struct request_parameter p = { .first = true };
        if (pair.n == 0 || !unescape(arena, str_head(pair, equals), &p.key) ||
            !unescape(arena, str_from(pair, equals + 1), &p.value))
            continue;
        for (size_t i = 0; i < found.n; i++)
            p.first = p.first && !str_eq(found.p[i].key, p.key);
        vec_push(&found, p);
    }
    struct request_parameter *parameters = ARENA_ARRAY(arena, struct request_parameter, found.n);
    if (found.n)
        memcpy(parameters, found.p, found.n * sizeof *parameters);
    out->parameters = parameters;
    out->n_parameters = found.n;
    vec_fini(&found);
}

const char *request_read(struct arena *arena, const struct entry_point *entry, struct str method,
                         struct str target, const struct request_header *headers, size_t n_headers,
                         struct str client, struct request *out)
{
    struct str host = { 0 };
    *out = (struct request){ .method = method, .client = client };
    struct str local = cut_authority(target, &host);
    struct request_header *kept = ARENA_ARRAY(arena, struct request_header, n_headers);
    for (size_t i = 0; i < n_headers; i++) {
        struct str name = lower(arena, headers[i].name);
        if (!str_eq(name, STR("host")))
            kept[out->n_headers++] = (struct request_header){ name, str_trim(headers[i].value) };
        else if (!host.p)
            host = str_trim(headers[i].value);
    }
    out->headers = kept;
    out->tls = local.n < target.n && target.n > 6 && str_eq_nocase(str_head(target, 6), STR("https:"));
    const char *fault = read_host(arena, host, out);
    if (!fault)
        fault = read_target(arena, entry, local, out);
    if (!fault)
        fault = request_forward(arena, entry, out);
    if (!fault)
        read_query(arena, out);
    return fault;
}

void request_put_field(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        buf_putc(out, (char)(c == '\n' ? 0xff : c >= 0xfd ? 0xfe : c));
    }
}
