#include "explain/forward.h"

#include "base/address.h"
#include "base/vec.h"

typedef VEC(struct request_header) header_vec;

/* Traefik's isManagedXHeader: '_' counts as '-'. */
static bool is_managed(struct str name)
{
    static const char *const names[] = { "x-forwarded-proto",
                                         "x-forwarded-scheme",
                                         "x-forwarded-for",
                                         "x-forwarded-host",
                                         "x-forwarded-port",
                                         "x-forwarded-server",
                                         "x-forwarded-uri",
                                         "x-forwarded-method",
                                         "x-forwarded-prefix",
                                         "x-forwarded-tls-client-cert",
                                         "x-forwarded-tls-client-cert-info",
                                         "x-scheme",
                                         "x-real-ip",
                                         NULL };
    char copy[40];
    if (name.n > sizeof copy)
        return false;
    for (size_t i = 0; i < name.n; i++)
        copy[i] = name.p[i] == '_' ? '-' : name.p[i];
    return str_is_one_of(str_of(copy, name.n), names);
}

static struct str value_of(const header_vec *headers, const char *name)
{
    for (size_t i = 0; i < headers->n; i++)
        if (str_eq(headers->p[i].name, str_c(name)))
            return headers->p[i].value;
    return (struct str){ 0 };
}

static void drop(header_vec *headers, struct str name)
{
    size_t kept = 0;
    for (size_t i = 0; i < headers->n; i++)
        if (!str_eq(headers->p[i].name, name))
            headers->p[kept++] = headers->p[i];
    headers->n = kept;
}

static void put(header_vec *headers, const char *name, struct str value)
{
    drop(headers, str_c(name));
    vec_push(headers, (struct request_header){ str_c(name), value });
}

/* What a trusted peer says stays. */
static void put_missing(header_vec *headers, const char *name, struct str value)
{
    if (value_of(headers, name).n == 0)
        put(headers, name, value);
}

static bool is_trusted(const struct entry_point *entry, struct str client)
{
    struct address address;
    struct address_range range;
    bool trusted = entry->trust_all, known = address_read(client, &address);
    for (size_t i = 0; i < entry->n_trusted_ips && known && !trusted; i++)
        trusted = address_range_read(entry->trusted_ips[i], &range) && address_is_in(&address, &range);
    return trusted;
}

static bool has_token(struct str list, const char *token)
{
    bool found = false;
    while (list.p)
        found = str_eq_nocase(str_trim(str_cut(&list, ',')), str_c(token)) || found;
    return found;
}

/* net.SplitHostPort's port, or that of the scheme. */
static struct str port_of(struct str authority, bool tls)
{
    size_t colon = str_find(authority, ':'), from = 0;
    if (str_starts(authority, STR("["))) {
        from = str_find(authority, ']');
        from += from < authority.n;
        colon = from + str_find(str_from(authority, from), ':');
        colon = colon == from ? colon : authority.n;
    }
    struct str port = colon < authority.n ? str_from(authority, colon + 1) : STR("");
    if (port.n && str_find(port, ':') == port.n && str_find(port, '[') == port.n &&
        str_find(port, ']') == port.n)
        return port;
    return tls ? STR("443") : STR("80");
}

/* Several lines as one. */
static void join_for(struct arena *arena, header_vec *headers)
{
    static const char name[] = "x-forwarded-for";
    struct str joined = { 0 };
    for (size_t i = 0; i < headers->n; i++)
        if (str_eq(headers->p[i].name, str_c(name)))
            joined = joined.p
                         ? arena_printf(arena, "%.*s, %.*s", STR_ARG(joined), STR_ARG(headers->p[i].value))
                         : headers->p[i].value;
    if (joined.p)
        put(headers, name, joined);
}

