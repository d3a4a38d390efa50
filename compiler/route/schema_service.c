#include "route/schema_rows.h"

ASSERT_COUNTED(struct load_balancer, servers, n_servers);

static const struct schema_row server_rows[] = {
    FIELD("url", TEXT, struct server, url, "", "http, https or h2c://host:port"),
    FIELD("weight", INT, struct server, weight, "1", "its share; 0 or less leaves it out"),
    FIELD("preservePath", BOOL, struct server, preserve_path, "false",
          "put the URL's path before the request's"),
    KEY("fenced", BOOL, HARMLESS, "false", "no effect"),
    KEY("scheme", TEXT, HARMLESS, "", "no effect"),
    KEY("port", TEXT, HARMLESS, "", "no effect"),
};
static const struct schema schema_server = READ_TABLE("server", server_rows, struct server);

static const struct schema_row cookie_rows[] = {
    KEY("name", TEXT, HARMLESS, "", "an underscore and five digits of the service's digest if none"),
    KEY("secure", BOOL, HARMLESS, "false", "attribute Secure"),
    KEY("httpOnly", BOOL, HARMLESS, "false", "attribute HttpOnly"),
    KEY("sameSite", TEXT, HARMLESS, "", "none, lax or strict"),
    KEY("maxAge", INT, HARMLESS, "0", "attribute Max-Age in seconds; 0 without"),
    KEY("path", TEXT, HARMLESS, "/", "attribute Path"),
    KEY("domain", TEXT, HARMLESS, "", "attribute Domain"),
    KEY("expires", INT, HARMLESS, "0", "no effect"),
};
static const struct schema schema_cookie = CHECK_TABLE("cookie", cookie_rows);

static const struct schema_row sticky_rows[] = {
    KEY_BELOW("cookie", MARKER, MISSING, schema_cookie, "a cookie names the server"),
};
static const struct schema schema_sticky = CHECK_TABLE("sticky", sticky_rows);

static const struct schema_row health_check_rows[] = {
    KEY("path", TEXT, HARMLESS, "", "relative to the server's URL"),
    KEY("scheme", TEXT, HARMLESS, "", "instead of the server's"),
    KEY("mode", TEXT, HARMLESS, "http", "http or grpc"),
    KEY("method", TEXT, HARMLESS, "GET", "of the probe"),
    KEY("status", INT, HARMLESS, "0", "to expect; 0 for 200 to 399"),
    KEY("port", INT, HARMLESS, "0", "instead of the server's"),
    KEY("interval", DURATION, HARMLESS, "30s", "between two probes of a server that is up"),
    KEY("unhealthyInterval", DURATION, HARMLESS, "", "of one that is down; the interval if none"),
    KEY("timeout", DURATION, HARMLESS, "5s", "for an answer"),
    KEY("hostname", TEXT, HARMLESS, "", "Host of the probe; the server's if none"),
    KEY("followRedirects", BOOL, HARMLESS, "true", "the last answer counts"),
    KEY("headers", TEXT_MAP, HARMLESS, "", "headers of the probe"),
};
static const struct schema schema_health_check = CHECK_TABLE("healthCheck", health_check_rows);

static const struct schema_row passive_rows[] = {
    KEY("failureWindow", DURATION, HARMLESS, "10s", "how long failures count, and a server is out"),
    KEY("maxFailedAttempts", INT, HARMLESS, "1", "failures in a row that take a server out"),
};
static const struct schema schema_passive = CHECK_TABLE("passiveHealthCheck", passive_rows);

static const struct schema_row forwarding_rows[] = {
    KEY("flushInterval", DURATION, HARMLESS, "100ms", "no effect: answers are passed on at once"),
};
static const struct schema schema_forwarding = CHECK_TABLE("responseForwarding", forwarding_rows);

static const struct schema_row load_balancer_rows[] = {
    FIELD_BELOW("servers", STRUCT_LIST, struct load_balancer, servers, schema_server, "the servers"),
    FIELD("strategy", TEXT, struct load_balancer, strategy, "wrr", "wrr, p2c, hrw or leasttime"),
    FIELD("passHostHeader", BOOL, struct load_balancer, pass_host_header, "true",
          "servers see the client's Host"),
    FIELD("serversTransport", TEXT, struct load_balancer, servers_transport, "",
          "name of how servers are reached"),
    KEY_BELOW("responseForwarding", STRUCT, HARMLESS, schema_forwarding, "how answers are passed on"),
    KEY_BELOW("sticky", MARKER, HARMLESS, schema_sticky, "a client stays with its server"),
    KEY_BELOW("healthCheck", STRUCT, MISSING, schema_health_check, "servers are probed"),
    KEY_BELOW("passiveHealthCheck", STRUCT, MISSING, schema_passive,
              "servers that fail are left out for a while"),
    KEY("nginxUpstreamHashBy", ANY, HARMLESS, "", "no effect"),
};
static const struct schema schema_load_balancer =
    READ_TABLE("loadBalancer", load_balancer_rows, struct load_balancer);

