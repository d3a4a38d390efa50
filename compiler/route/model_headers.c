#include "route/model_build.h"

enum { MAX_HEADERS = 256 }; /* of one map */

/* Headers that say how the message is framed or are of one connection only: set by a middleware, they never
 * leave Traefik. */
static bool is_of_transport(struct str name, bool request)
{
    static const char *const names[] = { "connection", "content-length", "keep-alive", "proxy-connection",
                                         "te",         "trailer",        "upgrade",    "transfer-encoding",
                                         NULL };
    static const char *const of_requests[] = { "proxy-authenticate", "proxy-authorization", NULL };
    return str_is_one_of(name, names) || (request && str_is_one_of(name, of_requests));
}

/* As Go's server writes it: line ends are blanks. What else cannot stand in a header stays for the check. */
static struct str on_one_line(struct arena *arena, struct str s)
{
    struct str copy = arena_copy(arena, s);
    for (size_t i = 0; i < copy.n; i++)
        if (copy.p[i] == '\n' || copy.p[i] == '\r')
            ((char *)copy.p)[i] = ' ';
    return str_trim(copy);
}

static bool check_pair(struct build *b, const struct pair_value *pair, struct str value)
{
    if (!str_is_token(pair->name))
        report_text(b, FINDING_BAD_OBJECT, pair->key, pair->name, NULL, "this is no name of a header");
    else if (!str_is_field_value(value))
        diag_report(b->diag, FINDING_BAD_OBJECT, pair->key,
                    "the value holds bytes that cannot stand in a header");
    else
        return true;
    return false;
}

/* A map of headers: by name, of names that differ in case only the last. */
static bool read_map(struct build *b, const struct map_value *source, bool request,
                     struct model_headers_list *out)
{
    struct model_header *p = ARENA_ARRAY(b->arena, struct model_header, source->n);
    size_t n = 0;
    bool ok = source->n <= MAX_HEADERS;
    if (!ok)
        diag_report(b->diag, FINDING_BAD_OBJECT, source->key, "more than %d headers", MAX_HEADERS);
    for (size_t i = 0; i < source->n && n < MAX_HEADERS; i++) {
        const struct pair_value *pair = &source->v[i];
        struct str value = request ? str_trim(pair->v) : on_one_line(b->arena, pair->v);
        struct str name = text_lower(b->arena, pair->name);
        ok = check_pair(b, pair, value) && ok;
        if (is_of_transport(name, request))
            continue;
        size_t at = n;
        while (at > 0 && str_cmp(p[at - 1].name, name) >= 0)
            at--;
        bool again = at < n && str_eq(p[at].name, name);
        if (!again)
            memmove(&p[at + 1], &p[at], (n++ - at) * sizeof *p);
        p[at] = (struct model_header){ name, value };
    }
    *out = (struct model_headers_list){ p, n };
    return ok;
}

/* One that is set beside the maps; nothing where the value is empty. */
static bool add_header(struct build *b, struct model_headers_list *list, const char *name, struct str value,
                       struct str key)
{
    struct str line = on_one_line(b->arena, value);
    if (line.n == 0)
        return true;
    ((struct model_header *)list->p)[list->n++] = (struct model_header){ str_c(name), line };
    if (!str_is_field_value(line))
        diag_report(b->diag, FINDING_BAD_OBJECT, key, "the value holds bytes that cannot stand in a header");
    return str_is_field_value(line);
}

static bool is_on(const struct bool_value *value)
{
    return IS_SET(*value) && value->v;
}

static struct str sts_value(struct build *b, const struct headers *h)
{
    if (!IS_SET(h->sts_seconds) || h->sts_seconds.v == 0)
        return (struct str){ 0 };
    return arena_printf(b->arena, "max-age=%lld%s%s", (long long)h->sts_seconds.v,
                        is_on(&h->sts_subdomains) ? "; includeSubDomains" : "",
                        is_on(&h->sts_preload) ? "; preload" : "");
}

