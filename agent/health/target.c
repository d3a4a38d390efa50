#include "health/target.h"

#include <stdlib.h>

#include "base/vec.h"
#include "health/grpc.h"
#include "route/url.h"
#include "sys/clock.h"

enum { MOST_REDIRECTS = 10 };

static char *copy(struct str s)
{
    char *p = xmalloc(s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

static char *copy_if(struct str s)
{
    return s.n ? copy(s) : NULL;
}

/* No path that Go's url.Parse would resolve against the server's URL: it has a scheme or a host, or is broken. */
static bool is_no_path(struct str path)
{
    struct str fragment = path, before = str_cut(&fragment, '#');
    return str_starts(path, STR("//")) || url_scheme_length(path) > 0 || url_has_bad_escape(fragment) ||
           url_has_bad_escape(str_head(before, str_find(before, '?')));
}

/* The server's URL, changed by what the check says; its path resolved against it. NULL: there is none. */
static char *url_of(const struct model_check *check, struct str server_url, struct str name)
{
    struct url parts;
    char *out = NULL, *whole = NULL, text[16];
    struct str path_of = check->grpc ? STR(GRPC_HEALTH_PATH) : check->path;
    CURLU *url = curl_url();
    if (is_no_path(path_of) || url_parse(server_url, &parts) || parts.nowhere || parts.port == 0)
        return curl_url_cleanup(url), NULL;
    struct str scheme = check->grpc                 ? STR("http")
                        : check->scheme.n           ? check->scheme
                        : parts.scheme == URL_HTTPS ? STR("https")
                                                    : STR("http");
    struct str host = name.n ? name : parts.host;
    bool bare_ipv6 = str_find(host, ':') < host.n;
    struct buf base = { 0 };
    buf_printf(&base, "%.*s://%s%.*s%s%.*s", STR_ARG(scheme), bare_ipv6 ? "[" : "", STR_ARG(host),
               bare_ipv6 ? "]" : "", STR_ARG(parts.path));
    buf_putc(&base, '\0');
    char *path = copy(path_of);
    snprintf(text, sizeof text, "%d", check->port ? check->port : parts.port);
    bool ok = !curl_url_set(url, CURLUPART_URL, base.p, CURLU_URLENCODE) &&
              (path_of.n == 0 || !curl_url_set(url, CURLUPART_URL, path, CURLU_URLENCODE)) &&
              !curl_url_set(url, CURLUPART_PORT, text, 0) && !curl_url_get(url, CURLUPART_URL, &whole, 0);
    if (ok)
        out = copy(str_c(whole));
    curl_free(whole);
    free(path);
    buf_fini(&base);
    curl_url_cleanup(url);
    return out;
}

/* A name other than the URL's host is asked for at that host all the same. */
static char *connect_to(struct str server_url, struct str name)
{
    struct url parts;
    struct buf out = { 0 };
    if (name.n == 0 || url_parse(server_url, &parts))
        return NULL;
    bool bare_ipv6 = str_find(parts.host, ':') < parts.host.n;
    buf_printf(&out, "::%s%.*s%s:", bare_ipv6 ? "[" : "", STR_ARG(parts.host), bare_ipv6 ? "]" : "");
    char *text = copy(buf_str(&out));
    buf_fini(&out);
    return text;
}

static char *host_of(const struct model_check *check, const struct plan_server *server, struct str name)
{
    struct url parts;
    if (check->hostname.n || name.n == 0 || url_parse(server->url, &parts))
        return copy_if(check->hostname);
    return copy_if(parts.authority);
}

/* "Name: value" lines. Host is said by the hostname only, as in Traefik. */
static char *headers_of(const struct model_check *check)
{
    struct buf lines = { 0 };
    for (size_t i = 0; i < check->n_headers; i++) {
        const struct pair_value *h = &check->headers[i];
        if (str_eq_nocase(h->name, STR("host")) || str_has_control(h->name) || str_has_control(h->v))
            continue;
        /* Curl sends an empty value only behind a ';'. */
        buf_printf(&lines, h->v.n ? "%.*s: %.*s\n" : "%.*s;%.*s\n", STR_ARG(h->name), STR_ARG(h->v));
    }
    char *text = copy_if(buf_str(&lines));
    buf_fini(&lines);
    return text;
}

/* gRPC is asked without TLS and without anything of the transport's: by no other scheme does Traefik ask at all. */
static void read_grpc(struct target *t, const struct model_check *check, const struct plan_server *server)
{
    struct str none = { 0 }, scheme = check->scheme;
    t->grpc = t->prior_knowledge = true;
    if (scheme.n == 0 || str_eq(scheme, STR("http")) || str_eq(scheme, STR("h2c")))
        t->url = url_of(check, server->url, none);
}

static void read_http(struct target *t, const struct model_check *check, const struct plan_server *server,
                      const struct model_transport *transport)
{
    struct url parts;
    bool h2c = !url_parse(server->url, &parts) && parts.scheme == URL_H2C;
    struct str name = transport->server_name;
    t->url = url_of(check, server->url, name);
    t->method = copy_if(check->method);
    t->hostname = host_of(check, server, name);
    t->connect_to = connect_to(server->url, name);
    t->headers = headers_of(check);
    t->authorities = copy_if(transport->authorities);
    t->identity = copy_if(transport->identity);
    t->insecure = transport->insecure;
    t->http2 = transport->http2;
    t->prior_knowledge = h2c && check->scheme.n == 0;
    t->follow = check->follow_redirects;
    t->expected = check->status;
}

static void read_active(struct target *t, const struct model_service *service,
                        const struct plan_server *server)
{
    static const struct model_transport usual = { .http2 = true };
    const struct model_check *check = &service->check;
    t->active = true;
    if (check->grpc)
        read_grpc(t, check, server);
    else
        read_http(t, check, server, service->transport ? service->transport : &usual);
    t->timeout_ns = check->timeout_ns;
    t->interval_ns = check->interval_ns;
    t->unhealthy_interval_ns = check->unhealthy_interval_ns;
}

static void put_line(struct buf *out, const char *text)
{
    buf_printf(out, "%zu:%s\n", text ? strlen(text) : 0, text ? text : "");
}

static char *config_of(const struct target *t)
{
    const char *const texts[] = { t->service,    t->server,  t->url,         t->method,  t->hostname,
                                  t->connect_to, t->headers, t->authorities, t->identity };
    struct buf out = { 0 };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put_line(&out, texts[i]);
    buf_printf(&out, "%d %d %d %d %d %d %d %lld %lld %lld %lld", t->active, t->insecure, t->http2,
               t->prior_knowledge, t->follow, t->grpc, t->expected, (long long)t->timeout_ns,
               (long long)t->interval_ns, (long long)t->unhealthy_interval_ns,
               (long long)t->passive_window_ns);
    char *text = copy(buf_str(&out));
    buf_fini(&out);
    return text;
}

static struct target *target_create(const struct plan_backend *backend, const struct plan_server *server)
{
    const struct model_service *service = backend->holds;
    struct target *t = xmalloc(sizeof *t);
    *t = (struct target){ .service = copy(backend->service),
                          .server = copy(server->name),
                          .backend = copy(backend->name),
                          .up = true };
    if (service->check.on)
        read_active(t, service, server);
    if (service->passive.on)
        t->passive_window_ns = service->passive.window_ns > 0 ? service->passive.window_ns : 1;
    t->config = config_of(t);
    return t;
}

struct target **targets_of(const struct plan *plan, size_t *n)
{
    VEC(struct target *) found = { 0 };
    for (size_t i = 0; i < plan->n_backends; i++) {
        const struct plan_backend *backend = &plan->backends[i];
        if (!backend->holds || (!backend->holds->check.on && !backend->holds->passive.on))
            continue;
        for (size_t j = 0; j < backend->n_servers; j++)
            vec_push(&found, target_create(backend, &backend->servers[j]));
    }
    *n = found.n;
    return found.p;
}

void target_move(struct target *t, struct target *twin)
{
    if (strcmp(t->backend, twin->backend) == 0)
        return;
    char *backend = t->backend;
    t->backend = twin->backend;
    twin->backend = backend;
    t->told = false;
}

static void release_request(struct target *t)
{
    curl_easy_cleanup(t->easy);
    buf_fini(&t->answer);
    t->answer = (struct buf){ 0 };
    for (size_t i = 0; i < 2; i++) {
        curl_slist_free_all(t->lists[i]);
        t->lists[i] = NULL;
    }
    t->easy = NULL;
}

void target_destroy(struct target *t)
{
    release_request(t);
    char *const texts[] = { t->config,   t->service,    t->server,  t->backend,     t->url,     t->method,
                            t->hostname, t->connect_to, t->headers, t->authorities, t->identity };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(t);
}

static size_t drop(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes;
    (void)context;
    return size * n;
}

/* One byte more than any answer has is enough to tell. */
static size_t keep(char *bytes, size_t size, size_t n, void *context)
{
    struct target *t = context;
    size_t room = GRPC_LONGEST_ANSWER + 1 - t->answer.n;
    buf_put(&t->answer, str_of(bytes, size * n < room ? size * n : room));
    return size * n;
}

static void set_question(CURL *easy, struct target *t)
{
    if (t->grpc) {
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)grpc_question.n);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, grpc_question.p);
        t->lists[0] = curl_slist_append(t->lists[0], "Content-Type: application/grpc");
        t->lists[0] = curl_slist_append(t->lists[0], "TE: trailers");
        return;
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    if (t->method && strcmp(t->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (t->method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, t->method);
}

static void set_tls(CURL *easy, const struct target *t)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, t->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, t->insecure ? 0L : 2L);
    if (t->authorities) {
        struct curl_blob blob = { t->authorities, strlen(t->authorities), CURL_BLOB_NOCOPY };
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    }
    if (t->identity) {
        struct curl_blob blob = { t->identity, strlen(t->identity), CURL_BLOB_NOCOPY };
        curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &blob);
        curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &blob);
    }
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long)(t->prior_knowledge ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                            : t->http2         ? CURL_HTTP_VERSION_2TLS
                                               : CURL_HTTP_VERSION_1_1));
    /* Curl 7.88 fails over a connection that it knew to be HTTP/2 when it opens it, and uses again. */
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, t->prior_knowledge ? 1L : 0L);
}