static const struct schema_row grpc_status_rows[] = {
    KEY("code", INT, HARMLESS, "0", "gRPC status to answer"),
    KEY("msg", TEXT, HARMLESS, "", "its message"),
};
static const struct schema schema_grpc_status = CHECK_TABLE("grpcStatus", grpc_status_rows);

static const struct schema_row weighted_child_rows[] = {
    KEY("name", TEXT, HARMLESS, "", "name of the service"),
    KEY("weight", INT, HARMLESS, "1", "its share; 0 or less leaves it out"),
    KEY("status", INT, HARMLESS, "", "answer this status instead"),
    KEY("headers", TEXT_MAP, HARMLESS, "", "request headers to set"),
    KEY_BELOW("grpcStatus", STRUCT, HARMLESS, schema_grpc_status, "answer this gRPC status instead"),
};
static const struct schema schema_weighted_child = CHECK_TABLE("service", weighted_child_rows);

static const struct schema_row weighted_sticky_rows[] = {
    KEY_BELOW("cookie", MARKER, HARMLESS, schema_cookie, "a cookie names the service"),
};
static const struct schema schema_weighted_sticky = CHECK_TABLE("sticky", weighted_sticky_rows);

static const struct schema_row weighted_rows[] = {
    KEY_BELOW("services", STRUCT_LIST, HARMLESS, schema_weighted_child, "services by weight"),
    KEY_BELOW("sticky", STRUCT, HARMLESS, schema_weighted_sticky, "a client stays with its service"),
    KEY_BELOW("healthCheck", MARKER, HARMLESS, schema_nothing, "services that are down are left out"),
};
static const struct schema schema_weighted = CHECK_TABLE("weighted", weighted_rows);

static const struct schema_row hashed_child_rows[] = {
    KEY("name", TEXT, HARMLESS, "", "name of the service"),
    KEY("weight", INT, HARMLESS, "1", "its share"),
};
static const struct schema schema_hashed_child = CHECK_TABLE("service", hashed_child_rows);

static const struct schema_row hashed_rows[] = {
    KEY_BELOW("services", STRUCT_LIST, HARMLESS, schema_hashed_child,
              "services, chosen by the client's address"),
    KEY_BELOW("healthCheck", MARKER, HARMLESS, schema_nothing, "services that are down are left out"),
};
static const struct schema schema_hashed = CHECK_TABLE("highestRandomWeight", hashed_rows);

static const struct schema_row mirror_rows[] = {
    KEY("name", TEXT, HARMLESS, "", "name of the service"),
    KEY("percent", INT, HARMLESS, "0", "share of requests that it gets a copy of"),
};
static const struct schema schema_mirror = CHECK_TABLE("mirror", mirror_rows);

static const struct schema_row mirroring_rows[] = {
    KEY("service", TEXT, HARMLESS, "", "name of the service that answers"),
    KEY("mirrorBody", BOOL, HARMLESS, "true", "copies have the body"),
    KEY("maxBodySize", INT, HARMLESS, "-1", "larger requests are not copied; -1 for no limit"),
    KEY_BELOW("mirrors", STRUCT_LIST, HARMLESS, schema_mirror, "who gets copies"),
    KEY_BELOW("healthCheck", MARKER, HARMLESS, schema_nothing, "its state is that of the main service"),
};
static const struct schema schema_mirroring = CHECK_TABLE("mirroring", mirroring_rows);

static const struct schema_row failover_error_rows[] = {
    KEY("status", LIST, HARMLESS, "", "answers that fail over: NNN or NNN-MMM"),
    KEY("maxRequestBodyBytes", INT, HARMLESS, "-1", "larger requests get 413; -1 for no limit"),
};
static const struct schema schema_failover_errors = CHECK_TABLE("errors", failover_error_rows);

static const struct schema_row failover_rows[] = {
    KEY("service", TEXT, HARMLESS, "", "name of the main service"),
    KEY("fallback", TEXT, HARMLESS, "", "name of the service to use while it is down"),
    KEY_BELOW("errors", STRUCT, HARMLESS, schema_failover_errors, "fail over on answers too"),
    KEY_BELOW("healthCheck", FILE_MARKER, HARMLESS, schema_nothing, "its state is known to its parents"),
};
static const struct schema schema_failover = CHECK_TABLE("failover", failover_rows);

static const struct schema_row service_rows[] = {
    KIND("loadBalancer", struct service, load_balancer, schema_load_balancer,
         "servers that share the requests"),
    OTHER_KIND("weighted", STRUCT, schema_weighted, "services by weight"),
    OTHER_KIND("highestRandomWeight", STRUCT, schema_hashed, "services by the client's address"),
    OTHER_KIND("mirroring", STRUCT, schema_mirroring, "a service, and copies for others"),
    OTHER_KIND("failover", STRUCT, schema_failover, "a service, and one for when it is down"),
    FIELD("middlewares", LIST, struct service, middlewares, "", "names; they act just before the servers"),
};
const struct schema schema_service = {
    .what = STR("service"),
    .rows = service_rows,
    .n_rows = sizeof service_rows / sizeof *service_rows,
    .size = sizeof(struct service),
    .n_kinds = offsetof(struct service, n_kinds),
    .other_kind = offsetof(struct service, other_kind),
};
