/* Ops on paths, and redirects: templates/ops_path.lua. */
#include "base/escape.h"
#include "plan/apply_state.h"

static struct str with_slash(struct arena *arena, struct str path)
{
    return path.n == 0 || path.p[0] == '/' ? path : arena_printf(arena, "/%.*s", STR_ARG(path));
}

static struct str join(struct arena *arena, struct str a, struct str b)
{
    char *p = arena_alloc(arena, a.n + b.n + 1, 1);
    if (a.n)
        memcpy(p, a.p, a.n);
    if (b.n)
        memcpy(p + a.n, b.p, b.n);
    return str_of(p, a.n + b.n);
}

/* JoinPath on the path; false: that is another path. */
static bool is_normal(struct apply *a)
{
    struct str before = a->path;
    if (before.n == 0)
        return true;
    struct str encoded = url_escaped(a->arena, a->path, a->raw);
    bool rooted = encoded.p[0] == '/';
    struct str clean = escape_clean_path(a->arena, rooted ? encoded : join(a->arena, STR("/"), encoded));
    url_set_path(a->arena, rooted ? clean : str_from(clean, 1), &a->path, &a->raw);
    return str_eq(a->path, before);
}

static size_t encoded_length(struct str raw, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n && at < raw.n; i++)
        at += raw.p[at] == '%' && at + 2 < raw.n ? 3 : 1;
    return at;
}

static struct str rest_of(struct apply *a, struct str rest, bool forced)
{
    if (!forced)
        return with_slash(a->arena, rest);
    return join(a->arena, STR("/"), str_starts(rest, STR("/")) ? str_from(rest, 1) : rest);
}

static struct str without_control(struct arena *arena, struct str s)
{
    char *p = arena_alloc(arena, s.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_control(s.p[i]))
            p[n++] = s.p[i];
    return str_of(p, n);
}

static bool cut(struct apply *a, struct str prefix, bool forced)
{
    a->path = rest_of(a, str_from(a->path, prefix.n), forced);
    if (a->raw.n)
        a->raw = rest_of(a, str_from(a->raw, encoded_length(a->raw, prefix.n)), forced);
    a->changed = true;
    if (!is_normal(a))
        return apply_stop(a, 400, STR("Bad Request\n"), true);
    apply_header_add(a, STR("x-forwarded-prefix"), without_control(a->arena, prefix));
    return true;
}

static bool strip(struct apply *a, const struct model_op *op)
{
    for (size_t i = 0; i < op->strip.n; i++)
        if (str_starts(a->path, op->strip.prefixes[i]))
            return cut(a, arena_copy(a->arena, op->strip.prefixes[i]), op->strip.force_slash);
    return true;
}

static bool strip_regex(struct apply *a, const struct model_strip_regex *op)
{
    for (size_t i = 0; i < op->n; i++) {
        size_t *slots = ARENA_ARRAY(a->arena, size_t, 2 * op->p[i]->n_groups);
        if (!regex_program_find(op->p[i], a->path, 0, slots))
            continue;
        struct str found = str_of(a->path.p + slots[0], slots[1] - slots[0]);
        if (found.n && str_starts(a->path, found))
            return cut(a, arena_copy(a->arena, found), false);
    }
    return true;
}

static bool put_path(struct apply *a, struct str raw)
{
    struct str code, old = a->raw.n ? a->raw : url_escaped(a->arena, a->path, a->raw);
    apply_header_add(a, STR("x-replaced-path"), old);
    if (escape_has_bad_code(raw, &code))
        return apply_stop(a, 500, arena_printf(a->arena, "invalid URL escape \"%.*s\"\n", STR_ARG(code)),
                          true);
    a->raw = raw;
    a->path = escape_decode(a->arena, raw);
    a->changed = true;
    return true;
}

static bool rewrite(struct apply *a, const struct model_replace *op)
{
    struct str current = a->raw.n ? a->raw : url_escaped(a->arena, a->path, a->raw);
    struct buf out = { 0 };
    bool any = regex_program_replace(op->program, &op->with, current, &out);
    struct str new = arena_copy(a->arena, buf_str(&out));
    buf_fini(&out);
    if (!any)
        return true;
    return put_path(a, new) && (is_normal(a) || apply_stop(a, 400, STR("Bad Request\n"), true));
}

/* Request.RequestURI: it is written anew where an op changes the path. */
static struct str request_uri(struct apply *a)
{
    struct apply_request now = apply_request_now(a);
    return join(a->arena, now.path, a->changed || !now.query_sent.n ? now.query : now.query_sent);
}

