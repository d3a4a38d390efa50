#include "route/schema_rows.h"

/* TCP and UDP: known, not compiled yet. */

static const struct schema_row tcp_tls_rows[] = {
    KEY("passthrough", BOOL, HARMLESS, "false", "bytes go to the server as they are"),
    KEY("options", TEXT, HARMLESS, "default", "name of the TLS options"),
    KEY("certResolver", TEXT, HARMLESS, "", "who obtains the certificate"),
    KEY_BELOW("domains", STRUCT_LIST, HARMLESS, schema_router_domain, "names to obtain certificates for"),
    KEY("resolvedOptions", ANY, HARMLESS, "", "no effect"),
};
static const struct schema tcp_tls = CHECK_TABLE("tls", tcp_tls_rows);

static const struct schema_row tcp_router_rows[] = {
    KEY("entryPoints", LIST, HARMLESS, "", "where it listens; the default entry points if none"),
    KEY("rule", TEXT, HARMLESS, "", "which connections it takes"),
    KEY("ruleSyntax", TEXT, HARMLESS, "v3", "v3 or v2 (deprecated)"),
    KEY("priority", INT, HARMLESS, "0", "the greatest wins; 0 is the length of the rule"),
    KEY("service", TEXT, HARMLESS, "", "name of the service"),
    KEY("middlewares", LIST, HARMLESS, "", "names, in the order in which they act"),
    KEY_BELOW("tls", MARKER, HARMLESS, tcp_tls, "set: it takes TLS connections only"),
};
static const struct schema tcp_router = CHECK_TABLE("router", tcp_router_rows);

static const struct schema_row tcp_server_rows[] = {
    KEY("address", TEXT, HARMLESS, "", "host:port"),
    KEY("tls", BOOL, HARMLESS, "false", "TLS towards the server"),
    KEY("port", TEXT, HARMLESS, "", "no effect"),
};
static const struct schema tcp_server = CHECK_TABLE("server", tcp_server_rows);

static const struct schema_row proxy_protocol_rows[] = {
    KEY("version", INT, HARMLESS, "2", "1 or 2"),
};
static const struct schema proxy_protocol = CHECK_TABLE("proxyProtocol", proxy_protocol_rows);

static const struct schema_row tcp_health_check_rows[] = {
    KEY("port", INT, HARMLESS, "0", "instead of the server's"),
    KEY("send", TEXT, HARMLESS, "", "what to send"),
    KEY("expect", TEXT, HARMLESS, "", "what to expect"),
    KEY("interval", DURATION, HARMLESS, "30s", "between two probes of a server that is up"),
    KEY("unhealthyInterval", DURATION, HARMLESS, "", "of one that is down; the interval if none"),
    KEY("timeout", DURATION, HARMLESS, "5s", "for the whole probe"),
};
static const struct schema tcp_health_check = CHECK_TABLE("healthCheck", tcp_health_check_rows);

static const struct schema_row tcp_load_balancer_rows[] = {
    KEY_BELOW("servers", STRUCT_LIST, HARMLESS, tcp_server, "the servers"),
    KEY("serversTransport", TEXT, HARMLESS, "", "name of how servers are reached"),
    KEY_BELOW("proxyProtocol", MARKER, HARMLESS, proxy_protocol, "deprecated: use a serversTransport"),
    KEY("terminationDelay", INT, HARMLESS, "", "deprecated: use a serversTransport"),
    KEY_BELOW("healthCheck", STRUCT, HARMLESS, tcp_health_check, "servers are probed"),
};
static const struct schema tcp_load_balancer = CHECK_TABLE("loadBalancer", tcp_load_balancer_rows);

static const struct schema_row stream_child_rows[] = {
    KEY("name", TEXT, HARMLESS, "", "name of the service"),
    KEY("weight", INT, HARMLESS, "1", "its share"),
};
static const struct schema stream_child = CHECK_TABLE("service", stream_child_rows);

static const struct schema_row tcp_weighted_rows[] = {
    KEY_BELOW("services", STRUCT_LIST, HARMLESS, stream_child, "services by weight"),
    KEY_BELOW("healthCheck", MARKER, HARMLESS, schema_nothing, "services that are down are left out"),
};
static const struct schema tcp_weighted = CHECK_TABLE("weighted", tcp_weighted_rows);

static const struct schema_row tcp_service_rows[] = {
    KEY_BELOW("loadBalancer", STRUCT, HARMLESS, tcp_load_balancer, "servers that share the connections"),
    KEY_BELOW("weighted", STRUCT, HARMLESS, tcp_weighted, "services by weight"),
};
static const struct schema tcp_service = CHECK_TABLE("service", tcp_service_rows);

static const struct schema_row source_range_rows[] = {
    KEY("sourceRange", LIST, HARMLESS, "", "addresses and networks that may pass"),
};
static const struct schema source_range = CHECK_TABLE("ipAllowList", source_range_rows);

