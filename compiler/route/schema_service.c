#include "route/schema_rows.h"

ASSERT_COUNTED(struct load_balancer, servers, n_servers);
ASSERT_COUNTED(struct shares, services, n_services);
ASSERT_COUNTED(struct mirroring, mirrors, n_mirrors);

/* Set or not: no keys below it. */
static const struct schema schema_marker = { .what = STR("empty struct"), .size = sizeof(struct marker) };

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
    FIELD("name", TEXT, struct cookie, name, "",
          "an underscore and five digits of the service's digest if none"),
    FIELD("secure", BOOL, struct cookie, secure, "false", "attribute Secure"),
    FIELD("httpOnly", BOOL, struct cookie, http_only, "false", "attribute HttpOnly"),
    FIELD("sameSite", TEXT, struct cookie, same_site, "", "none, lax or strict"),
    FIELD("maxAge", INT, struct cookie, max_age, "0", "attribute Max-Age in seconds; 0 without"),
    FIELD("path", TEXT, struct cookie, path, "/", "attribute Path"),
    FIELD("domain", TEXT, struct cookie, domain, "", "attribute Domain"),
    KEY("expires", INT, HARMLESS, "0", "no effect"),
};
static const struct schema schema_cookie = READ_TABLE("cookie", cookie_rows, struct cookie);

static const struct schema_row sticky_rows[] = {
    FIELD_BELOW("cookie", MARKER, struct sticky, cookie, schema_cookie, "a cookie names the server"),
};
static const struct schema schema_sticky = READ_TABLE("sticky", sticky_rows, struct sticky);

static const struct schema_row health_check_rows[] = {
    FIELD("path", TEXT, struct health_check, path, "", "relative to the server's URL"),
    FIELD("scheme", TEXT, struct health_check, scheme, "", "instead of the server's"),
    FIELD("mode", TEXT, struct health_check, mode, "http", "http or grpc"),
    FIELD("method", TEXT, struct health_check, method, "GET", "of the probe"),
    FIELD("status", INT, struct health_check, status, "0", "to expect; 0 for 200 to 399"),
    FIELD("port", INT, struct health_check, port, "0", "instead of the server's"),
    FIELD("interval", DURATION, struct health_check, interval, "30s",
          "between two probes of a server that is up"),
    FIELD("unhealthyInterval", DURATION, struct health_check, unhealthy_interval, "",
          "of one that is down; the interval if none"),
    FIELD("timeout", DURATION, struct health_check, timeout, "5s", "for an answer"),
    FIELD("hostname", TEXT, struct health_check, hostname, "", "Host of the probe; the server's if none"),
    FIELD("followRedirects", BOOL, struct health_check, follow_redirects, "true", "the last answer counts"),
    FIELD("headers", TEXT_MAP, struct health_check, headers, "", "headers of the probe"),
};
static const struct schema schema_health_check =
    READ_TABLE("healthCheck", health_check_rows, struct health_check);

static const struct schema_row passive_rows[] = {
    FIELD("failureWindow", DURATION, struct passive_check, failure_window, "10s",
          "how long failures count, and a server is out"),
    FIELD("maxFailedAttempts", INT, struct passive_check, max_failed_attempts, "1",
          "failures in a row that take a server out"),
};
static const struct schema schema_passive =
    READ_TABLE("passiveHealthCheck", passive_rows, struct passive_check);

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
    FIELD_BELOW("sticky", MARKER, struct load_balancer, sticky, schema_sticky,
                "a client stays with its server"),
    FIELD_BELOW("healthCheck", STRUCT, struct load_balancer, health_check, schema_health_check,
                "servers are probed"),
    FIELD_BELOW("passiveHealthCheck", STRUCT, struct load_balancer, passive_check, schema_passive,
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
    FIELD("name", TEXT, struct child, name, "", "name of the service"),
    FIELD("weight", INT, struct child, weight, "1", "its share; 0 or less leaves it out"),
    KEY("status", INT, MISSING, "", "answer this status instead"),
    KEY("headers", TEXT_MAP, MISSING, "", "request headers to set"),
    KEY_BELOW("grpcStatus", STRUCT, MISSING, schema_grpc_status, "answer this gRPC status instead"),
};
static const struct schema schema_weighted_child = READ_TABLE("service", weighted_child_rows, struct child);

