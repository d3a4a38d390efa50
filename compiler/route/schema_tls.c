#include "route/schema_rows.h"

ASSERT_COUNTED(struct tls_section, certificates, n_certificates);
ASSERT_COUNTED(struct tls_section, stores, n_stores);
ASSERT_COUNTED(struct tls_section, options, n_options);

static const struct schema_row certificate_rows[] = {
    FIELD("certFile", TEXT, struct tls_certificate, cert_file, "",
          "certificate with its chain: a path, or PEM text"),
    FIELD("keyFile", SECRET, struct tls_certificate, key_file, "", "its private key: a path, or PEM text"),
    FIELD("stores", LIST, struct tls_certificate, stores, "default", "stores that hold it"),
};
static const struct schema certificate = READ_TABLE("certificate", certificate_rows, struct tls_certificate);

static const struct schema_row pair_rows[] = {
    FIELD("certFile", TEXT, struct tls_pair, cert_file, "",
          "certificate with its chain: a path, or PEM text"),
    FIELD("keyFile", SECRET, struct tls_pair, key_file, "", "its private key: a path, or PEM text"),
};
static const struct schema pair = READ_TABLE("defaultCertificate", pair_rows, struct tls_pair);

static const struct schema_row generated_rows[] = {
    FIELD("resolver", TEXT, struct tls_generated, resolver, "", "who obtains it"),
    KEY_BELOW("domain", STRUCT, HARMLESS, schema_router_domain, "its names"),
};
static const struct schema generated =
    READ_TABLE("defaultGeneratedCert", generated_rows, struct tls_generated);

static const struct schema_row store_rows[] = {
    FIELD_BELOW("defaultCertificate", STRUCT, struct tls_store, default_certificate, pair,
                "certificate where no other fits"),
    FIELD_BELOW("defaultGeneratedCert", STRUCT, struct tls_store, generated, generated,
                "the same, obtained by a resolver"),
};
static const struct schema store = READ_TABLE("store", store_rows, struct tls_store);

static const struct schema_row client_auth_rows[] = {
    FIELD("caFiles", LIST, struct tls_client_auth, ca_files, "", "authorities to trust: paths, or PEM texts"),
    FIELD("clientAuthType", TEXT, struct tls_client_auth, type, "",
          "RequestClientCert, RequireAndVerifyClientCert, ..."),
};
static const struct schema client_auth = READ_TABLE("clientAuth", client_auth_rows, struct tls_client_auth);

static const struct schema_row option_rows[] = {
    FIELD("minVersion", TEXT, struct tls_options, min_version, "VersionTLS12",
          "VersionTLS10 to VersionTLS13"),
    FIELD("maxVersion", TEXT, struct tls_options, max_version, "", "VersionTLS10 to VersionTLS13"),
    FIELD("cipherSuites", LIST, struct tls_options, cipher_suites, "", "names of cipher suites"),
    FIELD("curvePreferences", LIST, struct tls_options, curves, "", "names of curves"),
    FIELD_BELOW("clientAuth", STRUCT, struct tls_options, client_auth, client_auth, "client certificates"),
    FIELD("sniStrict", BOOL, struct tls_options, sni_strict, "false", "refuse names without a certificate"),
    FIELD("alpnProtocols", LIST, struct tls_options, alpn, "h2, http/1.1, acme-tls/1", "protocols to offer"),
    FIELD("disableSessionTickets", BOOL, struct tls_options, no_tickets, "false", "no resumption by tickets"),
    KEY("preferServerCipherSuites", BOOL, HARMLESS, "", "deprecated; no effect"),
};
static const struct schema option = READ_TABLE("options", option_rows, struct tls_options);

static const struct schema_row tls_rows[] = {
    FIELD_BELOW("certificates", STRUCT_LIST, struct tls_section, certificates, certificate,
                "certificates to serve"),
    FIELD_BELOW("stores", STRUCT_MAP, struct tls_section, stores, store,
                "sets of certificates; only \"default\" is served"),
    FIELD_BELOW("options", STRUCT_MAP, struct tls_section, options, option,
                "sets of parameters, named by routers"),
};
const struct schema schema_tls = READ_TABLE("tls", tls_rows, struct tls_section);
