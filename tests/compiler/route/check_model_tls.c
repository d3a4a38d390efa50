#include "model_case.h"
#include "tls_files.h"

#define ROUTER(name, rule, tls)                                                                              \
    "http/routers/" name "/rule = " rule "\nhttp/routers/" name "/service = s\nhttp/routers/" name           \
    "/entrypoints = web\nhttp/routers/" name "/tls" tls "\n"
#define CERTIFICATE(n, name)                                                                                 \
    "tls/certificates/" n "/certFile = " name ".crt\ntls/certificates/" n "/keyFile = " name ".key\n"
#define STRICT "tls/options/strict/minVersion = VersionTLS13\n"

static void put_certificates(struct buf *out, const struct model_tls *tls)
{
    for (size_t i = 0; i < tls->n_certificates; i++)
        buf_printf(out, "certificate %.*s\n", STR_ARG(tls->certificates[i].order));
    if (tls->default_identity.n)
        buf_puts(out, "default certificate\n");
}

static void put_hosts(struct buf *out, const struct model *model)
{
    for (size_t i = 0; i < model->tls.n_hosts; i++) {
        const struct model_tls_host *h = &model->tls.hosts[i];
        buf_printf(out, "%.*s %.*s: %s%.*s\n", STR_ARG(model->settings->entry_points[h->entry_point].name),
                   STR_ARG(h->name), h->options->broken ? "broken " : "", STR_ARG(h->options->name));
    }
}

static void put_options(struct buf *out, const struct model_tls_options *o)
{
    static const char *const auth[] = { "none", "request", "any", "if-given", "require" };
    buf_printf(out, "%.*s: %.*s-%.*s %s%s%s alpn %.*s curves %.*s ciphers %.*s%s\n", STR_ARG(o->name),
               STR_ARG(o->min_version), STR_ARG(o->max_version), auth[o->client_auth],
               o->sni_strict ? " strict" : "", o->no_tickets ? " no-tickets" : "", STR_ARG(o->alpn),
               STR_ARG(o->curves), STR_ARG(str_head(o->ciphers, 60)), o->broken ? " broken" : "");
}

static const struct tls_case {
    const char *tree, *want; /* routers, certificates, hosts, findings */
} cases[] = {
    /* Names: of alternatives, negated, wildcards; lower case. */
    { ROUTER("r", "Host(`A.test`) || Host(`*.Wild.test`) && !Host(`b.test`)", " = true"),
      "r@etcd 56 web s@etcd, tls default\nweb *.wild.test: default\nweb a.test: default\nweb b.test: "
      "default\n" },
    { ROUTER("r", "PathPrefix(`/`)", " = true"), "r@etcd 15 web s@etcd, tls default\n" },
    /* Options by name, with and without provider. */
    { STRICT ROUTER("r", "Host(`a.test`)", "/options = strict"),
      "r@etcd 14 web s@etcd, tls strict@etcd\nweb a.test: strict@etcd\n" },
    { STRICT ROUTER("r", "Host(`a.test`)", "/options = strict@etcd"),
      "r@etcd 14 web s@etcd, tls strict@etcd\nweb a.test: strict@etcd\n" },
    { ROUTER("r", "Host(`a.test`)", "/options = default"),
      "r@etcd 14 web s@etcd, tls default\nweb a.test: default\n" },
    /* None of that name: the router is out, its name is closed. */
    { ROUTER("r", "Host(`a.test`)", "/options = gone"),
      "out 1\nweb a.test: broken \n! missing-reference routers/r\n" },
    /* Nothing to choose them by. */
    { STRICT ROUTER("r", "Path(`/`)", "/options = strict"),
      "r@etcd 9 web s@etcd, tls default\n! limited routers/r\n" },
    /* A conflict: all routers of the name have the default ones, and names of their own. */
    { STRICT ROUTER("a", "Host(`a.test`)", "/options = strict") ROUTER(
          "b", "Host(`a.test`) && Path(`/b`)", " = true") ROUTER("c", "Host(`c.test`)", "/options = strict"),
      "web-conflicted-b@etcd 28 web s@etcd, tls default\nc@etcd 14 web s@etcd, tls strict@etcd\n"
      "web-conflicted-a@etcd 14 web s@etcd, tls default\nweb a.test: default\nweb c.test: strict@etcd\n! "
      "limited routers/a\n" },
    /* It does not spread to those who have the same options on another name. */
    { STRICT ROUTER("a", "Host(`a.test`) || Host(`c.test`)", "/options = strict")
          ROUTER("b", "Host(`a.test`)", " = true") ROUTER("c", "Host(`c.test`)", "/options = strict"),
      "web-conflicted-a@etcd 32 web s@etcd, tls default\nc@etcd 14 web s@etcd, tls strict@etcd\n"
      "web-conflicted-b@etcd 14 web s@etcd, tls default\nweb a.test: default\nweb c.test: default\n! limited "
      "routers/a\n" },
    /* A clear router is nobody's rival. */
    { STRICT ROUTER("a", "Host(`a.test`)", "/options = strict") ROUTER("b", "Host(`a.test`)", " = false"),
      "a@etcd 14 web s@etcd, tls strict@etcd\nb@etcd 14 web s@etcd\nweb a.test: strict@etcd\n! tie "
      "routers/b\n" },
    /* Certificates in the order in which Traefik tries them; names from common name, names and addresses. */
    { CERTIFICATE("0", "wild") CERTIFICATE("1", "multi") CERTIFICATE("2", "a"),
      "certificate a.test\ncertificate *.wild.test\ncertificate *.multi.test,127.0.0.1,one.test,two.test\n" },
    { CERTIFICATE("0", "a") CERTIFICATE("1", "a"),
      "certificate a.test\n! duplicate-key traefik/tls/certificates/1\n" },
    { CERTIFICATE("0", "a") "tls/certificates/0/stores/0 = mine\n" CERTIFICATE(
          "1", "exact") "tls/certificates/1/stores = mine, default\n",
      "certificate exact.wild.test\n" },
    { "tls/certificates/0/certFile = a.crt\ntls/certificates/0/keyFile = exact.key\n" CERTIFICATE("1",
                                                                                                  "exact"),
      "certificate exact.wild.test\n! bad-object traefik/tls/certificates/0\n" },
    { "tls/certificates/0/certFile = nonsense\ntls/certificates/0/keyFile = /nonexistent\n",
      "! bad-object traefik/tls/certificates/0\n" },
    { "tls/stores/default/defaultCertificate/certFile = "
      "default.crt\ntls/stores/default/defaultCertificate/keyFile = default.key\n",
      "default certificate\n" },
    { "tls/stores/mine/defaultCertificate/certFile = default.crt\ntls/stores/mine/defaultCertificate/keyFile "
      "= default.key\n",
      "" },
    { "tls/stores/default/defaultCertificate/certFile = x\ntls/stores/default/defaultCertificate/keyFile = "
      "default.key\n",
      "! bad-object traefik/tls/stores/default/defaultCertificate\n" },
};