static bool move(struct apply *a, struct str old, struct str new, bool permanent)
{
    struct str location;
    bool get = str_eq(a->request.method, STR("GET"));
    if (!url_canonical(a->arena, new, &location))
        return apply_stop(a, 502, STR("Bad Gateway"), false);
    if (str_eq(old, new)) {
        /* The request goes on with the URL as it was read. */
        struct str rest = str_from(new, str_search(new, STR("://")) + 3);
        rest = str_head(rest, str_find(rest, '#'));
        rest = str_head(rest, str_find(rest, '?'));
        rest = str_from(rest, str_find(rest, '/'));
        url_set_path(a->arena, rest, &a->path, &a->raw);
        return true;
    }
    int status = permanent ? (get ? 301 : 308) : get ? 302 : 307;
    return apply_stop_with(a, status, str_c(model_status_text(status)), "location", location);
}

static bool redirect(struct apply *a, const struct model_replace *op)
{
    struct str old =
        join(a->arena, join(a->arena, a->request.tls ? STR("https://") : STR("http://"), a->request.host),
             request_uri(a));
    struct buf out = { 0 };
    bool any = regex_program_replace(op->program, &op->with, old, &out);
    struct str new = arena_copy(a->arena, buf_str(&out));
    buf_fini(&out);
    return !any || move(a, old, new, op->permanent);
}

void apply_split_host(struct str text, struct str *host, struct str *port)
{
    struct str rest = text;
    size_t front = 0;
    *host = text;
    *port = STR("");
    if (rest.n && rest.p[0] == '[') {
        front = str_find(rest, ']');
        if (front == rest.n || str_find(str_from(rest, 1), '[') < front - 1)
            return;
        rest = str_from(rest, front + 1);
        if (!str_starts(rest, STR(":")))
            return;
    } else {
        front = str_find(rest, ':');
        rest = str_from(rest, front);
    }
    struct str digits = str_from(rest, 1), head = str_head(text, front);
    if (rest.n == 0 || str_find(digits, ':') < digits.n || str_find(digits, '[') < digits.n ||
        str_find(digits, ']') < digits.n)
        return;
    bool bracketed = text.p[0] == '[';
    if (!bracketed && (str_find(head, '[') < head.n || str_find(head, ']') < head.n))
        return;
    *host = bracketed ? str_from(head, 1) : head;
    *port = rest;
}

static struct str scheme_now(const struct apply *a)
{
    struct str proto = apply_header(a, STR("x-forwarded-proto"));
    if (str_eq_nocase(proto, STR("http")) || str_eq_nocase(proto, STR("ws")))
        return STR("http");
    if (str_eq_nocase(proto, STR("https")) || str_eq_nocase(proto, STR("wss")))
        return STR("https");
    return a->request.tls ? STR("https") : STR("http");
}

static bool is_name_byte(char c)
{
    return ascii_is_alnum(c) || c == '_' || c == '.';
}

/* How much of s is a host: `\[[\w:.]+\]|[\w._-]+`. */
static size_t host_length(struct str s)
{
    size_t n = s.n && s.p[0] == '[' ? 1 : 0;
    if (n) {
        while (n < s.n && (is_name_byte(s.p[n]) || s.p[n] == ':'))
            n++;
        return n > 1 && n < s.n && s.p[n] == ']' ? n + 1 : 0;
    }
    while (n < s.n && (is_name_byte(s.p[n]) || s.p[n] == '-'))
        n++;
    return n;
}

static bool redirect_scheme(struct apply *a, const struct model_redirect *op)
{
    struct str host, port, scheme = scheme_now(a);
    apply_split_host(a->request.host, &host, &port);
    bool http = str_eq(scheme, STR("http"));
    if ((http && str_eq(port, STR(":80"))) || (!http && str_eq(port, STR(":443"))))
        port = STR("");
    struct str rest = join(a->arena, join(a->arena, host, port), request_uri(a));
    struct str name = str_head(rest, host_length(rest)), behind = str_from(rest, name.n);
    size_t digits = str_starts(behind, STR(":"));
    while (digits && digits < behind.n && ascii_is_digit(behind.p[digits]))
        digits++;
    behind = str_from(behind, digits > 1 ? digits : 0);
    struct str old = join(a->arena, join(a->arena, scheme, STR("://")), rest);
    struct str new = join(a->arena, join(a->arena, op->scheme, STR("://")),
                          join(a->arena, name, join(a->arena, op->port, behind)));
    return move(a, old, new, op->permanent);
}

bool apply_path(struct apply *a, const struct model_op *op)
{
    switch (op->kind) {
    case OP_ADD_PREFIX:
        a->path = with_slash(a->arena, join(a->arena, op->prefix, a->path));
        if (a->raw.n)
            a->raw = with_slash(a->arena, join(a->arena, op->prefix, a->raw));
        a->changed = true;
        return true;
    case OP_STRIP_PREFIX:
        return strip(a, op);
    case OP_STRIP_REGEX:
        return strip_regex(a, &op->strip_regex);
    case OP_REPLACE_PATH:
        return put_path(a, op->path);
    case OP_REPLACE_REGEX:
        return rewrite(a, &op->replace);
    case OP_REDIRECT_REGEX:
        return redirect(a, &op->replace);
    case OP_REDIRECT_SCHEME:
        return redirect_scheme(a, &op->redirect);
    default:
        return true;
    }
}
