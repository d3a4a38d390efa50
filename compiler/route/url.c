#include "route/url.h"

#include "base/address.h"
#include "base/buf.h"
#include "base/escape.h"

enum { LONGEST_NAME = 253, LONGEST_PORT = 65535 };

bool url_has_bad_escape(struct str s)
{
    struct str code;
    return escape_has_bad_code(s, &code);
}

static bool is_userinfo(struct str s)
{
    return str_is_of(s, "-._:~!$&'()*+,;=%@") && !url_has_bad_escape(s);
}

size_t url_scheme_length(struct str s)
{
    size_t n = 0;
    while (n < s.n && (ascii_is_letter(s.p[n]) || (n > 0 && str_is_of(str_of(s.p + n, 1), "+-."))))
        n++;
    return n < s.n && s.p[n] == ':' ? n : 0;
}

static bool is_name(struct str s)
{
    return str_is_of(s, ".-_") && s.n <= LONGEST_NAME;
}

static bool is_ipv6(struct str s)
{
    struct address address;
    return str_find(s, ':') < s.n && address_read(s, &address);
}

/* `s` is empty or begins with ':'. */
static const char *parse_port(struct str s, struct url *out)
{
    int64_t port = 0;
    out->port = -1;
    if (s.n <= 1)
        return NULL;
    for (size_t i = 1; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]))
            return "the port is no number";
    bool known = str_to_int64(str_from(s, 1), &port) && port <= LONGEST_PORT;
    out->port = known ? (int)port : 0;
    return NULL;
}

static const char *parse_authority(struct str authority, struct url *out)
{
    size_t at = authority.n;
    while (at > 0 && authority.p[at - 1] != '@')
        at--;
    if (at > 0 && !is_userinfo(str_head(authority, at - 1)))
        return "the user information has a character that cannot stand there";
    struct str host = str_from(authority, at), port = { 0 };
    bool bracket = host.n && host.p[0] == '[';
    size_t end = str_find(host, bracket ? ']' : ':');
    if (bracket && end == host.n)
        return "the [ of the address is not closed";
    port = str_from(host, end + bracket);
    host = bracket ? (struct str){ host.p + 1, end - 1 } : str_head(host, end);
    if (port.n && port.p[0] != ':')
        return "the port is no number";
    if (!bracket && str_find(str_from(port, 1), ':') + 1 < port.n)
        return "an IPv6 address stands in brackets: http://[::1]:80";
    if (bracket ? !is_ipv6(host) : !is_name(host))
        return bracket ? "what stands in the brackets is no IPv6 address"
                       : "the host is no name and no address";
    out->host = host;
    out->authority = str_from(authority, at);
    return parse_port(port, out);
}

static enum url_scheme scheme_of(struct str name)
{
    return str_eq_nocase(name, STR("http"))    ? URL_HTTP
           : str_eq_nocase(name, STR("https")) ? URL_HTTPS
           : str_eq_nocase(name, STR("h2c"))   ? URL_H2C
                                               : URL_OTHER;
}

static const char *parse_behind_scheme(struct str rest, bool has_scheme, struct url *out)
{
    bool rooted = rest.n && rest.p[0] == '/';
    if (!rooted && has_scheme)
        return NULL; /* opaque, as in mailto:x: a URL that names no host */
    struct str first = str_head(rest, str_find(rest, '/'));
    if (!rooted && str_find(first, ':') < first.n)
        return "the URL has no scheme: http://host:port";
    if (str_starts(rest, STR("//")) && (has_scheme || !str_starts(rest, STR("///")))) {
        struct str authority = str_from(rest, 2);
        authority = str_head(authority, str_find(authority, '/'));
        const char *fault = parse_authority(authority, out);
        if (fault)
            return fault;
        rest = str_from(rest, 2 + authority.n);
    }
    out->path = rest;
    return url_has_bad_escape(rest) ? "a % in the path is not followed by two hexadecimal digits" : NULL;
}

const char *url_parse(struct str text, struct url *out)
{
    *out = (struct url){ .scheme = URL_OTHER, .port = -1 };
    struct str fragment = text, url = str_cut(&fragment, '#');
    if (str_has_control(url))
        return "the URL has a control character";
    if (url_has_bad_escape(fragment))
        return "a % in the fragment is not followed by two hexadecimal digits";
    if (str_starts(url, STR(":")))
        return "nothing stands before the :";
    size_t scheme = url_scheme_length(url);
    if (scheme)
        out->scheme = scheme_of(str_head(url, scheme));
    struct str rest = str_from(url, scheme ? scheme + 1 : 0);
    const char *fault = parse_behind_scheme(str_head(rest, str_find(rest, '?')), scheme > 0, out);
    if (fault)
        return fault;
    if (scheme == 0)
        out->nowhere = "the URL has no scheme";
    else if (out->scheme == URL_OTHER)
        out->nowhere = "the scheme is not http, https or h2c";
    else if (out->host.n == 0)
        out->nowhere = "the URL has no host";
    if (out->nowhere)
        out->host = (struct str){ 0 };
    if (out->port < 0)
        out->port = out->scheme == URL_HTTPS ? 443 : 80;
    return NULL;
}

bool url_has_secret(struct str text)
{
    return str_find(text, '@') < text.n;
}

/* Go ends user information at the last '@' before the path. */
static size_t user_end(struct str rest)
{
    size_t end = str_find(rest, '/'), at = end;
    while (at > 0 && rest.p[at - 1] != '@')
        at--;
    return at;
}

struct str url_shown(struct arena *arena, struct str text)
{
    if (!url_has_secret(text))
        return text;
    struct buf out = { 0 };
    for (size_t scheme; (scheme = str_search(text, STR("://"))) != SIZE_MAX;) {
        buf_put(&out, str_head(text, scheme + 3));
        text = str_from(text, scheme + 3);
        size_t end = user_end(text);
        if (end > 0) {
            buf_puts(&out, "…@");
            text = str_from(text, end);
        }
    }
    buf_put(&out, text);
    struct str shown = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return shown;
}
