/* What a call of the v2 syntax means: lists, and templates such as /users/{id:[0-9]+}. Reference of Traefik,
 * "v2 matchers". */
#include "route/matcher.h"

#include "base/utf8.h"
#include "base/vec.h"
#include "route/regex_run.h"

enum v2_matcher {
    V2_HOST,
    V2_HOST_HEADER,
    V2_HOST_REGEXP,
    V2_CLIENT_IP,
    V2_PATH,
    V2_PATH_PREFIX,
    V2_METHOD,
    V2_HEADERS,
    V2_HEADERS_REGEXP,
    V2_QUERY
};

const char *v2_name(size_t i)
{
    static const char *const names[] = { "Host",       "HostHeader", "HostRegexp", "ClientIP",      "Path",
                                         "PathPrefix", "Method",     "Headers",    "HeadersRegexp", "Query" };
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

struct v2 {
    struct arena *arena;
    VEC(struct meaning) meanings;
    VEC(struct str) variables; /* of the template, or of all queries' templates */
    struct v2_call out;
};

static bool refuse(struct v2 *v, const char *fault, const char *expected)
{
    v->out.fault = fault;
    v->out.expected = expected;
    return false;
}

static bool is_plain_text(struct str s)
{
    return utf8_fault(s) == s.n && str_search(s, STR("\xef\xbf\xbd")) == SIZE_MAX;
}

static void put_quoted(struct buf *out, struct str s, bool lower)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = lower ? ascii_lower(s.p[i]) : s.p[i];
        if (c && strchr("\\.+*?()|[]{}^$", c))
            buf_putc(out, '\\');
        buf_putc(out, c);
    }
}

/* Where the brace that opens at `at` closes, or s.n. */
static size_t closing_brace(struct str s, size_t at)
{
    size_t level = 0;
    for (size_t i = at; i < s.n; i++) {
        level += s.p[i] == '{';
        if (s.p[i] == '}' && --level == 0)
            return i;
    }
    return s.n;
}

/* The pattern of a variable has to be one by itself. */
static bool check_variable(struct v2 *v, struct str pattern)
{
    struct meaning m = { 0 };
    struct arena *scratch = arena_create();
    struct str whole = arena_printf(scratch, "^%.*s$", STR_ARG(pattern));
    bool ok = regex_parse(scratch, whole, REGEX_BYTES, &m.regex) != NULL;
    arena_destroy(scratch);
    if (!ok) {
        m.fault = m.regex.message;
        vec_push(&v->meanings, m);
    }
    return ok;
}

/* A template as a pattern, without anchors. Of hosts, which come in lower case, the texts are lower case and
 * the variables' patterns fold. */
static bool put_template(struct v2 *v, struct buf *out, struct str s, const char *any, bool host)
{
    size_t text = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '}')
            return refuse(v, "a } without {", NULL);
        if (s.p[i] != '{')
            continue;
        size_t end = closing_brace(s, i);
        if (end == s.n)
            return refuse(v, "no } belongs to this {", NULL);
        struct str inner = str_of(s.p + i + 1, end - i - 1);
        size_t colon = str_find(inner, ':');
        struct str name = str_head(inner, colon), pattern = str_from(inner, colon + 1);
        if (colon == inner.n)
            pattern = str_c(any);
        if (name.n == 0 || pattern.n == 0)
            return refuse(v, "a variable has a name, and behind : a pattern", "{name} or {name:pattern}");
        if (!check_variable(v, pattern))
            return false;
        vec_push(&v->variables, name);
        put_quoted(out, str_of(s.p + text, i - text), host);
        buf_puts(out, host ? "(?i:" : "(?:");
        buf_put(out, pattern);
        buf_putc(out, ')');
        text = i = end;
        text++;
    }
    put_quoted(out, str_from(s, text), host);
    return true;
}

/* "(?-i": what is not folded differs, as hosts come in lower case here. */
static bool unfolds(struct str pattern)
{
    for (size_t i = 0; i + 3 < pattern.n; i++) {
        if (pattern.p[i] != '(' || pattern.p[i + 1] != '?')
            continue;
        bool minus = false;
        for (size_t j = i + 2; j < pattern.n && strchr("imsU-", pattern.p[j]) && pattern.p[j]; j++) {
            if (minus && pattern.p[j] == 'i')
                return true;
            minus = minus || pattern.p[j] == '-';
        }
    }
    return false;
}

static bool add_host_regexp(struct v2 *v, struct str host)
{
    struct buf pattern = { 0 };
    for (size_t i = 0; i < host.n; i++)
        if ((unsigned char)host.p[i] >= 0x80)
            return refuse(v, "a host has ASCII letters only; write others in Punycode (xn--…)", NULL);
    buf_putc(&pattern, '^');
    bool ok = put_template(v, &pattern, host, "[^.]+", true);
    buf_putc(&pattern, '$');
    struct str text = buf_str(&pattern);
    struct meaning m = { 0 };
    if (ok)
        m = meaning_of_regexp(v->arena, MATCHER_HOST_REGEXP, &text, 1);
    if (ok)
        vec_push(&v->meanings, m);
    if (ok && unfolds(text))
        v->out.differs = "hosts are seen in lower case here, so (?-i) finds no upper case letters";
    else if (ok && m.literal.regex &&
             regex_match(m.literal.regex, STR("::1")) != regex_match(m.literal.regex, STR("[::1]")))
        v->out.differs =
            "IPv6 addresses are seen without brackets here; in Traefik with them where no port follows";
    buf_fini(&pattern);
    return ok;
}