/* What github.com/unrolled/secure sets in answers. */
static bool read_security(struct build *b, const struct headers *h, struct model_headers *out)
{
    enum { MOST = 8 };
    bool live = !is_on(&h->development);
    struct str frame = h->frame_options.v.n    ? h->frame_options.v
                       : is_on(&h->frame_deny) ? STR("DENY")
                                               : STR("");
    struct str xss = h->xss_value.v.n        ? h->xss_value.v
                     : is_on(&h->xss_filter) ? STR("1; mode=block")
                                             : STR("");
    out->security.p = ARENA_ARRAY(b->arena, struct model_header, MOST);
    out->secure.p = ARENA_ARRAY(b->arena, struct model_header, MOST);
    bool ok = add_header(b, &out->security, "content-security-policy", h->csp.v, h->csp.key);
    ok = add_header(b, &out->security, "content-security-policy-report-only", h->csp_report_only.v,
                    h->csp_report_only.key) &&
         ok;
    ok = add_header(b, &out->security, "permissions-policy", h->permissions_policy.v,
                    h->permissions_policy.key) &&
         ok;
    ok = add_header(b, &out->security, "referrer-policy", h->referrer_policy.v, h->referrer_policy.key) && ok;
    ok = add_header(b, &out->security, "x-content-type-options",
                    is_on(&h->nosniff) ? STR("nosniff") : STR(""), h->key) &&
         ok;
    ok = add_header(b, &out->security, "x-frame-options", frame, h->frame_options.key) && ok;
    ok = add_header(b, &out->security, "x-xss-protection", xss, h->xss_value.key) && ok;
    if (live) {
        bool forced = is_on(&h->force_sts);
        ok = add_header(b, &out->secure, "public-key-pins", h->public_key.v, h->public_key.key) && ok;
        ok = add_header(b, forced ? &out->security : &out->secure, "strict-transport-security",
                        sts_value(b, h), h->key) &&
             ok;
    }
    return ok;
}

static struct str *copy_lower(struct build *b, const struct list_value *list)
{
    struct str *copy = ARENA_ARRAY(b->arena, struct str, list->n);
    for (size_t i = 0; i < list->n; i++)
        copy[i] = text_lower(b->arena, list->v[i]);
    return copy;
}

static bool read_hosts(struct build *b, const struct headers *h, struct model_headers *out)
{
    bool ok = true;
    if (!is_on(&h->development)) {
        out->hosts = copy_lower(b, &h->allowed_hosts);
        out->n_hosts = h->allowed_hosts.n;
        out->host_headers = copy_lower(b, &h->hosts_proxy_headers);
        out->n_host_headers = h->hosts_proxy_headers.n;
    }
    for (size_t i = 0; i < out->n_host_headers && ok; i++)
        if (!str_is_token(out->host_headers[i])) {
            report_text(b, FINDING_BAD_OBJECT, h->hosts_proxy_headers.key, out->host_headers[i], NULL,
                        "this is no name of a header");
            ok = false;
        }
    return ok;
}

static bool read_words(struct build *b, const struct list_value *list, struct model_words *out)
{
    struct buf text = { 0 };
    for (size_t i = 0; i < list->n; i++) {
        buf_puts(&text, i ? "," : "");
        buf_put(&text, list->v[i]);
        out->any = out->any || str_eq(list->v[i], STR("*"));
    }
    out->text = on_one_line(b->arena, buf_str(&text));
    buf_fini(&text);
    if (!str_is_field_value(out->text))
        diag_report(b->diag, FINDING_BAD_OBJECT, list->key,
                    "the list holds bytes that cannot stand in a header");
    return str_is_field_value(out->text);
}

