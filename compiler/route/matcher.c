#include "route/matcher.h"

static const struct matcher_row rows[MATCHER_COUNT] = {
    [MATCHER_HOST] = { STR("Host"), "Host(`example.com`)", 1, 1 },
    [MATCHER_HOST_REGEXP] = { STR("HostRegexp"), "HostRegexp(`^[a-z]+\\.example\\.com$`)", 1, 1 },
    [MATCHER_PATH] = { STR("Path"), "Path(`/products`)", 1, 1 },
    [MATCHER_PATH_PREFIX] = { STR("PathPrefix"), "PathPrefix(`/products`)", 1, 1 },
    [MATCHER_PATH_REGEXP] = { STR("PathRegexp"), "PathRegexp(`\\.(jpg|png)$`)", 1, 1 },
    [MATCHER_METHOD] = { STR("Method"), "Method(`GET`)", 1, 1 },
    [MATCHER_HEADER] = { STR("Header"), "Header(`X-Name`, `value`)", 2, 2 },
    [MATCHER_HEADER_REGEXP] = { STR("HeaderRegexp"), "HeaderRegexp(`X-Name`, `^v`)", 2, 2 },
    [MATCHER_QUERY] = { STR("Query"), "Query(`name`, `value`)", 1, 2 },
    [MATCHER_QUERY_REGEXP] = { STR("QueryRegexp"), "QueryRegexp(`name`, `^v`)", 1, 2 },
    [MATCHER_CLIENT_IP] = { STR("ClientIP"), "ClientIP(`192.0.2.0/24`)", 1, 1 },
};

const struct matcher_row *matcher_row(enum matcher matcher)
{
    return &rows[matcher];
}

const char *matcher_name(enum matcher matcher)
{
    if (matcher == MATCHER_HOST_WILDCARD)
        return "Host with a wildcard";
    return matcher == MATCHER_QUERY_FIRST ? "first Query" : rows[matcher].name.p;
}

bool matcher_is_spelling(struct str name, struct str documented)
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
    for (size_t i = 0; name.n && i < MATCHER_COUNT; i++)
        if (rows[i].name.n && matcher_is_spelling(name, rows[i].name))
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
