#include "route/schema_rows.h"

/* The types of middlewares; their longer tables stand in schema_headers.c and schema_auth.c. */

static const struct schema_row ip_strategy_rows[] = {
    FIELD("depth", INT, struct ip_strategy, depth, "0",
          "take this address of X-Forwarded-For, from the right"),
    FIELD("excludedIPs", LIST, struct ip_strategy, excluded_ips, "",
          "or the first from the right not among these"),
    FIELD("ipv6Subnet", INT, struct ip_strategy, ipv6_subnet, "",
          "IPv6 addresses count by networks of this size"),
};
static const struct schema ip_strategy = READ_TABLE("ipStrategy", ip_strategy_rows, struct ip_strategy);

static const struct schema_row source_rows[] = {
    FIELD_BELOW("ipStrategy", STRUCT, struct source_criterion, ip_strategy, ip_strategy, "by address"),
    FIELD("requestHeaderName", TEXT, struct source_criterion, request_header_name, "",
          "by the value of this header"),
    FIELD("requestHost", BOOL, struct source_criterion, request_host, "false", "by the Host header"),
};
static const struct schema source = READ_TABLE("sourceCriterion", source_rows, struct source_criterion);

static const struct schema_row rate_limit_rows[] = {
    FIELD("average", INT, struct rate_limit, average, "0", "requests in a period; 0 for no limit"),
    FIELD("period", DURATION, struct rate_limit, period, "1s", "the period"),
    FIELD("burst", INT, struct rate_limit, burst, "1", "requests at once"),
    FIELD_BELOW("sourceCriterion", STRUCT, struct rate_limit, source_criterion, source,
                "what counts as one client"),
    FIELD_BELOW("redis", STRUCT, struct rate_limit, redis, schema_redis, "buckets are shared through Redis"),
};
static const struct schema rate_limit = READ_TABLE("rateLimit", rate_limit_rows, struct rate_limit);

static const struct schema_row strip_prefix_rows[] = {
    FIELD("prefixes", LIST, struct strip_prefix, prefixes, "", "the first that fits is cut off the path"),
    FIELD("forceSlash", BOOL, struct strip_prefix, force_slash, "false", "deprecated: always leave a slash"),
};
static const struct schema strip_prefix = READ_TABLE("stripPrefix", strip_prefix_rows, struct strip_prefix);

static const struct schema_row chain_rows[] = {
    FIELD("middlewares", LIST, struct chain, middlewares, "", "names, in the order in which they act"),
};
static const struct schema chain = READ_TABLE("chain", chain_rows, struct chain);

static const struct schema_row add_prefix_rows[] = {
    KEY("prefix", TEXT, HARMLESS, "", "to put before the path"),
};
static const struct schema add_prefix = CHECK_TABLE("addPrefix", add_prefix_rows);

static const struct schema_row buffering_rows[] = {
    KEY("maxRequestBodyBytes", INT, HARMLESS, "0", "larger requests get 413; 0 for no limit"),
    KEY("memRequestBodyBytes", INT, HARMLESS, "1048576", "of a request kept in memory"),
    KEY("maxResponseBodyBytes", INT, HARMLESS, "0", "larger answers become 500; 0 for no limit"),
    KEY("memResponseBodyBytes", INT, HARMLESS, "1048576", "of an answer kept in memory"),
    KEY("retryExpression", TEXT, HARMLESS, "", "when to try again"),
    KEY("disableRequestBuffer", ANY, HARMLESS, "", "no effect"),
    KEY("disableResponseBuffer", ANY, HARMLESS, "", "no effect"),
};
static const struct schema buffering = CHECK_TABLE("buffering", buffering_rows);

static const struct schema_row circuit_breaker_rows[] = {
    KEY("expression", TEXT, HARMLESS, "", "when to open"),
    KEY("checkPeriod", DURATION, HARMLESS, "100ms", "between two looks at it"),
    KEY("fallbackDuration", DURATION, HARMLESS, "10s", "how long it stays open"),
    KEY("recoveryDuration", DURATION, HARMLESS, "10s", "how long it closes slowly"),
    KEY("responseCode", INT, HARMLESS, "503", "answer while it is open"),
};
static const struct schema circuit_breaker = CHECK_TABLE("circuitBreaker", circuit_breaker_rows);

static const struct schema_row compress_rows[] = {
    KEY("excludedContentTypes", LIST, HARMLESS, "", "media types to leave alone"),
    KEY("includedContentTypes", LIST, HARMLESS, "", "or the only ones to compress"),
    KEY("minResponseBodyBytes", INT, HARMLESS, "1024", "smaller answers are left alone"),
    KEY("encodings", LIST, HARMLESS, "gzip, br, zstd", "in the order preferred"),
    KEY("defaultEncoding", TEXT, HARMLESS, "", "for clients that do not say what they take"),
};
static const struct schema compress = CHECK_TABLE("compress", compress_rows);

