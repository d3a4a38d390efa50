#include "route/model_build.h"

enum { MAX_HEADERS = 256 }; /* of one map */

bool model_is_header_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ascii_is_digit(c);
        if (!letter && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return s.n > 0;
}

/* Headers that say how the message is framed or are of one connection only: set by a middleware, they never
 * leave Traefik. */
static bool is_of_transport(struct str name)
{
    static const struct str names[] = {
        STR("connection"), STR("content-length"), STR("keep-alive"),        STR("proxy-connection"),
        STR("te"),         STR("trailer"),        STR("transfer-encoding"), STR("upgrade"),
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq_nocase(name, names[i]))
            return true;
    return false;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
            return true;
    return false;
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
    if (!model_is_header_name(pair->name))
        report_text(b, FINDING_BAD_OBJECT, pair->key, pair->name, NULL, "this is no name of a header");
    else if (has_control(value))
        diag_report(b->diag, FINDING_BAD_OBJECT, pair->key,
                    "the value holds bytes that cannot stand in a header");
    else
        return true;
    return false;
}

/* A map of headers: by name, of names that differ in case only the last. */
static bool read_map(struct build *b, const struct map_value *source, bool request,
                     const struct model_header **out, size_t *n_out)
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
        if (is_of_transport(name))
            continue;
        size_t at = n;
        while (at > 0 && str_cmp(p[at - 1].name, name) >= 0)
            at--;
        bool again = at < n && str_eq(p[at].name, name);
        if (!again)
            memmove(&p[at + 1], &p[at], (n++ - at) * sizeof *p);
        p[at] = (struct model_header){ name, value };
    }
    *out = p;
    *n_out = n;
    return ok;
}

static bool check_rest(struct build *b, const struct headers *h)
{
    const struct str keys[] = {
        h->allow_credentials.key,   h->add_vary.key,          h->allow_headers.key,
        h->allow_methods.key,       h->allow_origins.key,     h->allow_origins_regex.key,
        h->expose_headers.key,      h->max_age.key,           h->allowed_hosts.key,
        h->hosts_proxy_headers.key, h->ssl_proxy_headers.key, h->sts_seconds.key,
        h->sts_subdomains.key,      h->sts_preload.key,       h->force_sts.key,
        h->frame_deny.key,          h->nosniff.key,           h->xss_filter.key,
        h->frame_options.key,       h->xss_value.key,         h->csp.key,
        h->csp_report_only.key,     h->public_key.key,        h->referrer_policy.key,
        h->permissions_policy.key,
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].p)
            return refuse_unsupported(b, keys[i], "this option of headers is");
    return true;
}

bool model_read_headers(struct build *b, const struct headers *source, struct model_op *op, bool *idle)
{
    struct model_headers *headers = ARENA_NEW(b->arena, struct model_headers);
    op->kind = OP_HEADERS;
    op->headers = headers;
    bool ok = check_rest(b, source);
    ok = read_map(b, &source->custom_request, true, &headers->request, &headers->n_request) && ok;
    ok = read_map(b, &source->custom_response, false, &headers->response, &headers->n_response) && ok;
    for (size_t i = 0; i < source->custom_request.n; i++)
        headers->no_forwarded_for =
            headers->no_forwarded_for || (str_eq(source->custom_request.v[i].name, STR("X-Forwarded-For")) &&
                                          source->custom_request.v[i].v.n == 0);
    if (!IS_SET(source->custom_request) && !IS_SET(source->custom_response) && ok) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->key, "the headers middleware sets nothing");
        ok = false;
    }
    *idle = headers->n_request == 0 && headers->n_response == 0;
    return ok;
}
