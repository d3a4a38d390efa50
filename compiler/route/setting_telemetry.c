#include "route/setting_rows.h"

/* Access log, metrics and traces: known, without effect. */

static const struct setting_row log_rows[] = {
    UNUSED("", SWITCH, IGNORED, "false", "the access log"),
    UNUSED("addinternals", BOOL, IGNORED, "false", "requests to internal services, too"),
    UNUSED("bufferingsize", INT, IGNORED, "0", "lines kept in memory"),
    UNUSED("dualoutput", BOOL, IGNORED, "false", "file and OTLP"),
    UNUSED("filepath", TEXT, IGNORED, "", "standard output if none"),
    UNUSED("format", TEXT, IGNORED, "common", "common, genericCLF or json"),
    UNUSED("fields.defaultmode", TEXT, IGNORED, "keep", "keep or drop"),
    UNUSED("fields.names", MAP, IGNORED, "", "the same for single fields"),
    UNUSED("fields.headers.defaultmode", TEXT, IGNORED, "drop", "keep, drop or redact"),
    UNUSED("fields.headers.names", MAP, IGNORED, "", "the same for single headers"),
    UNUSED("fields.queryparameters.defaultmode", TEXT, IGNORED, "keep", "keep, drop or redact"),
    UNUSED("filters.minduration", DURATION, IGNORED, "0", "only slow requests"),
    UNUSED("filters.retryattempts", BOOL, IGNORED, "false", "only requests that were tried again"),
    UNUSED("filters.statuscodes", LIST, IGNORED, "", "only these answers"),
};
const struct setting_table setting_logs = { ROWS_OF(log_rows) };

#define LABELS(name)                                                                                         \
    UNUSED(name ".addentrypointslabels", BOOL, IGNORED, "true", "counts by entry point"),                    \
        UNUSED(name ".addrouterslabels", BOOL, IGNORED, "false", "counts by router"),                        \
        UNUSED(name ".addserviceslabels", BOOL, IGNORED, "true", "counts by service")

static const struct setting_row metric_rows[] = {
    UNUSED("addinternals", BOOL, IGNORED, "false", "requests to internal services, too"),
    UNUSED("prometheus", SWITCH, IGNORED, "false", "/metrics"),
    LABELS("prometheus"),
    UNUSED("prometheus.buckets", FLOATS, IGNORED, "0.1, 0.3, 1.2, 5.0", "of durations, in seconds"),
    UNUSED("prometheus.entrypoint", TEXT, IGNORED, "traefik", "where it stands"),
    UNUSED("prometheus.manualrouting", BOOL, IGNORED, "false",
           "only through a router to prometheus@internal"),
    UNUSED("prometheus.headerlabels", MAP, IGNORED, "", "labels by headers"),
    UNUSED("datadog", SWITCH, IGNORED, "false", "Datadog"),
    LABELS("datadog"),
    UNUSED("datadog.address", TEXT, IGNORED, "localhost:8125", "where to"),
    UNUSED("datadog.prefix", TEXT, IGNORED, "traefik", "of names"),
    UNUSED("datadog.pushinterval", DURATION, IGNORED, "10s", "how often"),
    UNUSED("statsd", SWITCH, IGNORED, "false", "StatsD"),
    LABELS("statsd"),
    UNUSED("statsd.address", TEXT, IGNORED, "localhost:8125", "where to"),
    UNUSED("statsd.prefix", TEXT, IGNORED, "traefik", "of names"),
    UNUSED("statsd.pushinterval", DURATION, IGNORED, "10s", "how often"),
    UNUSED("influxdb2", SWITCH, IGNORED, "false", "InfluxDB 2"),
    LABELS("influxdb2"),
    UNUSED("influxdb2.additionallabels", MAP, IGNORED, "", "further labels"),
    UNUSED("influxdb2.address", TEXT, IGNORED, "http://localhost:8086", "where to"),
    UNUSED("influxdb2.bucket", TEXT, IGNORED, "", "name of the bucket"),
    UNUSED("influxdb2.org", TEXT, IGNORED, "", "name of the organisation"),
    UNUSED("influxdb2.pushinterval", DURATION, IGNORED, "10s", "how often"),
    UNUSED("influxdb2.token", SECRET, IGNORED, "", "who to be"),
    LABELS("otlp"),
    UNUSED("otlp.explicitboundaries", FLOATS, IGNORED,
           "0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10",
           "of durations, in seconds"),
    UNUSED("otlp.pushinterval", DURATION, IGNORED, "10s", "how often"),
    UNUSED("influxdb", ANY, REMOVED, "", ""),
};
const struct setting_table setting_metrics = { ROWS_OF(metric_rows) };

