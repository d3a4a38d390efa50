#include "route/schema_rows.h"

/* Certificates, stores and options: known, not compiled yet. */

static const struct schema_row certificate_rows[] = {
    KEY("certFile", TEXT, HARMLESS, "", "certificate with its chain: a path, or PEM text"),
    KEY("keyFile", SECRET, HARMLESS, "", "its private key: a path, or PEM text"),
    KEY("stores", LIST, HARMLESS, "default", "stores that hold it"),
};
static const struct schema certificate = CHECK_TABLE("certificate", certificate_rows);

static const struct schema_row generated_rows[] = {
    KEY("resolver", TEXT, HARMLESS, "", "who obtains it"),
    KEY_BELOW("domain", STRUCT, HARMLESS, schema_router_domain, "its names"),
};
static const struct schema generated = CHECK_TABLE("defaultGeneratedCert", generated_rows);

static const struct schema_row store_rows[] = {
    KEY_BELOW("defaultCertificate", STRUCT, HARMLESS, schema_key_pair, "certificate where no other fits"),
    KEY_BELOW("defaultGeneratedCert", STRUCT, HARMLESS, generated, "the same, obtained by a resolver"),
};
static const struct schema store = CHECK_TABLE("store", store_rows);

static const struct schema_row client_auth_rows[] = {
    KEY("caFiles", LIST, HARMLESS, "", "authorities to trust: paths, or PEM texts"),
    KEY("clientAuthType", TEXT, HARMLESS, "", "RequestClientCert, RequireAndVerifyClientCert, ..."),
};
static const struct schema client_auth = CHECK_TABLE("clientAuth", client_auth_rows);

static const struct schema_row option_rows[] = {
    KEY("minVersion", TEXT, HARMLESS, "VersionTLS12", "VersionTLS10 to VersionTLS13"),
    KEY("maxVersion", TEXT, HARMLESS, "", "VersionTLS10 to VersionTLS13"),
    KEY("cipherSuites", LIST, HARMLESS, "", "names of cipher suites"),
    KEY("curvePreferences", LIST, HARMLESS, "", "names of curves"),
    KEY_BELOW("clientAuth", STRUCT, HARMLESS, client_auth, "client certificates"),
    KEY("sniStrict", BOOL, HARMLESS, "false", "refuse names without a certificate"),
    KEY("alpnProtocols", LIST, HARMLESS, "h2, http/1.1, acme-tls/1", "protocols to offer"),
    KEY("disableSessionTickets", BOOL, HARMLESS, "false", "no resumption by tickets"),
    KEY("preferServerCipherSuites", BOOL, HARMLESS, "", "deprecated; no effect"),
};
static const struct schema option = CHECK_TABLE("options", option_rows);

static const struct schema_row tls_rows[] = {
    KEY_BELOW("certificates", STRUCT_LIST, HARMLESS, certificate, "certificates to serve"),
    KEY_BELOW("stores", STRUCT_MAP, HARMLESS, store, "sets of certificates; only \"default\" is served"),
    KEY_BELOW("options", STRUCT_MAP, HARMLESS, option, "sets of parameters, named by routers"),
};
const struct schema schema_tls = CHECK_TABLE("tls", tls_rows);