static const struct schema_row content_type_rows[] = {
    KEY("autoDetect", BOOL, HARMLESS, "", "deprecated"),
};
static const struct schema content_type = CHECK_TABLE("contentType", content_type_rows);

static const struct schema_row encoded_rows[] = {
    KEY("allowEncodedSlash", BOOL, HARMLESS, "false", "%2F in a path"),
    KEY("allowEncodedBackSlash", BOOL, HARMLESS, "false", "%5C in a path"),
    KEY("allowEncodedNullCharacter", BOOL, HARMLESS, "false", "%00 in a path"),
    KEY("allowEncodedSemicolon", BOOL, HARMLESS, "false", "%3B in a path"),
    KEY("allowEncodedPercent", BOOL, HARMLESS, "false", "%25 in a path"),
    KEY("allowEncodedQuestionMark", BOOL, HARMLESS, "false", "%3F in a path"),
    KEY("allowEncodedHash", BOOL, HARMLESS, "false", "%23 in a path"),
};
static const struct schema encoded = CHECK_TABLE("encodedCharacters", encoded_rows);

static const struct schema_row error_rows[] = {
    KEY("status", LIST, HARMLESS, "", "answers to replace: NNN or NNN-MMM"),
    KEY("statusRewrites", INT_MAP, HARMLESS, "", "status to answer for a range, as 418-418"),
    KEY("service", TEXT, HARMLESS, "", "name of the service that has the pages"),
    KEY("query", TEXT, HARMLESS, "", "path of the page; {status}, {originalStatus}, {url}"),
    KEY("errorRequestHeaders", LIST, HARMLESS, "", "headers to send there; all if none"),
    KEY("nginxHeaders", ANY, HARMLESS, "", "no effect"),
};
static const struct schema errors = CHECK_TABLE("errors", error_rows);

static const struct schema_row grpc_web_rows[] = {
    KEY("allowOrigins", LIST, HARMLESS, "", "origins, or *"),
};
static const struct schema grpc_web = CHECK_TABLE("grpcWeb", grpc_web_rows);

static const struct schema_row in_flight_rows[] = {
    KEY("amount", INT, HARMLESS, "0", "requests at a time"),
    KEY_BELOW("sourceCriterion", STRUCT, HARMLESS, source, "what counts as one client"),
};
static const struct schema in_flight = CHECK_TABLE("inFlightReq", in_flight_rows);

static const struct schema_row allow_list_rows[] = {
    KEY("sourceRange", LIST, HARMLESS, "", "addresses and networks that may pass"),
    KEY_BELOW("ipStrategy", MARKER, HARMLESS, ip_strategy, "which address counts"),
    KEY("rejectStatusCode", INT, HARMLESS, "403", "answer for others"),
};
static const struct schema allow_list = CHECK_TABLE("ipAllowList", allow_list_rows);

static const struct schema_row white_list_rows[] = {
    KEY("sourceRange", LIST, HARMLESS, "", "addresses and networks that may pass"),
    KEY_BELOW("ipStrategy", MARKER, HARMLESS, ip_strategy, "which address counts"),
};
static const struct schema white_list = CHECK_TABLE("ipWhiteList", white_list_rows);

static const struct schema_row redirect_regex_rows[] = {
    KEY("regex", TEXT, HARMLESS, "", "searched in the URL"),
    KEY("replacement", TEXT, HARMLESS, "", "where to go; $1, ${name}"),
    KEY("permanent", BOOL, HARMLESS, "false", "301 and 308 instead of 302 and 307"),
    KEY("statusCode", ANY, HARMLESS, "", "no effect"),
};
static const struct schema redirect_regex = CHECK_TABLE("redirectRegex", redirect_regex_rows);

static const struct schema_row redirect_scheme_rows[] = {
    KEY("scheme", TEXT, HARMLESS, "", "http or https"),
    KEY("port", TEXT, HARMLESS, "", "the scheme's own if none"),
    KEY("permanent", BOOL, HARMLESS, "false", "301 and 308 instead of 302 and 307"),
    KEY("forcePermanentRedirect", ANY, HARMLESS, "", "no effect"),
};
static const struct schema redirect_scheme = CHECK_TABLE("redirectScheme", redirect_scheme_rows);

static const struct schema_row replace_path_rows[] = {
    KEY("path", TEXT, HARMLESS, "", "the new path"),
};
static const struct schema replace_path = CHECK_TABLE("replacePath", replace_path_rows);

static const struct schema_row replace_path_regex_rows[] = {
    KEY("regex", TEXT, HARMLESS, "", "searched in the path"),
    KEY("replacement", TEXT, HARMLESS, "", "the new path; $1, ${name}"),
};
static const struct schema replace_path_regex = CHECK_TABLE("replacePathRegex", replace_path_regex_rows);

