#include "route/model_build.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/vec.h"
#include "route/url.h"

enum { ID_DIGITS = 16 };

static bool check_kind(struct build *b, const struct service *s)
{
    struct str key = s->object.key;
    if (s->n_kinds == 0)
        diag_report(b->diag, FINDING_BAD_OBJECT, key, "the service has no kind, such as loadBalancer");
    else if (s->n_kinds > 1)
        diag_report(b->diag, FINDING_BAD_OBJECT, key, "the service has %zu kinds: it can be of one only",
                    s->n_kinds);
    else if (s->other_kind.p)
        refuse_unsupported(b, s->other_kind, "services of this kind are");
    return s->n_kinds == 1 && !s->other_kind.p;
}

static bool check_strategy(struct build *b, const struct text_value *strategy)
{
    static const struct str known[] = { { "wrr", 3 }, { "p2c", 3 }, { "hrw", 3 }, { "leasttime", 9 } };
    if (!IS_SET(*strategy) || strategy->v.n == 0 || str_eq(strategy->v, known[0]))
        return true;
    for (size_t i = 1; i < sizeof known / sizeof *known; i++)
        if (str_eq(strategy->v, known[i])) {
            report_text(b, FINDING_NOT_SUPPORTED, strategy->key, strategy->v, NULL,
                        "this strategy is not supported yet");
            return false;
        }
    report_text(b, FINDING_BAD_VALUE, strategy->key, strategy->v, "wrr, p2c, hrw or leasttime",
                "there is no such strategy");
    return false;
}

static bool check_load_balancer(struct build *b, const struct load_balancer *lb)
{
    bool ok = check_strategy(b, &lb->strategy);
    struct str transport = lb->servers_transport.v;
    if (IS_SET(lb->servers_transport) && transport.n && !str_eq(transport, STR("default@internal")))
        ok = refuse_unsupported(b, lb->servers_transport.key, "serversTransport is");
    return ok;
}

/* The address of a server. false with a finding where the whole service is in error. */
static bool read_url(struct build *b, const struct server *s, struct model_server *out)
{
    struct str text = s->url.v, key = IS_SET(s->url) ? s->url.key : s->object.key;
    struct str shown = url_has_secret(text) ? (struct str){ 0 } : text;
    struct url url;
    const char *fault = url_parse(text, &url);
    if (fault) {
        report_text(b, FINDING_BAD_VALUE, key, shown, "http://host:port", "not the URL of a server: %s",
                    fault);
        return false;
    }
    if (url.nowhere)
        report_text(b, FINDING_BAD_VALUE, key, shown, "http://host:port",
                    "%s: requests that this server is chosen for are answered with 500", url.nowhere);
    else if (url.scheme != URL_HTTP) {
        report_text(b, FINDING_NOT_SUPPORTED, key, shown, NULL,
                    "servers behind https and h2c are not supported yet");
        return false;
    }
    out->url = text;
    out->host = url.host;
    out->port = url.port;
    return true;
}

static bool read_server(struct build *b, const struct server *s, struct model_server *out)
{
    out->weight = IS_SET(s->weight) ? s->weight.v : 1;
    if (s->object.broken)
        return false;
    bool ok = check_supported(b, &s->object);
    if (IS_SET(s->preserve_path) && s->preserve_path.v)
        ok = refuse_unsupported(b, s->preserve_path.key, "preservePath is");
    return read_url(b, s, out) && ok;
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

static bool read_servers(struct build *b, const struct load_balancer *lb, struct model_service *out)
{
    struct model_server *servers = ARENA_ARRAY(b->arena, struct model_server, lb->n_servers);
    size_t n = 0;
    bool ok = true;
    for (size_t i = 0; i < lb->n_servers; i++) {
        struct model_server server = { 0 };
        if (!read_server(b, &lb->servers[i], &server)) {
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

/* All faults of a service are told, not the first only. */
static bool read_service(struct build *b, const struct service *s, struct str provider,
                         struct model_service *out)
{
    if (s->object.broken)
        return false;
    bool ok = check_supported(b, &s->object);
    if (IS_SET(s->middlewares))
        ok = refuse_unsupported(b, s->middlewares.key, "middlewares of services are");
    if (!check_kind(b, s))
        return false;
    ok = check_load_balancer(b, &s->load_balancer) && ok;
    ok = read_servers(b, &s->load_balancer, out) && ok;
    if (!ok)
        return false;
    out->name = name_qualify(b->arena, s->object.name, provider);
    out->key = s->object.key;
    out->pass_host_header = !IS_SET(s->load_balancer.pass_host_header) || s->load_balancer.pass_host_header.v;
    return true;
}

struct placed {
    struct model_service model;
    struct service_entry *entry;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return str_cmp(x->model.name, y->model.name);
}

void services_build(struct build *b, struct model *out)
{
    VEC(struct placed) found = { 0 };
    for (size_t i = 0; i < b->n_spaces; i++) {
        struct space *space = &b->spaces[i];
        const struct tree *tree = space->tree;
        space->services = ARENA_ARRAY(b->scratch, struct service_entry, tree->n_services);
        space->service_names = strmap_create(b->scratch, tree->n_services);
        for (size_t j = 0; j < tree->n_services; j++) {
            struct service_entry *entry = &space->services[j];
            entry->source = &tree->services[j];
            strmap_put(space->service_names, entry->source->object.name, entry);
            struct placed placed = { .entry = entry };
            if (read_service(b, entry->source, tree->provider, &placed.model))
                vec_push(&found, placed);
        }
    }
    if (found.n)
        qsort(found.p, found.n, sizeof *found.p, compare_placed);
    struct model_service *services = ARENA_ARRAY(b->arena, struct model_service, found.n);
    for (size_t i = 0; i < found.n; i++) {
        services[i] = found.p[i].model;
        found.p[i].entry->model = &services[i];
    }
    out->services = services;
    out->n_services = found.n;
    vec_fini(&found);
}
