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

static const struct schema_row limit_extension_rows[] = {
    FIELD("scope", TEXT, struct rate_limit_extension, scope, "",
          "router or middleware: whose requests count together; by default a middleware's through Redis, "
          "else a router's"),
    FIELD("onRedisFailure", TEXT, struct rate_limit_extension, on_redis_failure, "refuse",
          "refuse or pass: what becomes of requests while Redis does not answer"),
};
static const struct schema limit_extension =
    READ_TABLE("maitred", limit_extension_rows, struct rate_limit_extension);

static const struct schema_row rate_limit_rows[] = {
    FIELD("average", INT, struct rate_limit, average, "0", "requests in a period; 0 for no limit"),
    FIELD("period", DURATION, struct rate_limit, period, "1s", "the period"),
    FIELD("burst", INT, struct rate_limit, burst, "1", "requests at once"),
    FIELD_BELOW("sourceCriterion", STRUCT, struct rate_limit, source_criterion, source,
                "what counts as one client"),
    FIELD_BELOW("redis", STRUCT, struct rate_limit, redis, schema_redis, "buckets are shared through Redis"),
    FIELD_BELOW("maitred", STRUCT, struct rate_limit, own, limit_extension,
                "keys of ours, which Traefik does not know"),
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
    FIELD("prefix", TEXT, struct add_prefix, prefix, "", "to put before the path"),
};
static const struct schema add_prefix = READ_TABLE("addPrefix", add_prefix_rows, struct add_prefix);

static const struct schema_row buffering_rows[] = {
    FIELD("maxRequestBodyBytes", INT, struct buffering, max_request, "0",
          "larger requests get 413; 0 for no limit"),
    FIELD("memRequestBodyBytes", INT, struct buffering, mem_request, "1048576",
          "of a request kept in memory"),
    FIELD("maxResponseBodyBytes", INT, struct buffering, max_response, "0",
          "larger answers become 500; 0 for no limit"),
    FIELD("memResponseBodyBytes", INT, struct buffering, mem_response, "1048576",
          "of an answer kept in memory"),
    FIELD("retryExpression", TEXT, struct buffering, retry_expression, "", "when to try again"),
    KEY("disableRequestBuffer", ANY, HARMLESS, "", "no effect"),
    KEY("disableResponseBuffer", ANY, HARMLESS, "", "no effect"),
};
static const struct schema buffering = READ_TABLE("buffering", buffering_rows, struct buffering);

static const struct schema_row circuit_breaker_rows[] = {
    FIELD("expression", TEXT, struct circuit_breaker, expression, "", "when to open"),
    FIELD("checkPeriod", DURATION, struct circuit_breaker, check_period, "100ms", "between two looks at it"),
    FIELD("fallbackDuration", DURATION, struct circuit_breaker, fallback, "10s", "how long it stays open"),
    FIELD("recoveryDuration", DURATION, struct circuit_breaker, recovery, "10s", "how long it closes slowly"),
    FIELD("responseCode", INT, struct circuit_breaker, response_code, "503", "answer while it is open"),
};
static const struct schema circuit_breaker =
    READ_TABLE("circuitBreaker", circuit_breaker_rows, struct circuit_breaker);

static const struct schema_row compress_rows[] = {
    FIELD("excludedContentTypes", LIST, struct compress, excluded, "", "media types to leave alone"),
    FIELD("includedContentTypes", LIST, struct compress, included, "", "or the only ones to compress"),
    FIELD("minResponseBodyBytes", INT, struct compress, min_size, "1024", "smaller answers are left alone"),
    FIELD("encodings", LIST, struct compress, encodings, "gzip, br, zstd", "in the order preferred"),
    FIELD("defaultEncoding", TEXT, struct compress, default_encoding, "",
          "for clients that do not say what they take"),
};
static const struct schema compress = READ_TABLE("compress", compress_rows, struct compress);

static const struct schema_row content_type_rows[] = {
    FIELD("autoDetect", BOOL, struct content_type, auto_detect, "", "deprecated"),
};
static const struct schema content_type = READ_TABLE("contentType", content_type_rows, struct content_type);

