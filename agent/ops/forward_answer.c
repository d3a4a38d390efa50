#include <stdlib.h>

#include "base/arena.h"
#include "ops/forward.h"
#include "ops/op.h"
#include "ops/verdict.h"
#include "route/regex_program.h"

bool forward_line(struct str *lines, struct str *name, struct str *value)
{
    while (lines->n > 0) {
        struct str line = str_cut(lines, '\n');
        size_t colon = str_find(line, ':');
        *name = str_head(line, colon);
        *value = str_trim(str_from(line, colon + 1));
        if (colon < line.n && str_is_token(*name))
            return true;
    }
    return false;
}

static void put_line(struct buf *out, struct str name, struct str value)
{
    buf_put(out, name);
    buf_puts(out, ": ");
    buf_put(out, value);
    buf_putc(out, '\n');
}

static struct str header_of(const struct forward_answer *answer, struct str wanted)
{
    struct str lines = buf_str(&answer->headers), name, value;
    while (forward_line(&lines, &name, &value))
        if (str_eq_nocase(name, wanted))
            return value;
    return (struct str){ 0 };
}

static bool forbids_sharing(struct str cache_control)
{
    static const struct str forbidding[] = { STR("no-store"), STR("no-cache"), STR("private") };
    while (cache_control.n) {
        struct str directive = str_cut(&cache_control, ',');
        if (forward_is_in(str_trim(str_head(directive, str_find(directive, '='))), forbidding, 3))
            return true;
    }
    return false;
}

bool forward_may_share(const struct forward_answer *answer)
{
    struct str lines = buf_str(&answer->headers), name, value;
    while (forward_line(&lines, &name, &value))
        if (str_eq_nocase(name, STR("set-cookie")) ||
            (str_eq_nocase(name, STR("cache-control")) && forbids_sharing(value)))
            return false;
    return true;
}

static void redirect_to_signin(const struct forward_auth *op, const struct request *request,
                               struct verdict *v)
{
    struct buf location = { 0 };
    location_redirect(&location, request->url, op->signin);
    verdict_refuse(v, forward_auth_op.name, 302, NULL);
    v->why = "its server wants a sign-in";
    v->listed = true;
    put_line(&v->answer, STR("Location"), buf_str(&location));
    buf_fini(&location);
}

/* Everything that the other server says. */
static void pass_on(const struct forward_auth *op, const struct forward_answer *answer, struct verdict *v)
{
    struct str lines = buf_str(&answer->headers), name, value;
    struct str location = header_of(answer, STR("location"));
    if (!location_is_url(location)) {
        verdict_refuse(v, forward_auth_op.name, 500, NULL);
        v->why = "its server's Location is no URL";
        return;
    }
    verdict_refuse(v, forward_auth_op.name, answer->status, NULL);
    v->why = "its server refuses";
    v->listed = true;
    while (forward_line(&lines, &name, &value))
        if (!forward_is_own(name) && !(location.n && str_eq_nocase(name, STR("location"))) &&
            !(answer->status == 304 &&
              str_eq_nocase(name, STR("content-type")))) /* Go's server has none there */
            put_line(&v->answer, name, value);
    if (location.n) {
        struct buf absolute = { 0 };
        if (op->keep_location)
            buf_put(&absolute, location);
        else
            location_resolve(&absolute, op->address, location);
        put_line(&v->answer, STR("Location"), buf_str(&absolute));
        buf_fini(&absolute);
    }
    buf_put(&v->content, buf_str(&answer->body));
}

static bool add_all(const struct forward_answer *answer, struct str wanted, struct verdict *v)
{
    struct str lines = buf_str(&answer->headers), name, value;
    bool any = false;
    while (forward_line(&lines, &name, &value))
        if (str_eq_nocase(name, wanted)) {
            verdict_add_request_header(v, wanted, value);
            any = true;
        }
    return any;
}

/* As Go spells names (textproto.CanonicalMIMEHeaderKey). */
static struct str canonical_name(struct str name, char out[static 256])
{
    bool first = true;
    size_t n = name.n < 256 ? name.n : 0;
    for (size_t i = 0; i < n; i++) {
        char c = ascii_lower(name.p[i]);
        out[i] = (char)(first && c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        first = c == '-';
    }
    return str_of(out, n);
}

/* `slots`: room for what regex_program_find says. */
static bool matches(const struct forward_auth *op, size_t *slots, struct str name)
{
    char text[256];
    struct str canonical = canonical_name(name, text);
    return !forward_is_own(name) && canonical.n > 0 &&
           regex_program_find(op->response_regex, canonical, 0, slots);
}

static void take_by_regex(const struct forward_auth *op, const struct request *request,
                          const struct forward_answer *answer, struct verdict *v)
{
    size_t *slots = xmalloc(2 * op->response_regex->n_groups * sizeof *slots);
    struct str block = request->headers, lines = buf_str(&answer->headers), name, value;
    while (headers_next(&block, &name, &value))
        if (matches(op, slots, name))
            verdict_drop_request_header(v, name);
    /* The first line of a name takes away what authResponseHeaders has put there. */
    for (struct str rest = lines; forward_line(&rest, &name, &value);)
        if (matches(op, slots, name))
            verdict_drop_request_header(v, name);
    while (forward_line(&lines, &name, &value))
        if (matches(op, slots, name))
            verdict_add_request_header(v, name, value);
    free(slots);
}

static struct str cookie_name(struct str set_cookie)
{
    struct str pair = str_head(set_cookie, str_find(set_cookie, ';'));
    size_t equals = str_find(pair, '=');
    return equals < pair.n ? str_trim(str_head(pair, equals)) : (struct str){ 0 };
}

static bool is_cookie_of(const struct forward_auth *op, struct str name)
{
    for (size_t i = 0; i < op->cookies.n; i++)
        if (str_eq(name, op->cookies.p[i]))
            return true;
    return false;
}

/* The server's cookies of those names go as soon as the answer has any cookie at all. */
static void take_cookies(const struct forward_auth *op, const struct forward_answer *answer,
                         struct verdict *v)
{
    struct str lines = buf_str(&answer->headers), name, value;
    bool any = false;
    while (forward_line(&lines, &name, &value)) {
        if (!str_eq_nocase(name, STR("set-cookie")) || cookie_name(value).n == 0)
            continue;
        if (!any)
            buf_puts(&v->cookies, "-=\n"); /* all cookies are written anew, whosever they are */
        for (size_t i = 0; i < op->cookies.n && !any; i++) {
            buf_putc(&v->cookies, '-');
            buf_put(&v->cookies, op->cookies.p[i]);
            buf_putc(&v->cookies, '\n');
        }
        any = true;
        if (is_cookie_of(op, cookie_name(value))) {
            buf_putc(&v->cookies, '+');
            buf_put(&v->cookies, value);
            buf_putc(&v->cookies, '\n');
        }
    }
}

bool forward_judge(const struct forward_auth *op, const struct request *request,
                   const struct forward_answer *answer, struct verdict *v)
{
    if (op->signin.n && answer->status == 401) {
        redirect_to_signin(op, request, v);
        return false;
    }
    if (answer->status < 200 || answer->status > 299) {
        pass_on(op, answer, v);
        return false;
    }
    for (size_t i = 0; i < op->response_headers.n; i++) {
        struct str name = op->response_headers.p[i];
        if (forward_is_own(name) || !str_is_token(name)) /* a list may have empty elements */
            continue;
        verdict_drop_request_header(v, name);
        add_all(answer, name, v);
    }
    if (op->response_regex)
        take_by_regex(op, request, answer, v);
    take_cookies(op, answer, v);
    return true;
}
