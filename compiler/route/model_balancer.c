#include <stdlib.h>

#include "base/hash.h"
#include "route/model_build.h"
#include "route/url.h"

enum { ID_DIGITS = 16 };

#define SECOND INT64_C(1000000000)

static bool read_strategy(struct build *b, const struct text_value *strategy, enum model_strategy *out)
{
    static const struct str known[] = { STR("wrr"), STR("p2c"), STR("hrw"), STR("leasttime") };
    *out = STRATEGY_WRR;
    if (!IS_SET(*strategy) || strategy->v.n == 0)
        return true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(strategy->v, known[i])) {
            *out = (enum model_strategy)i;
            return true;
        }
    report_text(b, FINDING_BAD_VALUE, strategy->key, strategy->v, "wrr, p2c, hrw or leasttime",
                "there is no such strategy");
    return false;
}

static bool read_transport(struct build *b, const struct load_balancer *lb, struct str scope,
                           const struct model_transport **out)
{
    struct str text = lb->servers_transport.v, key = lb->servers_transport.key;
    *out = b->usual_transport;
    if (!IS_SET(lb->servers_transport) || text.n == 0 || str_eq(text, STR("default@internal")))
        return true;
    struct reference name = reference_read(text, scope);
    const struct transport_entry *entry = reference_find(b, KIND_TRANSPORT, name, key);
    if (!entry)
        report_missing(b, KIND_TRANSPORT, name, key);
    else if (!entry->model)
        report_broken(b, KIND_TRANSPORT, name, key, entry->source->object.key);
    *out = entry ? entry->model : NULL;
    return *out != NULL;
}

static struct str shown_url(struct str text)
{
    return url_has_secret(text) ? (struct str){ 0 } : text;
}

/* Why requests cannot be sent to a server of that URL in that way (Traefik answers 500), or NULL. */
static const char *unusable_by(const struct model_transport *transport, const struct url *url)
{
    if (url->nowhere || !transport)
        return url->nowhere;
    if (url->scheme == URL_H2C && !transport->http2)
        return "h2c needs HTTP/2, which the serversTransport forbids";
    if (url->scheme == URL_HTTPS && transport->distrusts && !transport->insecure)
        return "the serversTransport trusts nobody";
    return NULL;
}

/* The address of a server. false with a finding where the whole service is in error. */
static bool read_url(struct build *b, const struct server *s, const struct model_transport *transport,
                     struct model_server *out)
{
    static const enum server_scheme schemes[] = { [URL_HTTP] = SERVER_HTTP,
                                                  [URL_HTTPS] = SERVER_HTTPS,
                                                  [URL_H2C] = SERVER_H2C,
                                                  [URL_OTHER] = SERVER_HTTP };
    struct str text = s->url.v, key = IS_SET(s->url) ? s->url.key : s->object.key, shown = shown_url(text);
    struct url url;
    const char *fault = url_parse(text, &url);
    if (fault) {
        report_text(b, FINDING_BAD_VALUE, key, shown, "http://host:port", "not the URL of a server: %s",
                    fault);
        return false;
    }
    const char *unusable = unusable_by(transport, &url);
    if (unusable)
        report_text(b, FINDING_BAD_VALUE, key, shown, "http://host:port",
                    "%s: requests that this server is chosen for are answered with 500", unusable);
    else if (url.port == 0)
        report_text(
            b, FINDING_BAD_VALUE, key, shown, "http://host:port",
            "the port is outside 1 to 65535: requests that this server is chosen for are answered with 502");
    out->url = text;
    out->host = unusable ? (struct str){ 0 } : url.host;
    out->port = url.port;
    out->scheme = schemes[url.scheme];
    out->authority = unusable ? (struct str){ 0 } : url.authority;
    out->path = s->preserve_path.v ? url.path : (struct str){ 0 };
    while (out->path.n && out->path.p[out->path.n - 1] == '/')
        out->path.n--;
    return true;
}

static int compare_servers(const void *a, const void *b)
{
    const struct model_server *x = a, *y = b;
    return str_cmp(x->id, y->id);
}