static const struct schema_row weighted_sticky_rows[] = {
    FIELD_BELOW("cookie", MARKER, struct sticky, cookie, schema_cookie, "a cookie names the service"),
};
static const struct schema schema_weighted_sticky = READ_TABLE("sticky", weighted_sticky_rows, struct sticky);

static const struct schema_row weighted_rows[] = {
    FIELD_BELOW("services", STRUCT_LIST, struct shares, services, schema_weighted_child,
                "services by weight"),
    FIELD_BELOW("sticky", STRUCT, struct shares, sticky, schema_weighted_sticky,
                "a client stays with its service"),
    FIELD_BELOW("healthCheck", MARKER, struct shares, health_check, schema_marker,
                "services that are down are left out"),
};
static const struct schema schema_weighted = READ_TABLE("weighted", weighted_rows, struct shares);

static const struct schema_row hashed_child_rows[] = {
    FIELD("name", TEXT, struct child, name, "", "name of the service"),
    FIELD("weight", INT, struct child, weight, "1", "its share"),
};
static const struct schema schema_hashed_child = READ_TABLE("service", hashed_child_rows, struct child);

static const struct schema_row hashed_rows[] = {
    FIELD_BELOW("services", STRUCT_LIST, struct shares, services, schema_hashed_child,
                "services, chosen by the client's address"),
    FIELD_BELOW("healthCheck", MARKER, struct shares, health_check, schema_marker,
                "services that are down are left out"),
};
static const struct schema schema_hashed = READ_TABLE("highestRandomWeight", hashed_rows, struct shares);

static const struct schema_row mirror_rows[] = {
    FIELD("name", TEXT, struct child, name, "", "name of the service"),
    FIELD("percent", INT, struct child, percent, "0", "share of requests that it gets a copy of"),
};
static const struct schema schema_mirror = READ_TABLE("mirror", mirror_rows, struct child);

static const struct schema_row mirroring_rows[] = {
    FIELD("service", TEXT, struct mirroring, service, "", "name of the service that answers"),
    FIELD("mirrorBody", BOOL, struct mirroring, mirror_body, "true", "copies have the body"),
    FIELD("maxBodySize", INT, struct mirroring, max_body_size, "-1",
          "larger requests are not copied; -1 for no limit"),
    FIELD_BELOW("mirrors", STRUCT_LIST, struct mirroring, mirrors, schema_mirror, "who gets copies"),
    FIELD_BELOW("healthCheck", MARKER, struct mirroring, health_check, schema_marker,
                "its state is that of the main service"),
};
static const struct schema schema_mirroring = READ_TABLE("mirroring", mirroring_rows, struct mirroring);

static const struct schema_row failover_error_rows[] = {
    FIELD("status", LIST, struct failover_errors, status, "", "answers that fail over: NNN or NNN-MMM"),
    FIELD("maxRequestBodyBytes", INT, struct failover_errors, max_request_body_bytes, "-1",
          "larger requests get 413; -1 for no limit"),
};
static const struct schema schema_failover_errors =
    READ_TABLE("errors", failover_error_rows, struct failover_errors);

static const struct schema_row failover_rows[] = {
    FIELD("service", TEXT, struct failover, service, "", "name of the main service"),
    FIELD("fallback", TEXT, struct failover, fallback, "", "name of the service to use while it is down"),
    FIELD_BELOW("errors", STRUCT, struct failover, errors, schema_failover_errors,
                "fail over on answers too"),
    FIELD_BELOW("healthCheck", FILE_MARKER, struct failover, health_check, schema_marker,
                "its state is known to its parents"),
};
static const struct schema schema_failover = READ_TABLE("failover", failover_rows, struct failover);

static const struct schema_row service_rows[] = {
    KIND("loadBalancer", struct service, load_balancer, schema_load_balancer,
         "servers that share the requests"),
    KIND("weighted", struct service, weighted, schema_weighted, "services by weight"),
    KIND("highestRandomWeight", struct service, highest_random_weight, schema_hashed,
         "services by the client's address"),
    KIND("mirroring", struct service, mirroring, schema_mirroring, "a service, and copies for others"),
    KIND("failover", struct service, failover, schema_failover, "a service, and one for when it is down"),
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
