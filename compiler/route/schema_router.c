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