static const struct setting_row tracing_rows[] = {
    UNUSED("", SWITCH, IGNORED, "false", "traces"),
    UNUSED("addinternals", BOOL, IGNORED, "false", "requests to internal services, too"),
    UNUSED("capturedrequestheaders", LIST, IGNORED, "", "headers of requests to record"),
    UNUSED("capturedresponseheaders", LIST, IGNORED, "", "headers of answers to record"),
    UNUSED("safequeryparams", LIST, IGNORED, "", "parameters that may be shown"),
    UNUSED("samplerate", FLOAT, IGNORED, "1.0", "share of requests"),
    UNUSED("servicename", TEXT, IGNORED, "traefik", "who we are"),
    UNUSED("globalattributes", MAP, IGNORED, "", "deprecated name of resourceattributes"),
    UNUSED("resourceattributes", MAP, IGNORED, "", "attributes of all traces"),
    UNUSED("datadog", ANY, REMOVED, "", ""),
    UNUSED("elastic", ANY, REMOVED, "", ""),
    UNUSED("haystack", ANY, REMOVED, "", ""),
    UNUSED("instana", ANY, REMOVED, "", ""),
    UNUSED("jaeger", ANY, REMOVED, "", ""),
    UNUSED("zipkin", ANY, REMOVED, "", ""),
};
const struct setting_table setting_tracing = { ROWS_OF(tracing_rows) };

static const struct setting_row otlp_rows[] = {
    UNUSED("", SWITCH, IGNORED, "false", "OpenTelemetry"),
    UNUSED("servicename", TEXT, IGNORED, "traefik", "who we are"),
    UNUSED("resourceattributes", MAP, IGNORED, "", "attributes of all that is sent"),
    UNUSED("grpc", SWITCH, IGNORED, "false", "by gRPC"),
    UNUSED("grpc.endpoint", TEXT, IGNORED, "localhost:4317", "where to"),
    UNUSED("grpc.headers", MAP, IGNORED, "", "headers to send"),
    UNUSED("grpc.insecure", BOOL, IGNORED, "false", "in the clear"),
    UNUSED("grpc.tls.ca", TEXT, IGNORED, "", "authorities to trust"),
    UNUSED("grpc.tls.cert", TEXT, IGNORED, "", "client certificate"),
    UNUSED("grpc.tls.key", SECRET, IGNORED, "", "its private key"),
    UNUSED("grpc.tls.insecureskipverify", BOOL, IGNORED, "false", "do not verify"),
    UNUSED("http", SWITCH, IGNORED, "false", "by HTTP"),
    UNUSED("http.endpoint", TEXT, IGNORED, "https://localhost:4318", "where to"),
    UNUSED("http.headers", MAP, IGNORED, "", "headers to send"),
    UNUSED("http.tls.ca", TEXT, IGNORED, "", "authorities to trust"),
    UNUSED("http.tls.cert", TEXT, IGNORED, "", "client certificate"),
    UNUSED("http.tls.key", SECRET, IGNORED, "", "its private key"),
    UNUSED("http.tls.insecureskipverify", BOOL, IGNORED, "false", "do not verify"),
};
const struct setting_table setting_otlp = { ROWS_OF(otlp_rows) };