static bool add_path(struct v2 *v, struct str path, bool prefix)
{
    struct buf pattern = { 0 };
    if (path.p[0] != '/')
        return refuse(v, "a path begins with /", NULL);
    v->variables.n = 0;
    buf_putc(&pattern, '^');
    bool ok = put_template(v, &pattern, path, "[^/]+", false);
    buf_puts(&pattern, prefix ? "" : "$");
    bool plain = v->variables.n == 0 && is_plain_text(path);
    struct str text = buf_str(&pattern);
    if (ok && plain)
        vec_push(&v->meanings, meaning_of(v->arena, prefix ? MATCHER_PATH_PREFIX : MATCHER_PATH, &path, 1));
    else if (ok)
        vec_push(&v->meanings, meaning_of_regexp(v->arena, MATCHER_PATH_REGEXP, &text, 1));
    buf_fini(&pattern);
    return ok;
}

/* Of equal names the last pair counts; all must be right. */
static bool add_headers(struct v2 *v, const struct str *args, size_t n, enum matcher matcher)
{
    if (n % 2)
        return refuse(v, "headers come in pairs: a name and a value", NULL);
    for (size_t i = 0; i < n; i += 2) {
        struct meaning m = meaning_of(v->arena, matcher, args + i, 2);
        bool counts = true;
        for (size_t j = i + 2; j < n && counts && !m.fault; j += 2)
            counts = !str_eq(args[i], args[j]);
        if (counts)
            vec_push(&v->meanings, m);
    }
    v->out.all = true;
    return true;
}

static bool add_query(struct v2 *v, struct str name, struct str value)
{
    struct buf pattern = { 0 };
    struct str pair[2] = { name, value };
    size_t n_before = v->variables.n;
    if (str_find(name, '{') < name.n || str_find(name, '}') < name.n) {
        v->out.unsupported = true;
        return refuse(v, "variables in the name of a query are not supported", NULL);
    }
    if (utf8_fault(name) < name.n)
        return refuse(v, "the query is no UTF-8", NULL);
    buf_putc(&pattern, '^');
    bool ok = put_template(v, &pattern, value, ".*", false);
    buf_puts(&pattern, value.n ? "$" : ".*$");
    bool plain = value.n && v->variables.n == n_before && is_plain_text(value);
    if (!plain)
        pair[1] = buf_str(&pattern);
    if (ok && plain)
        vec_push(&v->meanings,
                 (struct meaning){ .literal = literal_of(v->arena, MATCHER_QUERY_FIRST, pair, 2) });
    else if (ok)
        vec_push(&v->meanings, meaning_of_regexp(v->arena, MATCHER_QUERY_FIRST, pair, 2));
    buf_fini(&pattern);
    return ok;
}

/* A name may occur in one query only. Names of one query are equal at will. */
static bool check_variables(struct v2 *v, size_t n_before)
{
    for (size_t i = n_before; i < v->variables.n; i++)
        for (size_t j = 0; j < n_before; j++)
            if (str_eq(v->variables.p[i], v->variables.p[j]))
                return refuse(v, "two queries have variables of the same name", NULL);
    return true;
}

/* Every argument is cut at its first '='; the parts are names and values in turn. */
static bool add_queries(struct v2 *v, const struct str *args, size_t n)
{
    VEC(struct str) parts = { 0 };
    for (size_t i = 0; i < n; i++) {
        size_t equals = str_find(args[i], '=');
        vec_push(&parts, str_head(args[i], equals));
        if (equals < args[i].n)
            vec_push(&parts, str_from(args[i], equals + 1));
    }
    bool ok = parts.n % 2 == 0 || refuse(v, "a query is a name, = and a value", "Query(`name=value`)");
    for (size_t i = 0; ok && i + 1 < parts.n; i += 2) {
        size_t n_before = v->variables.n;
        ok = add_query(v, parts.p[i], parts.p[i + 1]) && check_variables(v, n_before);
    }
    vec_fini(&parts);
    v->out.all = true;
    return ok;
}

static bool add_one(struct v2 *v, enum v2_matcher matcher, struct str arg)
{
    switch (matcher) {
    case V2_HOST_REGEXP:
        return add_host_regexp(v, arg);
    case V2_PATH:
    case V2_PATH_PREFIX:
        return add_path(v, arg, matcher == V2_PATH_PREFIX);
    case V2_CLIENT_IP:
        vec_push(&v->meanings, meaning_of(v->arena, MATCHER_CLIENT_IP, &arg, 1));
        return true;
    case V2_METHOD:
        vec_push(&v->meanings, meaning_of(v->arena, MATCHER_METHOD, &arg, 1));
        return true;
    default:
        vec_push(&v->meanings, meaning_of_host(v->arena, arg, false));
        return true;
    }
}

struct v2_call v2_meaning(struct arena *arena, size_t matcher, const struct str *args, size_t n_args)
{
    struct v2 v = { .arena = arena };
    bool ok = true;
    if (matcher == V2_HEADERS || matcher == V2_HEADERS_REGEXP)
        add_headers(&v, args, n_args, matcher == V2_HEADERS ? MATCHER_HEADER : MATCHER_HEADER_REGEXP);
    else if (matcher == V2_QUERY)
        add_queries(&v, args, n_args);
    else
        for (size_t i = 0; ok && i < n_args; i++)
            ok = add_one(&v, (enum v2_matcher)matcher, args[i]);
    struct meaning *meanings = ARENA_ARRAY(arena, struct meaning, v.meanings.n);
    if (v.meanings.n)
        memcpy(meanings, v.meanings.p, v.meanings.n * sizeof *meanings);
    v.out.meanings = meanings;
    v.out.n = v.meanings.n;
    vec_fini(&v.meanings);
    vec_fini(&v.variables);
    return v.out;
}
