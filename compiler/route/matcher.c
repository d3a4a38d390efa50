#include "route/matcher.h"

#include <arpa/inet.h>

static const struct matcher_row rows[MATCHER_COUNT] = {
    [MATCHER_HOST] = { STR("Host"), "Host(`example.com`)", 1, 1, true },
    [MATCHER_HOST_REGEXP] = { STR("HostRegexp"), "HostRegexp(`^[a-z]+\\.example\\.com$`)", 1, 1, false },
    [MATCHER_PATH] = { STR("Path"), "Path(`/products`)", 1, 1, true },
    [MATCHER_PATH_PREFIX] = { STR("PathPrefix"), "PathPrefix(`/products`)", 1, 1, true },
    [MATCHER_PATH_REGEXP] = { STR("PathRegexp"), "PathRegexp(`\\.(jpg|png)$`)", 1, 1, false },
    [MATCHER_METHOD] = { STR("Method"), "Method(`GET`)", 1, 1, false },
    [MATCHER_HEADER] = { STR("Header"), "Header(`X-Name`, `value`)", 2, 2, false },
    [MATCHER_HEADER_REGEXP] = { STR("HeaderRegexp"), "HeaderRegexp(`X-Name`, `^v`)", 2, 2, false },
    [MATCHER_QUERY] = { STR("Query"), "Query(`name`, `value`)", 1, 2, false },
    [MATCHER_QUERY_REGEXP] = { STR("QueryRegexp"), "QueryRegexp(`name`, `^v`)", 1, 2, false },
    [MATCHER_CLIENT_IP] = { STR("ClientIP"), "ClientIP(`192.0.2.0/24`)", 1, 1, false },
};

const struct matcher_row *matcher_row(enum matcher matcher)
{
    return &rows[matcher];
}

const char *matcher_name(enum matcher matcher)
{
    return rows[matcher].name.p;
}

/* As documented, all lower case, all upper case, or the first letter alone upper case. */
static bool is_spelling(struct str name, struct str documented)
{
    size_t upper = 0, letters = name.n;
    if (str_eq(name, documented))
        return true;
    if (!str_eq_nocase(name, documented))
        return false;
    for (size_t i = 0; i < name.n; i++)
        upper += name.p[i] != ascii_lower(name.p[i]);
    bool first = name.p[0] != ascii_lower(name.p[0]);
    return upper == 0 || upper == letters || (upper == 1 && first);
}

enum matcher matcher_by_name(struct str name)
{
    for (size_t i = 0; i < MATCHER_COUNT; i++)
        if (is_spelling(name, rows[i].name))
            return (enum matcher)i;
    return MATCHER_COUNT;
}