static void set_lists(CURL *easy, struct target *t)
{
    if (t->hostname) {
        struct buf line = { 0 };
        buf_printf(&line, "Host: %s", t->hostname);
        buf_putc(&line, '\0');
        t->lists[0] = curl_slist_append(t->lists[0], line.p);
        buf_fini(&line);
    }
    for (struct str rest = str_c(t->headers); rest.n;) {
        char *line = copy(str_cut(&rest, '\n'));
        t->lists[0] = curl_slist_append(t->lists[0], line);
        free(line);
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->lists[0]);
    if (t->connect_to) {
        t->lists[1] = curl_slist_append(NULL, t->connect_to);
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, t->lists[1]);
    }
}

CURL *target_ask(struct target *t)
{
    CURL *easy = t->url ? curl_easy_init() : NULL;
    if (!easy)
        return NULL;
    t->easy = easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_URL, t->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "maitred/" MAITRED_VERSION);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, t->follow ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     (long)(t->timeout_ns / NS_PER_MS > 0 ? t->timeout_ns / NS_PER_MS : 1));
    set_question(easy, t);
    set_tls(easy, t);
    set_lists(easy, t);
    return easy;
}

bool target_judge(struct target *t, CURLcode result)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    bool serving = t->grpc && grpc_is_serving(buf_str(&t->answer));
    release_request(t);
    if (result != CURLE_OK)
        return false;
    if (t->grpc)
        return status == 200 && serving;
    return t->expected ? status == t->expected : status >= 200 && status < 400;
}
