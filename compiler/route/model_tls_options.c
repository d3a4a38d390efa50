/* Sets of TLS options (reference/traefik-edge.md 1.5). What a set asks for and OpenSSL does not have is left
 * out with a finding; a set that Traefik cannot build either is broken, and closes the connections that it is
 * for. */
#include "route/model_build.h"
#include "route/pem.h"

struct named {
    struct str name, meaning;
};

/* Names of Go's crypto/tls, and OpenSSL's; empty: TLS 1.3's, which are always there. */
static const struct named suites[] = {
    { STR("TLS_AES_128_GCM_SHA256"), STR("") },
    { STR("TLS_AES_256_GCM_SHA384"), STR("") },
    { STR("TLS_CHACHA20_POLY1305_SHA256"), STR("") },
    { STR("TLS_FALLBACK_SCSV"), STR("") },
    { STR("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), STR("ECDHE-ECDSA-AES128-GCM-SHA256") },
    { STR("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), STR("ECDHE-RSA-AES128-GCM-SHA256") },
    { STR("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"), STR("ECDHE-ECDSA-AES256-GCM-SHA384") },
    { STR("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"), STR("ECDHE-RSA-AES256-GCM-SHA384") },
    { STR("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"), STR("ECDHE-ECDSA-CHACHA20-POLY1305") },
    { STR("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"), STR("ECDHE-RSA-CHACHA20-POLY1305") },
    { STR("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"), STR("ECDHE-ECDSA-CHACHA20-POLY1305") },
    { STR("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"), STR("ECDHE-RSA-CHACHA20-POLY1305") },
    { STR("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"), STR("ECDHE-ECDSA-AES128-SHA") },
    { STR("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), STR("ECDHE-RSA-AES128-SHA") },
    { STR("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"), STR("ECDHE-ECDSA-AES256-SHA") },
    { STR("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"), STR("ECDHE-RSA-AES256-SHA") },
    { STR("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"), STR("ECDHE-ECDSA-AES128-SHA256") },
    { STR("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"), STR("ECDHE-RSA-AES128-SHA256") },
    { STR("TLS_RSA_WITH_AES_128_GCM_SHA256"), STR("AES128-GCM-SHA256") },
    { STR("TLS_RSA_WITH_AES_256_GCM_SHA384"), STR("AES256-GCM-SHA384") },
    { STR("TLS_RSA_WITH_AES_128_CBC_SHA256"), STR("AES128-SHA256") },
    { STR("TLS_RSA_WITH_AES_128_CBC_SHA"), STR("AES128-SHA") },
    { STR("TLS_RSA_WITH_AES_256_CBC_SHA"), STR("AES256-SHA") },
    /* Not in OpenSSL as it is built today. */
    { STR("TLS_RSA_WITH_RC4_128_SHA"), STR("-") },
    { STR("TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"), STR("-") },
    { STR("TLS_ECDHE_RSA_WITH_RC4_128_SHA"), STR("-") },
    { STR("TLS_RSA_WITH_3DES_EDE_CBC_SHA"), STR("-") },
    { STR("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"), STR("-") },
};

bool tls_suite_is_known(struct str name)
{
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        if (str_eq(suites[i].name, name))
            return true;
    return false;
}

/* What Go offers by itself. */
#define USUAL_CIPHERS                                                                                        \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-"     \
    "AES256-GCM-SHA384:"                                                                                     \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:" \
    "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"

/* "-": only in OpenSSL 3.5 and newer, and older ones refuse the whole list. */
static const struct named curves[] = {
    { STR("secp256r1"), STR("P-256") },      { STR("CurveP256"), STR("P-256") },
    { STR("secp384r1"), STR("P-384") },      { STR("CurveP384"), STR("P-384") },
    { STR("secp521r1"), STR("P-521") },      { STR("CurveP521"), STR("P-521") },
    { STR("x25519"), STR("X25519") },        { STR("X25519"), STR("X25519") },
    { STR("x25519mlkem768"), STR("-") },     { STR("X25519MLKEM768"), STR("-") },
    { STR("secp256r1mlkem768"), STR("-") },  { STR("SecP256r1MLKEM768"), STR("-") },
    { STR("secp384r1mlkem1024"), STR("-") }, { STR("SecP384r1MLKEM1024"), STR("-") },
};

static const struct named versions[] = {
    { STR("VersionTLS10"), STR("TLSv1.0") },
    { STR("VersionTLS11"), STR("TLSv1.1") },
    { STR("VersionTLS12"), STR("TLSv1.2") },
    { STR("VersionTLS13"), STR("TLSv1.3") },
};

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

static const struct str *find(const struct named *table, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(table[i].name, name))
            return &table[i].meaning;
    return NULL;
}

/* The names of a list, translated and joined. false with a finding where one is unknown. */
static bool translate(struct build *b, const struct list_value *list, const struct named *table,
                      size_t n_table, const char *what, struct str *out)
{
    struct buf joined = { 0 };
    bool ok = true;
    for (size_t i = 0; i < list->n && ok; i++) {
        const struct str *meaning = find(table, n_table, list->v[i]);
        ok = meaning != NULL;
        if (!ok)
            report_text(b, FINDING_BAD_VALUE, list->key, list->v[i], NULL, "there is no such %s", what);
        else if (str_eq(*meaning, STR("-")))
            report_text(b, FINDING_LIMITED, list->key, list->v[i], NULL,
                        "the TLS library does not have this %s: it is left out", what);
        else if (meaning->n)
            buf_printf(&joined, "%s%.*s", joined.n ? ":" : "", STR_ARG(*meaning));
    }
    *out = arena_copy(b->arena, buf_str(&joined));
    buf_fini(&joined);
    return ok;
}

/* Unknown words count as absent, as in Traefik, but are told. */
static struct str version_of(struct build *b, const struct text_value *text, const char *fallback)
{
    const struct str *found = find(versions, COUNT_OF(versions), text->v);
    if (text->v.n && !found)
        report_text(b, FINDING_IGNORED_SETTING, text->key, text->v, "VersionTLS10 to VersionTLS13",
                    "there is no such version of TLS");
    return found ? *found : str_c(fallback);
}

static bool is_protocol(struct str name)
{
    return name.n > 0 && name.n < 256 && str_is_of(name, "./-_");
}

static struct str protocols_of(struct build *b, const struct list_value *list)
{
    struct buf joined = { 0 };
    if (!IS_SET(*list))
        return STR("h2,http/1.1");
    for (size_t i = 0; i < list->n; i++) {
        if (str_eq(list->v[i], STR("acme-tls/1")))
            continue;
        if (is_protocol(list->v[i]))
            buf_printf(&joined, "%s%.*s", joined.n ? "," : "", STR_ARG(list->v[i]));
        else
            report_text(b, FINDING_LIMITED, list->key, list->v[i], NULL,
                        "a protocol of that name is not offered");
    }
    struct str out = arena_copy(b->arena, buf_str(&joined));
    buf_fini(&joined);
    return out;
}

/* All of them must be certificates: whom to trust is nothing to guess. A text that is none may be a key by
 * mistake, so it is not shown. */
static bool read_authorities(struct build *b, const struct list_value *list, struct str *out)
{
    struct buf all = { 0 };
    bool ok = true;
    for (size_t i = 0; i < list->n && ok; i++) {
        struct str contents, found = { 0 };
        if (model_read_contents(b, list->v[i], &contents))
            found = pem_certificates(b->arena, contents);
        ok = found.n > 0;
        buf_put(&all, found);
    }
    if (!ok)
        diag_report(b->diag, FINDING_BAD_VALUE, list->key,
                    "an authority is no certificate, or a file that cannot be read");
    *out = arena_copy(b->arena, buf_str(&all));
    buf_fini(&all);
    return ok;
}

static bool read_client_auth(struct build *b, const struct tls_client_auth *source,
                             struct model_tls_options *out)
{
    static const struct str types[] = { [CLIENT_AUTH_NONE] = STR("NoClientCert"),
                                        [CLIENT_AUTH_REQUEST] = STR("RequestClientCert"),
                                        [CLIENT_AUTH_REQUIRE_ANY] = STR("RequireAnyClientCert"),
                                        [CLIENT_AUTH_VERIFY_IF_GIVEN] = STR("VerifyClientCertIfGiven"),
                                        [CLIENT_AUTH_REQUIRE] = STR("RequireAndVerifyClientCert") };
    size_t type = 0;
    if (!read_authorities(b, &source->ca_files, &out->authorities))
        return false;
    if (source->type.v.n == 0) {
        out->client_auth = out->authorities.n ? CLIENT_AUTH_REQUIRE : CLIENT_AUTH_NONE;
        return true;
    }
    while (type < COUNT_OF(types) && !str_eq(types[type], source->type.v))
        type++;
    if (type == COUNT_OF(types)) {
        struct str nearest = nearest_name(source->type.v, types, COUNT_OF(types));
        report_text(b, FINDING_BAD_VALUE, source->type.key, source->type.v, nearest.p,
                    "there is no such clientAuthType");
        return false;
    }
    out->client_auth = (enum client_auth)type;
    if (type >= CLIENT_AUTH_VERIFY_IF_GIVEN && out->authorities.n == 0) {
        report_text(b, FINDING_BAD_VALUE, source->type.key, source->type.v, NULL,
                    "clients cannot be verified without caFiles");
        return false;
    }
    return true;
}

static struct str cipher_list(struct build *b, struct str named, const struct model_tls_options *options)
{
    struct str list = named.n ? named : STR(USUAL_CIPHERS);
    /* OpenSSL allows the old versions at this level only. */
    bool old = str_cmp(options->min_version, STR("TLSv1.2")) < 0;
    return old ? arena_printf(b->arena, "%.*s:@SECLEVEL=0", STR_ARG(list)) : list;
}

static const struct model_tls_options usual = { .name = STR(MODEL_TLS_DEFAULT),
                                                .min_version = STR("TLSv1.2"),
                                                .ciphers = STR(USUAL_CIPHERS),
                                                .alpn = STR("h2,http/1.1") };

/* false: broken, with findings. */
static bool read_set(struct build *b, const struct tls_options *source, struct model_tls_options *out)
{
    struct str named;
    bool ok = !source->object.broken;
    out->min_version = version_of(b, &source->min_version, "TLSv1.2");
    out->max_version = version_of(b, &source->max_version, "");
    out->alpn = protocols_of(b, &source->alpn);
    out->sni_strict = source->sni_strict.v;
    out->no_tickets = source->no_tickets.v;
    ok = translate(b, &source->cipher_suites, suites, COUNT_OF(suites), "cipher suite", &named) && ok;
    ok = translate(b, &source->curves, curves, COUNT_OF(curves), "curve", &out->curves) && ok;
    ok = read_client_auth(b, &source->client_auth, out) && ok;
    out->ciphers = cipher_list(b, named, out);
    if (source->cipher_suites.n && named.n == 0)
        out->min_version = STR("TLSv1.3"); /* none of the older versions' suites is left */
    if (ok && out->max_version.n && str_cmp(out->min_version, out->max_version) > 0) {
        diag_report(b->diag, FINDING_BAD_VALUE,
                    IS_SET(source->max_version) ? source->max_version.key : source->object.key,
                    "no version of TLS is left");
        ok = false;
    }
    return ok;
}

static void add_set(struct build *b, const struct tls_options *source, struct str provider)
{
    bool fallback = str_eq(source->object.name, STR(MODEL_TLS_DEFAULT));
    struct model_tls_options *options = ARENA_NEW(b->arena, struct model_tls_options);
    options->name = fallback ? STR(MODEL_TLS_DEFAULT) : name_qualify(b->arena, source->object.name, provider);
    if (!read_set(b, source, options)) {
        struct str name = options->name;
        *options = usual;
        options->name = name;
        options->broken = true;
    }
    struct model_tls_options *other = strmap_put(b->tls.options, options->name, options);
    if (other && fallback) {
        diag_report(
            b->diag, FINDING_BAD_OBJECT, source->object.key,
            "the default TLS options are given by two providers: connections that need them are closed");
        options->broken = true;
    } else if (options->broken) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->object.key,
                    "the TLS options are in error: connections that need them are closed");
    }
}

void tls_options_build(struct build *b)
{
    b->tls.options = strmap_create(b->scratch, 8);
    for (size_t i = 0; i < b->n_spaces; i++) {
        const struct tree *tree = b->spaces[i].tree;
        for (size_t j = 0; j < tree->tls.n_options; j++)
            add_set(b, &tree->tls.options[j], tree->provider);
    }
    if (!strmap_get(b->tls.options, usual.name))
        strmap_put(b->tls.options, usual.name, (void *)&usual);
}