const char *matcher_elsewhere(struct str name)
{
    static const struct {
        const char *name, *where;
    } others[] = {
        { "HostSNI", "is a matcher of TCP routers" },
        { "HostSNIRegexp", "is a matcher of TCP routers" },
        { "ALPN", "is a matcher of TCP routers" },
        { "HostHeader", "is a matcher of the v2 syntax; v3 has Host" },
        { "Headers", "is a matcher of the v2 syntax; v3 has Header" },
        { "HeadersRegexp", "is a matcher of the v2 syntax; v3 has HeaderRegexp" },
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_eq_nocase(name, str_c(others[i].name)))
            return others[i].where;
    return NULL;
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

static bool is_address(struct str s, int family)
{
    char text[INET6_ADDRSTRLEN], address[16];
    if (s.n >= sizeof text || memchr(s.p, '\0', s.n))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return inet_pton(family, text, address) == 1;
}

/* An address, or an address, '/' and the number of bits. */
static bool is_cidr(struct str s)
{
    size_t slash = str_find(s, '/');
    struct str address = str_head(s, slash), bits = str_from(s, slash + 1);
    bool v4 = is_address(address, AF_INET);
    if (!v4 && !is_address(address, AF_INET6))
        return false;
    int64_t n = 0;
    return slash == s.n ||
           (bits.n && ascii_is_digit(bits.p[0]) && str_to_int64(bits, &n) && n <= (v4 ? 32 : 128));
}

const char *matcher_args_fault(enum matcher matcher, const struct str *args)
{
    switch (matcher) {
    case MATCHER_HOST:
        return is_ascii(args[0]) ? NULL : "a host has ASCII letters only; write others in Punycode (xn--…)";
    case MATCHER_PATH:
    case MATCHER_PATH_PREFIX:
        return args[0].p[0] == '/' ? NULL : "a path begins with /";
    case MATCHER_CLIENT_IP:
        return is_cidr(args[0]) ? NULL : "neither an address nor a range of addresses";
    default:
        return NULL;
    }
}

/* The bytes that a Host header may have; a request with others is refused before it meets a rule. */
static bool is_host_byte(char c)
{
    char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || ascii_is_digit(c) || c == '.' || c == '-' ||
           (c && strchr("!$%&()*+,:;='[]_~", c));
}

static enum matcher_reach host_reach(struct str host, const char **why)
{
    if (str_eq(host, STR("*")))
        return REACH_ALL;
    for (size_t i = 0; i < host.n; i++)
        if (!is_host_byte(host.p[i])) {
            *why = "no host of a request has such a character";
            return REACH_NONE;
        }
    if (str_starts(host, STR("*.")) && host.n > 2)
        return REACH_WILDCARD;
    if (str_find(host, '*') < host.n)
        *why = "* is a wildcard only as a whole first label, as in *.example.com";
    else if (str_find(host, ':') < host.n && !is_address(host, AF_INET6))
        *why = "rules see the host without its port, and IPv6 addresses without brackets";
    else if (str_find(host, '[') < host.n || str_find(host, ']') < host.n)
        *why = "rules see IPv6 addresses without brackets";
    else if (host.p[0] == '.' && host.n == 1)
        *why = "a dot is no host";
    else
        return REACH_SOME;
    return REACH_NONE;
}

/* The routing path keeps exactly these escaped, so a '%' in it begins one of them. */
static bool is_kept_escape(struct str s, bool may_be_cut)
{
    static const char kept[][3] = { "3A", "2F", "3F", "23", "5B", "5D", "40", "21", "24", "26",
                                    "27", "28", "29", "2A", "2B", "2C", "3B", "3D", "25" };
    size_t n = s.n < 2 ? s.n : 2;
    if (n < 2 && !may_be_cut)
        return false;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (memcmp(kept[i], s.p, n) == 0)
            return true;
    return false;
}

static enum matcher_reach path_reach(struct str path, bool prefix, const char **why)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '?' || path.p[i] == '#')
            *why = "rules see the path alone, without query and fragment";
        else if (path.p[i] == '%' && !is_kept_escape(str_from(path, i + 1), prefix))
            *why = "rules see the path decoded; only reserved characters stay as %XX, in upper case";
        else
            continue;
        return REACH_NONE;
    }
    return REACH_SOME;
}

enum matcher_reach matcher_reach(enum matcher matcher, const struct str *args, const char **why)
{
    if (matcher == MATCHER_HOST)
        return host_reach(args[0], why);
    if (matcher == MATCHER_PATH || matcher == MATCHER_PATH_PREFIX)
        return path_reach(args[0], matcher == MATCHER_PATH_PREFIX, why);
    return REACH_SOME;
}

struct str matcher_canonical_arg(struct arena *arena, enum matcher matcher, struct str arg)
{
    if (matcher == MATCHER_HOST && str_ends(arg, STR(".")))
        arg.n--;
    char *p = arena_alloc(arena, arg.n + 1, 1);
    for (size_t i = 0; i < arg.n; i++) {
        bool lower_case = arg.p[i] >= 'a' && arg.p[i] <= 'z';
        if (matcher == MATCHER_HOST)
            p[i] = ascii_lower(arg.p[i]);
        else if (matcher == MATCHER_METHOD && lower_case)
            p[i] = (char)(arg.p[i] - 'a' + 'A');
        else
            p[i] = arg.p[i];
    }
    return str_of(p, arg.n);
}
