/* The middlewares as written: parts of struct middleware in tree.h. `key` set: the middleware is of this
 * kind. */
#pragma once

#include "route/value.h"

struct ip_strategy {
    struct str key;
    struct int_value depth, ipv6_subnet;
    struct list_value excluded_ips;
};

struct source_criterion {
    struct str key;
    struct ip_strategy ip_strategy;
    struct text_value request_header_name;
    struct bool_value request_host;
};

struct add_prefix {
    struct str key;
    struct text_value prefix;
};

struct replace_path {
    struct str key;
    struct text_value path;
};

/* replacePathRegex and redirectRegex. */
struct regex_replace {
    struct str key;
    struct text_value regex, replacement;
    struct bool_value permanent;
};

struct strip_prefix_regex {
    struct str key;
    struct list_value regex;
};

struct redirect_scheme {
    struct str key;
    struct text_value scheme, port;
    struct bool_value permanent;
};

struct headers {
    struct str key;
    struct map_value custom_request, custom_response;
    struct bool_value allow_credentials, add_vary;
    struct list_value allow_headers, allow_methods, allow_origins, allow_origins_regex, expose_headers;
    struct int_value max_age;
    struct list_value allowed_hosts, hosts_proxy_headers;
    struct map_value ssl_proxy_headers;
    struct int_value sts_seconds;
    struct bool_value sts_subdomains, sts_preload, force_sts;
    struct bool_value frame_deny, nosniff, xss_filter, development;
    struct text_value frame_options, xss_value, csp, csp_report_only, public_key, referrer_policy,
        permissions_policy;
    struct text_value feature_policy, ssl_host; /* no effect; but a middleware of nothing else is one */
    struct bool_value ssl_redirect, ssl_temporary_redirect, ssl_force_host;
};

/* ipAllowList and ipWhiteList. */
struct allow_list {
    struct str key;
    struct list_value source_range;
    struct ip_strategy ip_strategy;
    struct int_value reject_status;
};

struct in_flight_req {
    struct str key;
    struct int_value amount;
    struct source_criterion source_criterion;
};

struct encoded_characters {
    struct str key;
    struct bool_value slash, backslash, null, semicolon, percent, question_mark, hash;
};

struct content_type {
    struct str key;
    struct bool_value auto_detect;
};

struct circuit_breaker {
    struct str key;
    struct text_value expression;
    struct duration_value check_period, fallback, recovery;
    struct int_value response_code;
};

struct buffering {
    struct str key;
    struct int_value max_request, mem_request, max_response, mem_response;
    struct text_value retry_expression;
};

/* Which parts of a name are told. */
struct name_parts {
    struct str key;
    struct bool_value country, province, locality, organization, unit, common_name, serial_number,
        domain_component;
};

struct certificate_info {
    struct str key;
    struct bool_value not_after, not_before, sans, serial_number;
    struct name_parts subject, issuer;
};

struct pass_client_cert {
    struct str key;
    struct bool_value pem;
    struct certificate_info info;
};

struct error_pages {
    struct str key;
    struct list_value status, request_headers;
    struct map_value rewrites; /* integers */
    struct text_value service, query;
};

struct retry {
    struct str key;
    struct int_value attempts, max_body;
    struct duration_value interval, timeout;
    struct list_value status;
    struct bool_value not_on_network_error, non_idempotent;
};

struct compress {
    struct str key;
    struct list_value excluded, included, encodings;
    struct int_value min_size;
    struct text_value default_encoding;
};