static const struct schema_row encoded_rows[] = {
    FIELD("allowEncodedSlash", BOOL, struct encoded_characters, slash, "false", "%2F in a path"),
    FIELD("allowEncodedBackSlash", BOOL, struct encoded_characters, backslash, "false", "%5C in a path"),
    FIELD("allowEncodedNullCharacter", BOOL, struct encoded_characters, null, "false", "%00 in a path"),
    FIELD("allowEncodedSemicolon", BOOL, struct encoded_characters, semicolon, "false", "%3B in a path"),
    FIELD("allowEncodedPercent", BOOL, struct encoded_characters, percent, "false", "%25 in a path"),
    FIELD("allowEncodedQuestionMark", BOOL, struct encoded_characters, question_mark, "false",
          "%3F in a path"),
    FIELD("allowEncodedHash", BOOL, struct encoded_characters, hash, "false", "%23 in a path"),
};
static const struct schema encoded = READ_TABLE("encodedCharacters", encoded_rows, struct encoded_characters);

static const struct schema_row error_rows[] = {
    FIELD("status", LIST, struct error_pages, status, "", "answers to replace: NNN or NNN-MMM"),
    FIELD("statusRewrites", INT_MAP, struct error_pages, rewrites, "",
          "status to answer for a range, as 418-418"),
    FIELD("service", TEXT, struct error_pages, service, "", "name of the service that has the pages"),
    FIELD("query", TEXT, struct error_pages, query, "",
          "path of the page; {status}, {originalStatus}, {url}"),
    FIELD("errorRequestHeaders", LIST, struct error_pages, request_headers, "",
          "headers to send there; all if none"),
    KEY("nginxHeaders", ANY, HARMLESS, "", "no effect"),
};
static const struct schema errors = READ_TABLE("errors", error_rows, struct error_pages);

static const struct schema_row grpc_web_rows[] = {
    KEY("allowOrigins", LIST, HARMLESS, "", "origins, or *"),
};
static const struct schema grpc_web = CHECK_TABLE("grpcWeb", grpc_web_rows);

static const struct schema_row in_flight_rows[] = {
    FIELD("amount", INT, struct in_flight_req, amount, "0", "requests at a time"),
    FIELD_BELOW("sourceCriterion", STRUCT, struct in_flight_req, source_criterion, source,
                "what counts as one client"),
};
static const struct schema in_flight = READ_TABLE("inFlightReq", in_flight_rows, struct in_flight_req);

static const struct schema_row allow_list_rows[] = {
    FIELD("sourceRange", LIST, struct allow_list, source_range, "", "addresses and networks that may pass"),
    FIELD_BELOW("ipStrategy", MARKER, struct allow_list, ip_strategy, ip_strategy, "which address counts"),
    FIELD("rejectStatusCode", INT, struct allow_list, reject_status, "403", "answer for others"),
};
static const struct schema allow_list = READ_TABLE("ipAllowList", allow_list_rows, struct allow_list);

static const struct schema_row white_list_rows[] = {
    FIELD("sourceRange", LIST, struct allow_list, source_range, "", "addresses and networks that may pass"),
    FIELD_BELOW("ipStrategy", MARKER, struct allow_list, ip_strategy, ip_strategy, "which address counts"),
};
static const struct schema white_list = READ_TABLE("ipWhiteList", white_list_rows, struct allow_list);

static const struct schema_row redirect_regex_rows[] = {
    FIELD("regex", TEXT, struct regex_replace, regex, "", "searched in the URL"),
    FIELD("replacement", TEXT, struct regex_replace, replacement, "", "where to go; $1, ${name}"),
    FIELD("permanent", BOOL, struct regex_replace, permanent, "false", "301 and 308 instead of 302 and 307"),
    KEY("statusCode", ANY, HARMLESS, "", "no effect"),
};
static const struct schema redirect_regex =
    READ_TABLE("redirectRegex", redirect_regex_rows, struct regex_replace);

static const struct schema_row redirect_scheme_rows[] = {
    FIELD("scheme", TEXT, struct redirect_scheme, scheme, "", "http or https"),
    FIELD("port", TEXT, struct redirect_scheme, port, "", "the scheme's own if none"),
    FIELD("permanent", BOOL, struct redirect_scheme, permanent, "false",
          "301 and 308 instead of 302 and 307"),
    KEY("forcePermanentRedirect", ANY, HARMLESS, "", "no effect"),
};
static const struct schema redirect_scheme =
    READ_TABLE("redirectScheme", redirect_scheme_rows, struct redirect_scheme);

static const struct schema_row replace_path_rows[] = {
    FIELD("path", TEXT, struct replace_path, path, "", "the new path"),
};
static const struct schema replace_path = READ_TABLE("replacePath", replace_path_rows, struct replace_path);

