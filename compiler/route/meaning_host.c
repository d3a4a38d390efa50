/* Host: what a literal host or a wildcard can match. A request's host is what stands in Host without port,
 * blanks and the brackets of IPv6, in lower case. */
#include "base/address.h"
#include "route/matcher.h"

/* The bytes that a Host header may have; a request with others is refused before it meets a rule. */
static bool is_host_text(struct str s)
{
    return str_is_of(s, ".-!$%&()*+,:;='[]_~");
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

static struct meaning never(const char *why)
{
    return (struct meaning){ .reach = REACH_NONE, .why = why };
}

static void put_quoted(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        buf_puts(out, strchr("\\.+*?()|[]{}^$", s.p[i]) ? "\\" : "");
        buf_putc(out, s.p[i]);
    }
}

/* What keys have no form for, as a regular expression; `head` is what stands before `base`. */
static struct meaning odd_host(struct arena *arena, const char *head, struct str base, size_t least,
                               size_t most)
{
    struct buf pattern = { 0 };
    buf_puts(&pattern, head);
    put_quoted(&pattern, base);
    buf_printf(&pattern, "\\.{%zu,%zu}$", least, most);
    struct str text = buf_str(&pattern);
    struct meaning out = meaning_of_regexp(arena, MATCHER_HOST_REGEXP, &text, 1);
    buf_fini(&pattern);
    return out;
}

static struct meaning wildcard(struct arena *arena, struct str base, size_t dots)
{
    if (base.n == 1) { /* "*." and more dots: a single label */
        struct str none = { 0 };
        return dots == 1 ? odd_host(arena, "^[^.]+$|^[^.]*", none, 1, 2)
                         : odd_host(arena, "^[^.]*", none, dots - 1, dots + 1);
    }
    struct str rest = str_from(base, 2);
    if (base.p[1] != '.')
        return never("* is a wildcard only as a whole first label, as in *.example.com");
    struct meaning out = { .literal = literal_of(arena, MATCHER_HOST_WILDCARD, &rest, 1) };
    out.literal.dots = dots;
    if (str_find(rest, ':') < rest.n || str_find(rest, '[') < rest.n || str_find(rest, ']') < rest.n)
        out = odd_host(arena, "^[^.]*\\.", rest, dots ? dots - 1 : 0, dots + 1);
    return out;
}

struct meaning meaning_of_host(struct arena *arena, struct str host, bool wildcards)
{
    if (wildcards && str_eq(host, STR("*")))
        return (struct meaning){ .reach = REACH_ALL };
    if (!is_ascii(host))
        return (struct meaning){ .fault = "a host has ASCII letters only; write others in Punycode (xn--…)" };
    if (!is_host_text(host))
        return never("no host of a request has such a character");
    char *lower = arena_alloc(arena, host.n, 1);
    struct str base = { lower, host.n };
    for (size_t i = 0; i < host.n; i++)
        lower[i] = ascii_lower(host.p[i]);
    while (base.n && lower[base.n - 1] == '.')
        base.n--;
    size_t dots = host.n - base.n, least = dots ? dots - 1 : 0;
    if (wildcards && str_starts(base, STR("*")))
        return wildcard(arena, base, dots);
    if (base.n == 0)
        return odd_host(arena, "^", base, least ? least : 1, dots + 1);
    bool colon = str_find(base, ':') < base.n;
    bool bracket = str_find(base, '[') < base.n || str_find(base, ']') < base.n;
    struct meaning out = { 0 };
    if ((colon && !address_looks_like_ipv6(base)) || bracket || str_eq(base, STR("*")))
        out = odd_host(arena, "^", base, least, dots + 1);
    else
        out.literal = literal_of(arena, MATCHER_HOST, &base, 1);
    out.literal.dots = out.literal.matcher == MATCHER_HOST ? dots : 0;
    if (bracket)
        out.why = "rules see IPv6 addresses without brackets";
    else if (colon && !address_looks_like_ipv6(base))
        out.why = "rules see the host without its port";
    else if (str_find(base, '*') < base.n)
        out.why = "* is a wildcard only as a whole first label, as in *.example.com";
    return out;
}
