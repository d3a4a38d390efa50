#include "route/model_build.h"

#define DIAL_DEFAULT_NS (30 * INT64_C(1000000000))

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
                                     .plain_tls = true,
                                     .dial_ns = out->dial_ns,
                                     .response_header_ns = out->response_header_ns };
}

static void read_tls(struct build *b, const struct servers_transport *t, struct model_transport *out)
{
    out->server_name = t->server_name.v;
    out->insecure = t->insecure_skip_verify.v;
    out->http2 = !t->disable_http2.v;
    out->root_cas = t->root_cas.v;
    out->n_root_cas = t->root_cas.n;
    if (t->n_certificates) {
        out->cert = t->certificates[0].cert_file.v;
        out->key = t->certificates[0].key_file.v;
    }
    if (t->n_certificates > 1)
        diag_report(b->diag, FINDING_IGNORED_SETTING, t->certificates[1].object.key,
                    "one client certificate is used, the first");
    bool known = version_read(&t->min_version, &out->min_version);
    known = version_read(&t->max_version, &out->max_version) && known;
    if (!known)
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
    out->dial_ns = IS_SET(t->timeouts.dial) ? t->timeouts.dial.ns : DIAL_DEFAULT_NS;
    out->response_header_ns = t->timeouts.response_header.ns > 0 ? t->timeouts.response_header.ns : 0;
    read_tls(b, t, out);
    return true;
}

void transports_build(struct build *b)
{
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