START_TEST(names_options_and_certificates_are_settled)
{
    struct tls_files files = { 0 };
    struct settings settings = usual_settings;
    struct buf out = { 0 };
    settings.files = tls_files_view(&files);
    struct model_case c = model_case_with(&settings, cases[_i].tree, NULL);
    buf_puts(&out, "");
    put_routers(&out, c.model);
    put_certificates(&out, &c.model->tls);
    put_hosts(&out, c.model);
    put_findings(&out, c.diag);
    ck_assert_msg(str_eq(buf_str(&out), str_c(cases[_i].want)), "%s\nis\n%swanted\n%s", cases[_i].tree, out.p,
                  cases[_i].want);
    buf_fini(&out);
    model_case_fini(&c);
    tls_files_fini(&files);
}
END_TEST

#define O(key, value) "tls/options/default/" key " = " value "\n"
#define TLS12         "TLSv1.2"
#define USUAL         "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:EC"

static const struct tls_case options[] = {
    { "", "default: TLSv1.2- none alpn h2,http/1.1 curves  ciphers " USUAL "\n" },
    { O("minVersion", "VersionTLS13") O("sniStrict", "true") O("disableSessionTickets", "true"),
      "default: TLSv1.3- none strict no-tickets alpn h2,http/1.1 curves  ciphers " USUAL "\n" },
    { O("maxVersion", "VersionTLS12") O("minVersion", "VersionTLS9"),
      "default: TLSv1.2-TLSv1.2 none alpn h2,http/1.1 curves  ciphers " USUAL
      "\n! ignored-setting traefik/tls/options/default/minVersion\n" },
    { O("minVersion", "VersionTLS10") O("cipherSuites", "TLS_RSA_WITH_AES_128_CBC_SHA"),
      "default: TLSv1.0- none alpn h2,http/1.1 curves  ciphers AES128-SHA:@SECLEVEL=0\n" },
    { O("cipherSuites",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256,TLS_RSA_WITH_RC4_128_SHA"),
      "default: TLSv1.2- none alpn h2,http/1.1 curves  ciphers ECDHE-RSA-AES256-GCM-SHA384\n! limited "
      "traefik/tls/options/default/cipherSuites\n" },
    { O("cipherSuites", "TLS_AES_128_GCM_SHA256"),
      "default: TLSv1.3- none alpn h2,http/1.1 curves  ciphers " USUAL "\n" },
    { O("cipherSuites", "AES128"), "default: TLSv1.2- none alpn h2,http/1.1 curves  ciphers " USUAL
                                   " broken\n! bad-object traefik/tls/options/default\n! bad-value "
                                   "traefik/tls/options/default/cipherSuites\n" },
    { O("curvePreferences", "CurveP384, x25519"),
      "default: TLSv1.2- none alpn h2,http/1.1 curves P-384:X25519 ciphers " USUAL "\n" },
    { O("curvePreferences", "P-384"), "default: TLSv1.2- none alpn h2,http/1.1 curves  ciphers " USUAL
                                      " broken\n! bad-object traefik/tls/options/default\n! bad-value "
                                      "traefik/tls/options/default/curvePreferences\n" },
    { O("alpnProtocols", "http/1.1, acme-tls/1"),
      "default: TLSv1.2- none alpn http/1.1 curves  ciphers " USUAL "\n" },
    { O("alpnProtocols", "h2 strict-sni"), "default: TLSv1.2- none alpn  curves  ciphers " USUAL
                                           "\n! limited traefik/tls/options/default/alpnProtocols\n" },
    { O("minVersion", "VersionTLS13") O("maxVersion", "VersionTLS12"),
      "default: TLSv1.2- none alpn h2,http/1.1 curves  ciphers " USUAL
      " broken\n! bad-object traefik/tls/options/default\n! bad-value "
      "traefik/tls/options/default/maxVersion\n" },
    /* Client certificates: nothing is guessed. */
    { O("clientAuth/caFiles", "a.crt"),
      "default: TLSv1.2- require alpn h2,http/1.1 curves  ciphers " USUAL "\n" },
    { O("clientAuth/caFiles", "a.crt") O("clientAuth/clientAuthType", "VerifyClientCertIfGiven"),
      "default: TLSv1.2- if-given alpn h2,http/1.1 curves  ciphers " USUAL "\n" },
    { O("clientAuth/clientAuthType", "RequestClientCert"),
      "default: TLSv1.2- request alpn h2,http/1.1 curves  ciphers " USUAL "\n" },
    { O("clientAuth/caFiles", "a.crt, gone.crt"),
      "default: TLSv1.2- none alpn h2,http/1.1 curves  ciphers " USUAL
      " broken\n! bad-object traefik/tls/options/default\n! bad-value "
      "traefik/tls/options/default/clientAuth/caFiles\n" },
    { O("clientAuth/clientAuthType", "RequireAndVerifyClientCert"),
      "default: TLSv1.2- none alpn h2,http/1.1 curves  ciphers " USUAL
      " broken\n! bad-object traefik/tls/options/default\n! bad-value "
      "traefik/tls/options/default/clientAuth/clientAuthType\n" },
    { O("clientAuth/clientAuthType", "Require"),
      "default: TLSv1.2- none alpn h2,http/1.1 curves  ciphers " USUAL
      " broken\n! bad-object traefik/tls/options/default\n! bad-value "
      "traefik/tls/options/default/clientAuth/clientAuthType\n" },
    /* An unknown key breaks the set as well. */
    { O("minversions", "x"), "default: TLSv1.2- none alpn h2,http/1.1 curves  ciphers " USUAL
                             " broken\n! bad-object traefik/tls/options/default\n" },
};

START_TEST(options_are_read)
{
    struct tls_files files = { 0 };
    struct settings settings = usual_settings;
    struct buf out = { 0 };
    settings.files = tls_files_view(&files);
    struct model_case c = model_case_with(&settings, options[_i].tree, NULL);
    put_options(&out, c.model->tls.fallback);
    put_findings(&out, c.diag);
    ck_assert_msg(str_eq(buf_str(&out), str_c(options[_i].want)), "%s\nis\n%swanted\n%s", options[_i].tree,
                  out.p, options[_i].want);
    buf_fini(&out);
    model_case_fini(&c);
    tls_files_fini(&files);
}
END_TEST

/* Two providers that give the default options: nobody knows which count. */
START_TEST(two_defaults_are_none)
{
    struct model_case c =
        model_case_with(&usual_settings, O("minVersion", "VersionTLS13"), O("minVersion", "VersionTLS12"));
    ck_assert(c.model->tls.fallback->broken);
    model_case_fini(&c);
}
END_TEST

/* What an entry point says of its routers. */
START_TEST(entry_points_give_tls_redirect_and_refuse_codes)
{
    struct entry_point entry_points[4];
    struct settings settings = usual_settings;
    struct buf out = { 0 };
    memcpy(entry_points, usual_entry_points, sizeof entry_points);
    settings.entry_points = entry_points;
    entry_points[2].redirect.to = STR("websecure");
    entry_points[2].redirect.scheme = STR("https");
    entry_points[2].redirect.permanent = true;
    entry_points[2].redirect.priority = 7;
    entry_points[3].port = 8443;
    entry_points[3].tls.on = true;
    entry_points[3].tls.options = STR("strict@etcd");
    entry_points[3].refused_codes = STR("5C00");
    struct model_case c = model_case_with(
        &settings, STRICT "http/routers/r/rule = Host(`a.test`)\nhttp/routers/r/service = s", NULL);
    put_routers(&out, c.model);
    ck_assert_str_eq(out.p, "r@etcd 14 web s@etcd\n"
                            "websecure-r@etcd 14 websecure s@etcd "
                            "websecure.http.encodedCharacters=refuse:5C00, tls strict@etcd\n"
                            "web-to-websecure@internal 7 web noop@internal "
                            "redirect-web-to-websecure@internal=scheme:https:8443\n");
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { names_options_and_certificates_are_settled,
                                       sizeof cases / sizeof *cases },
                                     { options_are_read, sizeof options / sizeof *options },
                                     { two_defaults_are_none, 0 },
                                     { entry_points_give_tls_redirect_and_refuse_codes, 0 },
                                     { NULL, 0 } };
    return run_suite("model_tls", rows);
}