static bool read_cors(struct build *b, const struct headers *h, struct model_headers *out)
{
    const struct list_value *patterns = &h->allow_origins_regex;
    const struct regex_program **programs = ARENA_ARRAY(b->arena, const struct regex_program *, patterns->n);
    out->cors.credentials = is_on(&h->allow_credentials);
    out->cors.add_vary = is_on(&h->add_vary);
    bool ok = read_words(b, &h->allow_headers, &out->cors.headers);
    ok = read_words(b, &h->allow_methods, &out->cors.methods) && ok;
    ok = read_words(b, &h->expose_headers, &out->cors.expose) && ok;
    out->cors.origins = h->allow_origins.v;
    out->cors.n_origins = h->allow_origins.n;
    for (size_t i = 0; i < h->allow_origins.n; i++)
        if (!str_is_field_value(h->allow_origins.v[i])) {
            diag_report(b->diag, FINDING_BAD_OBJECT, h->allow_origins.key,
                        "an origin holds bytes that cannot stand in a header");
            ok = false;
        }
    for (size_t i = 0; i < patterns->n && ok; i++) {
        programs[i] = model_read_regex(b, patterns->v[i], patterns->key);
        ok = programs[i] != NULL;
    }
    out->cors.patterns = programs;
    out->cors.n_patterns = patterns->n;
    if (IS_SET(h->max_age))
        out->cors.max_age = arena_printf(b->arena, "%lld", (long long)h->max_age.v);
    out->cors.on = out->cors.credentials || out->cors.add_vary || h->allow_headers.n || h->allow_methods.n ||
                   h->expose_headers.n || h->allow_origins.n || patterns->n || IS_SET(h->max_age);
    return ok;
}

/* Whether anything is set that Traefik counts, with or without an effect. */
static bool is_anything_set(const struct headers *h, const struct model_headers *out)
{
    const struct bool_value *flags[] = { &h->ssl_redirect,   &h->ssl_temporary_redirect,
                                         &h->ssl_force_host, &h->sts_subdomains,
                                         &h->sts_preload,    &h->force_sts,
                                         &h->frame_deny,     &h->nosniff,
                                         &h->xss_filter,     &h->development };
    const struct text_value *texts[] = { &h->ssl_host,          &h->frame_options,
                                         &h->xss_value,         &h->csp,
                                         &h->csp_report_only,   &h->public_key,
                                         &h->referrer_policy,   &h->feature_policy,
                                         &h->permissions_policy };
    bool set = out->cors.on || h->custom_request.n || h->custom_response.n || h->allowed_hosts.n ||
               h->hosts_proxy_headers.n || h->ssl_proxy_headers.n || IS_SET(h->sts_seconds);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        set = set || is_on(flags[i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        set = set || texts[i]->v.n > 0;
    return set;
}

static void find_no_forwarded_for(const struct headers *source, struct model_headers *out)
{
    for (size_t i = 0; i < source->custom_request.n; i++)
        out->no_forwarded_for =
            out->no_forwarded_for || (str_eq(source->custom_request.v[i].name, STR("X-Forwarded-For")) &&
                                      source->custom_request.v[i].v.n == 0);
}

bool model_read_headers(struct build *b, const struct headers *source, struct model_op *op, bool *idle)
{
    struct model_headers *headers = ARENA_NEW(b->arena, struct model_headers);
    op->kind = OP_HEADERS;
    op->headers = headers;
    bool ok = read_map(b, &source->custom_request, true, &headers->request);
    ok = read_map(b, &source->custom_response, false, &headers->response) && ok;
    ok = read_map(b, &source->ssl_proxy_headers, true, &headers->tls_headers) && ok;
    ok = read_security(b, source, headers) && ok;
    ok = read_hosts(b, source, headers) && ok;
    ok = read_cors(b, source, headers) && ok;
    find_no_forwarded_for(source, headers);
    if (ok && !is_anything_set(source, headers)) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->key, "the headers middleware sets nothing");
        ok = false;
    }
    *idle = headers->request.n == 0 && headers->response.n == 0 && !headers->cors.on &&
            headers->n_hosts == 0 && headers->security.n == 0 && headers->secure.n == 0;
    return ok;
}