static const struct schema_row replace_path_regex_rows[] = {
    FIELD("regex", TEXT, struct regex_replace, regex, "", "searched in the path"),
    FIELD("replacement", TEXT, struct regex_replace, replacement, "", "the new path; $1, ${name}"),
};
static const struct schema replace_path_regex =
    READ_TABLE("replacePathRegex", replace_path_regex_rows, struct regex_replace);

static const struct schema_row retry_rows[] = {
    FIELD("attempts", INT, struct retry, attempts, "", "tries in all; needed"),
    FIELD("initialInterval", DURATION, struct retry, interval, "0", "before the second try; it grows"),
    FIELD("timeout", DURATION, struct retry, timeout, "0", "no further try behind it; 0 for none"),
    FIELD("maxRequestBodyBytes", INT, struct retry, max_body, "2097152",
          "larger requests are not tried again; -1 for no limit"),
    FIELD("status", LIST, struct retry, status, "", "answers to try again on: NNN or NNN-MMM"),
    FIELD("disableRetryOnNetworkError", BOOL, struct retry, not_on_network_error, "false", "only on those"),
    FIELD("retryNonIdempotentMethod", BOOL, struct retry, non_idempotent, "false",
          "also POST, PATCH and LOCK"),
};
static const struct schema retry = READ_TABLE("retry", retry_rows, struct retry);

static const struct schema_row strip_regex_rows[] = {
    FIELD("regex", LIST, struct strip_prefix_regex, regex, "",
          "the first that fits at the start is cut off the path"),
};
static const struct schema strip_regex =
    READ_TABLE("stripPrefixRegex", strip_regex_rows, struct strip_prefix_regex);

static const struct schema_row middleware_rows[] = {
    KIND("addPrefix", struct middleware, add_prefix, add_prefix, "puts something before the path"),
    KIND("basicAuth", struct middleware, basic_auth, schema_basic_auth, "asks for a name and a password"),
    KIND("buffering", struct middleware, buffering, buffering, "reads requests and answers whole"),
    KIND("chain", struct middleware, chain, chain, "several middlewares under one name"),
    KIND("circuitBreaker", struct middleware, circuit_breaker, circuit_breaker,
         "spares servers that are in trouble"),
    { STR("compress"), SCHEMA_MARKER, SCHEMA_KIND, offsetof(struct middleware, compress), &compress, "",
      "compresses answers" },
    { STR("contentType"), SCHEMA_MARKER, SCHEMA_KIND, offsetof(struct middleware, content_type),
      &content_type, "", "guesses missing content types" },
    KIND("digestAuth", struct middleware, digest_auth, schema_digest_auth,
         "asks for a digest of name and password"),
    KIND("encodedCharacters", struct middleware, encoded_characters, encoded,
         "refuses some encoded characters in paths"),
    KIND("errors", struct middleware, errors, errors, "replaces error pages"),
    KIND("forwardAuth", struct middleware, forward_auth, schema_forward_auth, "asks another server"),
    OTHER_KIND("grpcWeb", STRUCT, grpc_web, "translates gRPC-Web"),
    KIND("headers", struct middleware, headers, schema_headers, "changes headers; CORS; security headers"),
    KIND("inFlightReq", struct middleware, in_flight_req, in_flight, "limits requests at a time"),
    KIND("ipAllowList", struct middleware, ip_allow_list, allow_list, "lets only some addresses pass"),
    KIND("ipWhiteList", struct middleware, ip_white_list, white_list, "deprecated name of ipAllowList"),
    KIND("passTLSClientCert", struct middleware, pass_client_cert, schema_pass_client_cert,
         "tells servers of the client certificate"),
    { STR("plugin"), SCHEMA_ANY, SCHEMA_OTHER_KIND, 0, NULL, "", "plugins cannot run here" },
    KIND("rateLimit", struct middleware, rate_limit, rate_limit, "limits requests over time"),
    KIND("redirectRegex", struct middleware, redirect_regex, redirect_regex,
         "redirects by a regular expression"),
    KIND("redirectScheme", struct middleware, redirect_scheme, redirect_scheme,
         "redirects to another scheme"),
    KIND("replacePath", struct middleware, replace_path, replace_path, "replaces the path"),
    KIND("replacePathRegex", struct middleware, replace_path_regex, replace_path_regex,
         "replaces what a regular expression finds in it"),
    KIND("retry", struct middleware, retry, retry, "tries again"),
    KIND("stripPrefix", struct middleware, strip_prefix, strip_prefix, "cuts a prefix off the path"),
    KIND("stripPrefixRegex", struct middleware, strip_prefix_regex, strip_regex,
         "the same by regular expressions"),
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
