#include "route/schema_rows.h"

static const struct schema_row domain_rows[] = {
    KEY("main", TEXT, HARMLESS, "", "name of the certificate"),
    KEY("sans", LIST, HARMLESS, "", "further names"),
};
const struct schema schema_router_domain = CHECK_TABLE("domain", domain_rows);

static const struct schema_row tls_rows[] = {
    FIELD("options", TEXT, struct router_tls, options, "default", "name of the TLS options"),
    FIELD("certResolver", TEXT, struct router_tls, cert_resolver, "", "who obtains the certificate"),
    KEY_BELOW("domains", STRUCT_LIST, HARMLESS, schema_router_domain, "names to obtain certificates for"),
    KEY("resolvedOptions", ANY, HARMLESS, "", "no effect"),
};
static const struct schema schema_router_tls = READ_TABLE("tls", tls_rows, struct router_tls);

static const struct schema_row observability_rows[] = {
    KEY("accessLogs", BOOL, HARMLESS, "true", "requests of the router go to the access log"),
    KEY("metrics", BOOL, HARMLESS, "true", "requests of the router are counted"),
    KEY("tracing", BOOL, HARMLESS, "true", "requests of the router are traced"),
    KEY("metadata", ANY, HARMLESS, "", "not available in a store, no effect"),
    KEY("traceVerbosity", TEXT, HARMLESS, "minimal", "minimal or detailed"),
};
static const struct schema schema_observability = CHECK_TABLE("observability", observability_rows);

static const struct schema_row router_rows[] = {
    FIELD("rule", TEXT, struct router, rule, "", "which requests it takes; needed"),
    FIELD("service", TEXT, struct router, service, "", "name of the service; needed, but in a parent router"),
    FIELD("entryPoints", LIST, struct router, entry_points, "",
          "where it listens; the default entry points if none"),
    FIELD("middlewares", LIST, struct router, middlewares, "", "names, in the order in which they act"),
    FIELD("priority", INT, struct router, priority, "0", "the greatest wins; 0 is the length of the rule"),
    FIELD_BELOW("tls", MARKER, struct router, tls, schema_router_tls, "set: it takes HTTPS requests only"),
    FIELD("ruleSyntax", TEXT, struct router, rule_syntax, "v3", "v3 or v2 (deprecated)"),
    FIELD("parentRefs", LIST, struct router, parent_refs, "", "names of routers in front of this one"),
    KEY_BELOW("observability", STRUCT, HARMLESS, schema_observability, "what is recorded of its requests"),
    KEY("defaultRule", BOOL, HARMLESS, "false", "no effect worth copying"),
    KEY("deniedEncodedPathCharacters", ANY, HARMLESS, "", "no effect"),
};
const struct schema schema_router = READ_TABLE("router", router_rows, struct router);

static const struct schema_row model_rows[] = {
    KEY("middlewares", LIST, HARMLESS, "", "no effect"),
    KEY_BELOW("tls", MARKER, HARMLESS, schema_router_tls, "no effect"),
    KEY_BELOW("observability", STRUCT, HARMLESS, schema_observability, "no effect"),
    KEY("deniedEncodedPathCharacters", ANY, HARMLESS, "", "no effect"),
    KEY("defaultRuleSyntax", TEXT, HARMLESS, "", "no effect"),
};
const struct schema schema_model = CHECK_TABLE("model", model_rows);

static const struct schema_row timeout_rows[] = {
    KEY("dialTimeout", DURATION, HARMLESS, "30s", "to connect; 0 for ever"),
    KEY("responseHeaderTimeout", DURATION, HARMLESS, "0", "from request to answer; 0 for ever"),
    KEY("idleConnTimeout", DURATION, HARMLESS, "90s", "idle connections are kept"),
    KEY("readIdleTimeout", DURATION, HARMLESS, "0", "HTTP/2 ping after as much silence; 0 never"),
    KEY("pingTimeout", DURATION, HARMLESS, "15s", "for the answer to such a ping"),
    KEY("readTimeout", DURATION, HARMLESS, "0", "for each read from a server"),
    KEY("writeTimeout", DURATION, HARMLESS, "0", "for each write to a server"),
};
static const struct schema schema_timeouts = CHECK_TABLE("forwardingTimeouts", timeout_rows);

static const struct schema_row peer_san_rows[] = {
    KEY("type", TEXT, HARMLESS, "", "DNSName or URI"),
    KEY("value", TEXT, HARMLESS, "", "the name to require"),
};
const struct schema schema_peer_san = CHECK_TABLE("peerCertSAN", peer_san_rows);

static const struct schema_row spiffe_rows[] = {
    KEY("ids", LIST, HARMLESS, "", "SPIFFE ids to accept"),
    KEY("trustDomain", TEXT, HARMLESS, "", "or the trust domain to accept"),
};
const struct schema schema_spiffe = CHECK_TABLE("spiffe", spiffe_rows);

static const struct schema_row servers_transport_rows[] = {
    KEY("serverName", TEXT, HARMLESS, "", "name for SNI and verification; the URL's host if none"),
    KEY("insecureSkipVerify", BOOL, HARMLESS, "false", "do not verify certificates"),
    KEY("rootCAs", LIST, HARMLESS, "", "authorities to trust: paths, or PEM texts"),
    KEY_BELOW("certificates", STRUCT_LIST, HARMLESS, schema_key_pair, "client certificates"),
    KEY("cipherSuites", LIST, HARMLESS, "", "names of cipher suites"),
    KEY("minVersion", TEXT, HARMLESS, "", "VersionTLS10 to VersionTLS13"),
    KEY("maxVersion", TEXT, HARMLESS, "", "VersionTLS10 to VersionTLS13"),
    KEY("maxIdleConnsPerHost", INT, HARMLESS, "0", "idle connections kept for each server"),
    KEY_BELOW("forwardingTimeouts", STRUCT, HARMLESS, schema_timeouts, "times that a server may take"),
    KEY("disableHTTP2", BOOL, HARMLESS, "false", "HTTP/1.1 only"),
    KEY("peerCertURI", TEXT, HARMLESS, "", "URI that the server's certificate must name"),
    KEY_BELOW("peerCertSANs", STRUCT_LIST, HARMLESS, schema_peer_san, "names that it must name"),
    KEY_BELOW("spiffe", FILE_MARKER, HARMLESS, schema_spiffe, "verification by SPIFFE"),
};
const struct schema schema_servers_transport = CHECK_TABLE("serversTransport", servers_transport_rows);
