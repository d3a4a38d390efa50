#include "route/model_build.h"
#include "route/pem.h"

static bool version_read(const struct text_value *text, struct str *out)
{
    static const struct {
        struct str name, version;
    } known[] = {
        { STR("VersionTLS10"), STR("TLSv1.0") },
        { STR("VersionTLS11"), STR("TLSv1.1") },
        { STR("VersionTLS12"), STR("TLSv1.2") },
        { STR("VersionTLS13"), STR("TLSv1.3") },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(text->v, known[i].name)) {
            *out = known[i].version;
            return true;
        }
    return text->v.n == 0;
}

/* A fault in the TLS part costs all of that part, as in Traefik: the transport then verifies servers in the
 * usual way. */
static void drop_tls(struct build *b, struct model_transport *out, struct str key, const char *why)
{
    diag_report(b->diag, FINDING_BAD_OBJECT, key, "%s: the transport is used without any of its TLS settings",
                why);
    *out = (struct model_transport){ .name = out->name,
                                     .http2 = true,
                                     .dial_ns = out->dial_ns,
                                     .response_header_ns = out->response_header_ns };
}

/* A text that is no certificate may be a key by mistake: it is not shown. */
static void read_authorities(struct build *b, const struct list_value *source, struct model_transport *out)
{
    struct buf all = { 0 };
    for (size_t i = 0; i < source->n; i++) {
        struct str found = pem_certificates(b->arena, source->v[i]);
        if (found.n == 0)
            diag_report(b->diag, FINDING_BAD_VALUE, source->key,
                        "an authority is no certificate, or a file that cannot be read: it is left out");
        buf_put(&all, found);
    }
    out->authorities = arena_copy(b->arena, buf_str(&all));
    out->distrusts = source->n > 0 && all.n == 0;
    buf_fini(&all);
}

/* The first one that can be read. */
static void read_identity(struct build *b, const struct servers_transport *t, struct model_transport *out)
{
    for (size_t i = 0; i < t->n_certificates; i++) {
        const struct key_pair *pair = &t->certificates[i];
        struct str identity;
        const char *fault = pem_identity(b->arena, pair->cert_file.v, pair->key_file.v, &identity);
        if (fault)
            diag_report(b->diag, FINDING_BAD_VALUE, pair->object.key,
                        "the client certificate is left out: %s", fault);
        else if (out->identity.n)
            diag_report(b->diag, FINDING_IGNORED_SETTING, pair->object.key,
                        "one client certificate is used, the first");
        else
            out->identity = identity;
    }
}

static void read_tls(struct build *b, const struct servers_transport *t, struct model_transport *out)
{
    out->server_name = t->server_name.v;
    out->insecure = t->insecure_skip_verify.v;
    out->http2 = !t->disable_http2.v;
    read_authorities(b, &t->root_cas, out);
    read_identity(b, t, out);
    bool suites = true;
    for (size_t i = 0; i < t->cipher_suites.n; i++)
        suites = suites && tls_suite_is_known(t->cipher_suites.v[i]);
    if (suites && t->cipher_suites.n)
        diag_report(b->diag, FINDING_IGNORED_SETTING, t->cipher_suites.key,
                    "the cipher suites are those that HAProxy's TLS library offers");
    bool known = version_read(&t->min_version, &out->min_version);
    known = version_read(&t->max_version, &out->max_version) && known;
    if (!suites)
        drop_tls(b, out, t->cipher_suites.key, "there is no such cipher suite");
    else if (!known)
        drop_tls(b, out, t->object.key, "there is no such version of TLS");
    else if (out->min_version.n && str_cmp(out->min_version, out->max_version) > 0)
        drop_tls(b, out, t->min_version.key, "minVersion is above maxVersion");
}

static bool read_one(struct build *b, const struct servers_transport *t, struct str provider,
                     struct model_transport *out)
{
    if (t->object.broken || !check_supported(b, &t->object))
        return false;
    out->name = name_qualify(b->arena, t->object.name, provider);
    out->dial_ns = IS_SET(t->timeouts.dial) ? t->timeouts.dial.ns : MODEL_DIAL_DEFAULT_NS;
    out->response_header_ns = t->timeouts.response_header.ns > 0 ? t->timeouts.response_header.ns : 0;
    int64_t read = t->timeouts.read.ns > 0 ? t->timeouts.read.ns : 0; /* the first one brings the answer */
    if (read && (!out->response_header_ns || read < out->response_header_ns))
        out->response_header_ns = read;
    if (!str_is_of(t->server_name.v, ".-_")) {
        report_text(b, FINDING_BAD_VALUE, t->server_name.key, t->server_name.v, "a host name",
                    "no server has such a name");
        return false;
    }
    read_tls(b, t, out);
    return true;
}

/* What the static settings say of services that name no transport; NULL: nothing. No time at all to connect is
 * no setting of use: it means the usual one. */
static const struct model_transport *usual_transport(struct build *b)
{
    const struct settings *s = b->settings;
    int64_t dial = s->transport.dial_ns > 0 ? s->transport.dial_ns : MODEL_DIAL_DEFAULT_NS;
    int64_t header = s->transport.response_header_ns > 0 ? s->transport.response_header_ns : 0;
    struct list_value authorities = { .key = STR("serversTransport.rootCAs"),
                                      .v = s->transport.root_cas,
                                      .n = s->transport.n_root_cas };
    if (!s->transport.insecure && authorities.n == 0 && header == 0 && dial == MODEL_DIAL_DEFAULT_NS)
        return NULL;
    struct model_transport *out = ARENA_NEW(b->arena, struct model_transport);
    *out = (struct model_transport){ .name = STR("default@internal"),
                                     .http2 = true,
                                     .insecure = s->transport.insecure,
                                     .dial_ns = dial,
                                     .response_header_ns = header };
    read_authorities(b, &authorities, out);
    return out;
}

void transports_build(struct build *b)
{
    b->usual_transport = usual_transport(b);
    for (size_t i = 0; i < b->n_spaces; i++) {
        struct space *space = &b->spaces[i];
        const struct tree *tree = space->tree;
        space->transports = ARENA_ARRAY(b->scratch, struct transport_entry, tree->n_servers_transports);
        space->names[KIND_TRANSPORT] = strmap_create(b->scratch, tree->n_servers_transports);
        for (size_t j = 0; j < tree->n_servers_transports; j++) {
            struct transport_entry *entry = &space->transports[j];
            struct model_transport *model = ARENA_NEW(b->arena, struct model_transport);
            entry->source = &tree->servers_transports[j];
            entry->model = read_one(b, entry->source, tree->provider, model) ? model : NULL;
            strmap_put(space->names[KIND_TRANSPORT], entry->source->object.name, entry);
        }
    }
}