/* What Connection names, and what is of one hop in any case; an upgrade goes on. */
static void end_hop(struct arena *arena, header_vec *headers)
{
    static const char *const kept[] = { "host",       "content-length", "transfer-encoding", "connection",
                                        "keep-alive", "close",          "upgrade",           NULL };
    static const char *const ended[] = { "proxy-connection", "proxy-authenticate", "proxy-authorization",
                                         "keep-alive", NULL };
    struct str list = { 0 };
    for (size_t i = 0; i < headers->n; i++)
        if (str_eq(headers->p[i].name, STR("connection")))
            list = arena_printf(arena, "%.*s,%.*s", STR_ARG(list), STR_ARG(headers->p[i].value));
    struct str upgrade = has_token(list, "upgrade") ? value_of(headers, "upgrade") : STR("");
    for (struct str rest = list; rest.p;) {
        struct str name = arena_copy(arena, str_trim(str_cut(&rest, ',')));
        for (size_t i = 0; i < name.n; i++)
            ((char *)name.p)[i] = ascii_lower(name.p[i]);
        if (!str_is_one_of(name, kept) && !is_managed(name))
            drop(headers, name);
    }
    for (const char *const *name = ended; *name; name++)
        drop(headers, str_c(*name));
    struct str te = value_of(headers, "te");
    drop(headers, STR("te"));
    if (has_token(te, "trailers"))
        put(headers, "te", STR("trailers"));
    if (!value_of(headers, "transfer-encoding").p)
        drop(headers, STR("trailer"));
    drop(headers, STR("connection"));
    if (upgrade.n)
        put(headers, "connection", STR("upgrade"));
    else
        drop(headers, STR("upgrade"));
}

/* What Go's server and client change (net/http fixPragmaCacheControl, Request.write). */
static void mend(header_vec *headers)
{
    if (str_eq(value_of(headers, "pragma"), STR("no-cache")) && !value_of(headers, "cache-control").p)
        put(headers, "cache-control", STR("no-cache"));
    if (!value_of(headers, "user-agent").n)
        drop(headers, STR("user-agent"));
}

static const char *check_underscores(const struct entry_point *entry, header_vec *headers)
{
    bool refuse = str_eq(entry->underscores, STR("reject"));
    size_t kept = 0;
    if (!refuse && !str_eq(entry->underscores, STR("delete")))
        return NULL;
    for (size_t i = 0; i < headers->n; i++) {
        if (str_find(headers->p[i].name, '_') == headers->p[i].name.n)
            headers->p[kept++] = headers->p[i];
        else if (refuse)
            return "a header's name has an underscore";
    }
    headers->n = kept;
    return NULL;
}

static void add_forwarded(const struct entry_point *entry, const struct request *r, header_vec *headers)
{
    struct str upgrade = value_of(headers, "upgrade");
    bool socket = has_token(value_of(headers, "connection"), "upgrade") && has_token(upgrade, "websocket");
    if (r->client.n)
        put_missing(headers, "x-real-ip", r->client);
    put_missing(headers, "x-forwarded-proto",
                r->tls   ? (socket ? STR("wss") : STR("https"))
                : socket ? STR("ws")
                         : STR("http"));
    struct str proto = value_of(headers, "x-forwarded-proto");
    put_missing(headers, "x-forwarded-port",
                port_of(r->authority, r->tls || str_eq(proto, STR("https")) || str_eq(proto, STR("wss"))));
    if (r->authority.n)
        put_missing(headers, "x-forwarded-host", r->authority);
    if (entry->scheme_headers) {
        put(headers, "x-forwarded-scheme", proto);
        put(headers, "x-scheme", proto);
    }
}

const char *request_forward(struct arena *arena, const struct entry_point *entry, struct request *request)
{
    header_vec headers = { 0 };
    for (size_t i = 0; i < request->n_headers; i++)
        vec_push(&headers, request->headers[i]);
    const char *fault = check_underscores(entry, &headers);
    bool trusted = is_trusted(entry, request->client);
    size_t kept = 0;
    for (size_t i = 0; i < headers.n; i++)
        if (trusted || !is_managed(headers.p[i].name))
            headers.p[kept++] = headers.p[i];
    headers.n = kept;
    add_forwarded(entry, request, &headers);
    join_for(arena, &headers);
    end_hop(arena, &headers);
    mend(&headers);
    struct request_header *list = ARENA_ARRAY(arena, struct request_header, headers.n);
    if (headers.n)
        memcpy(list, headers.p, headers.n * sizeof *list);
    request->headers = list;
    request->n_headers = headers.n;
    vec_fini(&headers);
    return fault;
}
