#include "route/schema.h"
#include "route/schema_rows.h"

ASSERT_COUNTED(struct tree, routers, n_routers);
ASSERT_COUNTED(struct tree, services, n_services);
ASSERT_COUNTED(struct tree, middlewares, n_middlewares);
ASSERT_COUNTED(struct tree, servers_transports, n_servers_transports);

const struct schema schema_nothing = { .what = STR("empty struct") };

static const struct schema_row key_pair_rows[] = {
    FIELD("certFile", TEXT, struct key_pair, cert_file, "",
          "certificate with its chain: a path, or PEM text"),
    FIELD("keyFile", SECRET, struct key_pair, key_file, "", "its private key: a path, or PEM text"),
};
const struct schema schema_key_pair = READ_TABLE("certificate", key_pair_rows, struct key_pair);

static const struct schema_row tls_client_rows[] = {
    KEY("ca", TEXT, HARMLESS, "", "authorities to trust: a path, or PEM text"),
    KEY("caOptional", BOOL, HARMLESS, "", "removed in Traefik 3; no effect"),
    KEY("cert", TEXT, HARMLESS, "", "client certificate: a path, or PEM text"),
    KEY("key", SECRET, HARMLESS, "", "its private key: a path, or PEM text"),
    KEY("insecureSkipVerify", BOOL, HARMLESS, "false", "do not verify the server's certificate"),
};
const struct schema schema_tls_client = CHECK_TABLE("client TLS", tls_client_rows);

static const struct schema_row http_rows[] = {
    FIELD_BELOW("routers", STRUCT_MAP, struct tree, routers, schema_router, "which requests go where"),
    FIELD_BELOW("services", STRUCT_MAP, struct tree, services, schema_service, "where requests go"),
    FIELD_BELOW("middlewares", STRUCT_MAP, struct tree, middlewares, schema_middleware,
                "what happens on the way"),
    FIELD_BELOW("serversTransports", STRUCT_MAP, struct tree, servers_transports, schema_servers_transport,
                "how servers are reached"),
    KEY_BELOW("models", STRUCT_MAP, HARMLESS, schema_model, "no effect: models of a store are never applied"),
};
static const struct schema schema_http = {
    .what = STR("http"),
    .rows = http_rows,
    .n_rows = sizeof http_rows / sizeof *http_rows,
    .inlined = true,
};

static const struct schema_row root_rows[] = {
    { STR("http"), SCHEMA_STRUCT, SCHEMA_READ, 0, &schema_http, "", "HTTP routers and what they use" },
    KEY_BELOW("tcp", STRUCT, MISSING, schema_tcp, "TCP routers and what they use"),
    KEY_BELOW("udp", STRUCT, MISSING, schema_udp, "UDP routers and what they use"),
    FIELD_BELOW("tls", STRUCT, struct tree, tls, schema_tls, "certificates, stores and options of TLS"),
};
static const struct schema root = READ_TABLE("root", root_rows, struct tree);

const struct schema *schema_root(void)
{
    return &root;
}

const struct schema_row *schema_find(const struct schema *schema, struct str name)
{
    for (size_t i = 0; i < schema->n_rows; i++) {
        const struct str *row = &schema->rows[i].name;
        if (row->n == name.n && str_eq_nocase(*row, name))
            return &schema->rows[i];
    }
    return NULL;
}
