#include "ops/forward.h"
#include "ops/op.h"

bool forward_is_in(struct str name, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(name, list[i]))
            return true;
    return false;
}

#define IN(name, list) forward_is_in(name, list, sizeof list / sizeof *list)

bool forward_is_own(struct str name)
{
    static const struct str own[] = { STR("connection"),        STR("keep-alive"), STR("te"),
                                      STR("trailer"),           STR("trailers"),   STR("upgrade"),
                                      STR("transfer-encoding"), STR("host"),       STR("content-length") };
    return IN(name, own);
}

/* All that entry points know (Traefik's forwardedheaders.XHeadersSet). */
static const struct str x_headers[] = { STR("x-forwarded-for"),
                                        STR("x-forwarded-host"),
                                        STR("x-forwarded-method"),
                                        STR("x-forwarded-port"),
                                        STR("x-forwarded-prefix"),
                                        STR("x-forwarded-proto"),
                                        STR("x-forwarded-scheme"),
                                        STR("x-forwarded-server"),
                                        STR("x-forwarded-tls-client-cert"),
                                        STR("x-forwarded-tls-client-cert-info"),
                                        STR("x-forwarded-uri"),
                                        STR("x-real-ip"),
                                        STR("x-scheme") };

/* Some servers read '_' in a name as '-'. */
static bool is_x_header(struct str name)
{
    char plain[64];
    if (name.n > sizeof plain)
        return false;
    for (size_t i = 0; i < name.n; i++)
        plain[i] = (char)(name.p[i] == '_' ? '-' : name.p[i]);
    return IN(str_of(plain, name.n), x_headers);
}

/* Set anew below, whatever the client said. */
static bool is_replaced(enum forward_trust trust, struct str name)
{
    static const struct str replaced[] = { STR("x-forwarded-for"), STR("x-forwarded-proto"),
                                           STR("x-forwarded-method"), STR("x-forwarded-host"),
                                           STR("x-forwarded-uri") };
    return trust == TRUST_NO ? is_x_header(name) : trust == TRUST_UNSET && IN(name, replaced);
}

static bool is_listed(const struct forward_auth *op, struct str name)
{
    return op->request_headers.n == 0 || forward_is_in(name, op->request_headers.p, op->request_headers.n) ||
           (op->trust == TRUST_YES && IN(name, x_headers));
}

static void put(struct buf *out, struct str name, struct str value)
{
    buf_put(out, name);
    buf_puts(out, ": ");
    buf_put(out, value);
    buf_putc(out, '\n');
}

/* The port in Host, else that of the scheme. */
static struct str port_of(struct str host, bool tls)
{
    size_t colon = host.n;
    while (colon > 0 && ascii_is_digit(host.p[colon - 1]))
        colon--;
    bool bare_ipv6 = colon > 0 && str_find(str_head(host, colon - 1), ':') < colon - 1 && host.p[0] != '[';
    if (colon > 0 && colon < host.n && host.p[colon - 1] == ':' && !bare_ipv6)
        return str_from(host, colon);
    return tls ? STR("443") : STR("80");
}

/* What stands there already stays where it is trusted. X-Forwarded-For has the client's address at its end
 * already: the entry point has put it there. */
static void put_forwarded(struct buf *out, const struct forward_auth *op, const struct request *request)
{
    char address[ADDRESS_TEXT];
    const struct {
        struct str name, value;
        bool always;
    } all[] = {
        { STR("X-Forwarded-For"), address_text(&request->source, address), true },
        { STR("X-Forwarded-Method"), request->method, true },
        { STR("X-Forwarded-Proto"), request->tls ? STR("https") : STR("http"), true },
        { STR("X-Forwarded-Port"), port_of(request->host, request->tls), op->trust != TRUST_UNSET },
        { STR("X-Forwarded-Host"), request->host, true },
        { STR("X-Forwarded-Uri"), request->url, true },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool there = op->trust == TRUST_YES && headers_find(request->headers, all[i].name).p;
        if (all[i].always && !there)
            put(out, all[i].name, all[i].value);
    }
}

void forward_headers(struct buf *out, const struct forward_auth *op, const struct request *request,
                     bool *decode)
{
    struct str block = request->headers, name, value;
    bool has_agent = false, has_encoding = false, has_range = false;
    while (headers_next(&block, &name, &value)) {
        if (forward_is_own(name) || str_eq_nocase(name, STR("expect")) || is_replaced(op->trust, name) ||
            !is_listed(op, name))
            continue;
        has_agent = has_agent || str_eq_nocase(name, STR("user-agent"));
        has_encoding = has_encoding || str_eq_nocase(name, STR("accept-encoding"));
        has_range = has_range || str_eq_nocase(name, STR("range"));
        put(out, name, value);
    }
    if (request->proxy_authorization.p && is_listed(op, STR("proxy-authorization")))
        put(out, STR("Proxy-Authorization"), request->proxy_authorization);
    put_forwarded(out, op, request);
    /* Go's own name is sent where nothing says otherwise; a client's silence is passed on only in full. */
    bool silent = op->trust != TRUST_UNSET && op->request_headers.n == 0;
    if (!has_agent && !silent)
        put(out, STR("User-Agent"), STR("Go-http-client/1.1"));
    *decode = !has_encoding && !has_range;
}