static const struct schema_row in_flight_rows[] = {
    KEY("amount", INT, HARMLESS, "0", "connections at a time for each client"),
};
static const struct schema in_flight = CHECK_TABLE("inFlightConn", in_flight_rows);

static const struct schema_row tcp_middleware_rows[] = {
    KEY_BELOW("ipAllowList", STRUCT, HARMLESS, source_range, "addresses that may pass"),
    KEY_BELOW("ipWhiteList", STRUCT, HARMLESS, source_range, "deprecated name of ipAllowList"),
    KEY_BELOW("inFlightConn", STRUCT, HARMLESS, in_flight, "a limit of connections"),
};
static const struct schema tcp_middleware = CHECK_TABLE("middleware", tcp_middleware_rows);

static const struct schema_row tcp_transport_tls_rows[] = {
    KEY("serverName", TEXT, HARMLESS, "", "name for SNI and verification"),
    KEY("insecureSkipVerify", BOOL, HARMLESS, "false", "do not verify certificates"),
    KEY("rootCAs", LIST, HARMLESS, "", "authorities to trust: paths, or PEM texts"),
    KEY_BELOW("certificates", STRUCT_LIST, HARMLESS, schema_key_pair, "client certificates"),
    KEY("peerCertURI", TEXT, HARMLESS, "", "URI that the server's certificate must name"),
    KEY_BELOW("peerCertSANs", STRUCT_LIST, HARMLESS, schema_peer_san, "names that it must name"),
    KEY_BELOW("spiffe", FILE_MARKER, HARMLESS, schema_spiffe, "verification by SPIFFE"),
};
static const struct schema tcp_transport_tls = CHECK_TABLE("tls", tcp_transport_tls_rows);

static const struct schema_row tcp_transport_rows[] = {
    KEY("dialTimeout", DURATION, HARMLESS, "30s", "to connect"),
    KEY("dialKeepAlive", DURATION, HARMLESS, "15s", "between keep-alive probes; negative for none"),
    KEY("terminationDelay", DURATION, HARMLESS, "100ms",
        "half-closed connections live on; negative for ever"),
    KEY_BELOW("proxyProtocol", MARKER, HARMLESS, proxy_protocol, "send a PROXY header"),
    KEY_BELOW("tls", MARKER, HARMLESS, tcp_transport_tls, "TLS towards the servers"),
};
static const struct schema tcp_transport = CHECK_TABLE("serversTransport", tcp_transport_rows);

static const struct schema_row tcp_rows[] = {
    KEY_BELOW("routers", STRUCT_MAP, HARMLESS, tcp_router, "which connections go where"),
    KEY_BELOW("services", STRUCT_MAP, HARMLESS, tcp_service, "where connections go"),
    KEY_BELOW("middlewares", STRUCT_MAP, HARMLESS, tcp_middleware, "what happens on the way"),
    KEY_BELOW("serversTransports", STRUCT_MAP, HARMLESS, tcp_transport, "how servers are reached"),
    KEY("models", ANY, HARMLESS, "", "no effect"),
};
const struct schema schema_tcp = CHECK_TABLE("tcp", tcp_rows);

static const struct schema_row udp_router_rows[] = {
    KEY("entryPoints", LIST, HARMLESS, "", "where it listens; all UDP entry points if none"),
    KEY("service", TEXT, HARMLESS, "", "name of the service"),
};
static const struct schema udp_router = CHECK_TABLE("router", udp_router_rows);

static const struct schema_row udp_server_rows[] = {
    KEY("address", TEXT, HARMLESS, "", "host:port"),
    KEY("port", TEXT, HARMLESS, "", "no effect"),
};
static const struct schema udp_server = CHECK_TABLE("server", udp_server_rows);

static const struct schema_row udp_load_balancer_rows[] = {
    KEY_BELOW("servers", STRUCT_LIST, HARMLESS, udp_server, "the servers"),
};
static const struct schema udp_load_balancer = CHECK_TABLE("loadBalancer", udp_load_balancer_rows);

static const struct schema_row udp_weighted_rows[] = {
    KEY_BELOW("services", STRUCT_LIST, HARMLESS, stream_child, "services by weight"),
};
static const struct schema udp_weighted = CHECK_TABLE("weighted", udp_weighted_rows);

static const struct schema_row udp_service_rows[] = {
    KEY_BELOW("loadBalancer", STRUCT, HARMLESS, udp_load_balancer, "servers that share the sessions"),
    KEY_BELOW("weighted", STRUCT, HARMLESS, udp_weighted, "services by weight"),
};
static const struct schema udp_service = CHECK_TABLE("service", udp_service_rows);

static const struct schema_row udp_rows[] = {
    KEY_BELOW("routers", STRUCT_MAP, HARMLESS, udp_router, "which sessions go where"),
    KEY_BELOW("services", STRUCT_MAP, HARMLESS, udp_service, "where sessions go"),
};
const struct schema schema_udp = CHECK_TABLE("udp", udp_rows);