/* Equal URLs are one server; their weights are added, as far as numbers go. */
static size_t merge_servers(struct model_server *servers, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct model_server *last = kept ? &servers[kept - 1] : NULL;
        if (last && str_eq(last->id, servers[i].id))
            last->weight =
                last->weight > INT64_MAX - servers[i].weight ? INT64_MAX : last->weight + servers[i].weight;
        else
            servers[kept++] = servers[i];
    }
    return kept;
}

/* With p2c weights count for nothing, not even to leave a server out. */
static bool read_servers(struct build *b, const struct load_balancer *lb, struct model_service *out)
{
    struct model_server *servers = ARENA_ARRAY(b->arena, struct model_server, lb->n_servers);
    size_t n = 0;
    bool ok = true, weighted = out->strategy != STRATEGY_P2C;
    for (size_t i = 0; i < lb->n_servers; i++) {
        const struct server *source = &lb->servers[i];
        struct model_server server = { .weight = weighted && IS_SET(source->weight) ? source->weight.v : 1 };
        if (source->object.broken || !read_url(b, source, out->transport, &server)) {
            ok = false;
        } else if (server.weight > 0) {
            char *id = arena_alloc(b->arena, ID_DIGITS + 1, 1);
            sha256_hex(server.url, id, ID_DIGITS);
            server.id = str_of(id, ID_DIGITS);
            servers[n++] = server;
        }
    }
    if (n > 1)
        qsort(servers, n, sizeof *servers, compare_servers);
    out->servers = servers;
    out->n_servers = merge_servers(servers, n);
    return ok;
}

static int64_t positive_or(const struct duration_value *value, int64_t fallback)
{
    return IS_SET(*value) && value->ns > 0 ? value->ns : fallback;
}

static void read_check(const struct health_check *source, struct model_check *out)
{
    if (!source->key.p)
        return;
    out->on = true;
    out->path = source->path.v;
    out->scheme = source->scheme.v;
    out->method = source->method.v;
    out->hostname = source->hostname.v;
    out->port = source->port.v > 0 && source->port.v <= 65535 ? (int)source->port.v : 0;
    out->status = source->status.v > 0 && source->status.v <= 999 ? (int)source->status.v : 0;
    out->interval_ns = positive_or(&source->interval, 30 * SECOND);
    out->unhealthy_interval_ns = IS_SET(source->unhealthy_interval)
                                     ? positive_or(&source->unhealthy_interval, 30 * SECOND)
                                     : out->interval_ns;
    out->timeout_ns = positive_or(&source->timeout, 5 * SECOND);
    out->follow_redirects = !IS_SET(source->follow_redirects) || source->follow_redirects.v;
    out->headers = source->headers.v;
    out->n_headers = source->headers.n;
    out->grpc = str_eq(source->mode.v, STR("grpc"));
}

/* Where there is no time for which a server would be out it is never out, unless a probe has to bring it back. */
static void read_passive(const struct passive_check *source, bool probed, struct model_passive *out)
{
    if (!source->key.p)
        return;
    out->window_ns = IS_SET(source->failure_window) ? source->failure_window.ns : 10 * SECOND;
    out->on = probed || out->window_ns > 0;
    out->max_failures = IS_SET(source->max_failed_attempts) ? source->max_failed_attempts.v : 1;
}

bool balancer_read(struct build *b, struct service_entry *entry)
{
    const struct load_balancer *lb = &entry->source->load_balancer;
    struct model_service *out = &entry->draft;
    struct str scope = reference_scope(&entry->source->object, entry->space->tree->provider);
    bool ok = read_strategy(b, &lb->strategy, &out->strategy);
    ok = read_transport(b, lb, scope, &out->transport) && ok;
    ok = read_servers(b, lb, out) && ok;
    read_check(&lb->health_check, &out->check);
    read_passive(&lb->passive_check, out->check.on, &out->passive);
    out->kind = SERVICE_SERVERS;
    out->pass_host_header = !IS_SET(lb->pass_host_header) || lb->pass_host_header.v;
    /* Who is chosen by address stays with its server anyway: Traefik looks at no cookie then. */
    if (out->strategy != STRATEGY_HRW)
        out->cookie = cookie_read(b->arena, &lb->sticky.cookie, out->name);
    entry->reports = out->check.on;
    entry->height = 1;
    return ok;
}
