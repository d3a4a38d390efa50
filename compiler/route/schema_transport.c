#include "route/schema_rows.h"

ASSERT_COUNTED(struct servers_transport, certificates, n_certificates);

static const struct schema_row timeout_rows[] = {
    FIELD("dialTimeout", DURATION, struct forwarding_timeouts, dial, "30s", "to connect; 0 for ever"),
    FIELD("responseHeaderTimeout", DURATION, struct forwarding_timeouts, response_header, "0",
          "from request to answer; 0 for ever"),
    KEY("idleConnTimeout", DURATION, HARMLESS, "90s", "idle connections are kept"),
    KEY("readIdleTimeout", DURATION, HARMLESS, "0", "HTTP/2 ping after as much silence; 0 never"),
    KEY("pingTimeout", DURATION, HARMLESS, "15s", "for the answer to such a ping"),
    FIELD("readTimeout", DURATION, struct forwarding_timeouts, read, "0",
          "for each read from a server; the first one counts"),
    KEY("writeTimeout", DURATION, HARMLESS, "0", "for each write to a server"),
};
static const struct schema schema_timeouts =
    READ_TABLE("forwardingTimeouts", timeout_rows, struct forwarding_timeouts);

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
    FIELD("serverName", TEXT, struct servers_transport, server_name, "",
          "name for SNI and verification; the URL's host if none"),
    FIELD("insecureSkipVerify", BOOL, struct servers_transport, insecure_skip_verify, "false",
          "do not verify certificates"),
    FIELD("rootCAs", LIST, struct servers_transport, root_cas, "",
          "authorities to trust: paths, or PEM texts"),
    FIELD_BELOW("certificates", STRUCT_LIST, struct servers_transport, certificates, schema_key_pair,
                "client certificates"),
    FIELD("cipherSuites", LIST, struct servers_transport, cipher_suites, "", "names of cipher suites"),
    FIELD("minVersion", TEXT, struct servers_transport, min_version, "", "VersionTLS10 to VersionTLS13"),
    FIELD("maxVersion", TEXT, struct servers_transport, max_version, "", "VersionTLS10 to VersionTLS13"),
    KEY("maxIdleConnsPerHost", INT, HARMLESS, "0", "idle connections kept for each server"),
    FIELD_BELOW("forwardingTimeouts", STRUCT, struct servers_transport, timeouts, schema_timeouts,
                "times that a server may take"),
    FIELD("disableHTTP2", BOOL, struct servers_transport, disable_http2, "false", "HTTP/1.1 only"),
    KEY("peerCertURI", TEXT, MISSING, "", "URI that the server's certificate must name"),
    KEY_BELOW("peerCertSANs", STRUCT_LIST, MISSING, schema_peer_san, "names that it must name"),
    KEY_BELOW("spiffe", FILE_MARKER, MISSING, schema_spiffe, "verification by SPIFFE"),
};
const struct schema schema_servers_transport =
    READ_TABLE("serversTransport", servers_transport_rows, struct servers_transport);