static const struct schema_row retry_rows[] = {
    KEY("attempts", INT, HARMLESS, "", "tries in all; needed"),
    KEY("initialInterval", DURATION, HARMLESS, "0", "before the second try; it grows"),
    KEY("timeout", DURATION, HARMLESS, "0", "no further try behind it; 0 for none"),
    KEY("maxRequestBodyBytes", INT, HARMLESS, "2097152",
        "larger requests are not tried again; -1 for no limit"),
    KEY("status", LIST, HARMLESS, "", "answers to try again on: NNN or NNN-MMM"),
    KEY("disableRetryOnNetworkError", BOOL, HARMLESS, "false", "only on those"),
    KEY("retryNonIdempotentMethod", BOOL, HARMLESS, "false", "also POST, PATCH and LOCK"),
};
static const struct schema retry = CHECK_TABLE("retry", retry_rows);

static const struct schema_row strip_regex_rows[] = {
    KEY("regex", LIST, HARMLESS, "", "the first that fits at the start is cut off the path"),
};
static const struct schema strip_regex = CHECK_TABLE("stripPrefixRegex", strip_regex_rows);

static const struct schema_row middleware_rows[] = {
    OTHER_KIND("addPrefix", STRUCT, add_prefix, "puts something before the path"),
    KIND("basicAuth", struct middleware, basic_auth, schema_basic_auth, "asks for a name and a password"),
    OTHER_KIND("buffering", STRUCT, buffering, "reads requests and answers whole"),
    KIND("chain", struct middleware, chain, chain, "several middlewares under one name"),
    OTHER_KIND("circuitBreaker", STRUCT, circuit_breaker, "spares servers that are in trouble"),
    OTHER_KIND("compress", MARKER, compress, "compresses answers"),
    OTHER_KIND("contentType", MARKER, content_type, "guesses missing content types"),
    KIND("digestAuth", struct middleware, digest_auth, schema_digest_auth, "asks for a digest of name and password"),
    OTHER_KIND("encodedCharacters", STRUCT, encoded, "refuses some encoded characters in paths"),
    OTHER_KIND("errors", STRUCT, errors, "replaces error pages"),
    KIND("forwardAuth", struct middleware, forward_auth, schema_forward_auth, "asks another server"),
    OTHER_KIND("grpcWeb", STRUCT, grpc_web, "translates gRPC-Web"),
    OTHER_KIND("headers", STRUCT, schema_headers, "changes headers; CORS; security headers"),
    OTHER_KIND("inFlightReq", STRUCT, in_flight, "limits requests at a time"),
    OTHER_KIND("ipAllowList", STRUCT, allow_list, "lets only some addresses pass"),
    OTHER_KIND("ipWhiteList", STRUCT, white_list, "deprecated name of ipAllowList"),
    OTHER_KIND("passTLSClientCert", STRUCT, schema_pass_client_cert,
               "tells servers of the client certificate"),
    { STR("plugin"), SCHEMA_ANY, SCHEMA_OTHER_KIND, 0, NULL, "", "plugins cannot run here" },
    KIND("rateLimit", struct middleware, rate_limit, rate_limit, "limits requests over time"),
    OTHER_KIND("redirectRegex", STRUCT, redirect_regex, "redirects by a regular expression"),
    OTHER_KIND("redirectScheme", STRUCT, redirect_scheme, "redirects to another scheme"),
    OTHER_KIND("replacePath", STRUCT, replace_path, "replaces the path"),
    OTHER_KIND("replacePathRegex", STRUCT, replace_path_regex,
               "replaces what a regular expression finds in it"),
    OTHER_KIND("retry", STRUCT, retry, "tries again"),
    KIND("stripPrefix", struct middleware, strip_prefix, strip_prefix, "cuts a prefix off the path"),
    OTHER_KIND("stripPrefixRegex", STRUCT, strip_regex, "the same by regular expressions"),
    KEY("requestHeaderModifier", ANY, HARMLESS, "", "not available in a store, no effect"),
    KEY("responseHeaderModifier", ANY, HARMLESS, "", "not available in a store, no effect"),
    KEY("requestRedirect", ANY, HARMLESS, "", "not available in a store, no effect"),
    KEY("URLRewrite", ANY, HARMLESS, "", "not available in a store, no effect"),
    KEY("authTLSPassCertificateToUpstream", ANY, HARMLESS, "", "not available in a store, no effect"),
    KEY("snippet", ANY, HARMLESS, "", "not available in a store, no effect"),
    KEY("rewriteTarget", ANY, HARMLESS, "", "not available in a store, no effect"),
    KEY("upstreamVHost", ANY, HARMLESS, "", "not available in a store, no effect"),
    KEY("appRoot", ANY, HARMLESS, "", "not available in a store, no effect"),
};
const struct schema schema_middleware = {
    .what = STR("middleware"),
    .rows = middleware_rows,
    .n_rows = sizeof middleware_rows / sizeof *middleware_rows,
    .size = sizeof(struct middleware),
    .n_kinds = offsetof(struct middleware, n_kinds),
    .other_kind = offsetof(struct middleware, other_kind),
};
