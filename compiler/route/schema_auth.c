#include "route/schema_rows.h"

/* Middlewares that are about who the client is. */

#define PASSWORD_ROWS(users_meaning, remove_meaning)                                                         \
    FIELD("users", SECRETS, struct password_auth, users, "", users_meaning),                                 \
        FIELD("usersFile", TEXT, struct password_auth, users_file, "", "path of a file of such lines"),      \
        FIELD("realm", TEXT, struct password_auth, realm, "traefik", "shown to the user"),                   \
        FIELD("removeHeader", BOOL, struct password_auth, remove_header, "false", remove_meaning),           \
        FIELD("headerField", TEXT, struct password_auth, header_field, "",                                   \
              "header that tells servers the name")

static const struct schema_row basic_rows[] = { PASSWORD_ROWS("name:hash, each",
                                                              "servers do not see the password") };
const struct schema schema_basic_auth = READ_TABLE("basicAuth", basic_rows, struct password_auth);

static const struct schema_row digest_rows[] = { PASSWORD_ROWS("name:realm:hash, each",
                                                               "servers do not see the digest") };
const struct schema schema_digest_auth = READ_TABLE("digestAuth", digest_rows, struct password_auth);

static const struct schema_row client_rows[] = {
    FIELD("ca", TEXT, struct tls_client_value, ca, "", "authorities: a path, or PEM text"),
    FIELD("cert", TEXT, struct tls_client_value, cert, "", "own certificate: a path, or PEM text"),
    FIELD("key", SECRET, struct tls_client_value, private_key, "", "its private key: a path, or PEM text"),
    FIELD("insecureSkipVerify", BOOL, struct tls_client_value, insecure_skip_verify, "false",
          "believe any certificate"),
    KEY("caOptional", BOOL, HARMLESS, "", "deprecated; no effect"),
};
const struct schema schema_tls_towards = READ_TABLE("tls", client_rows, struct tls_client_value);

static const struct schema_row redis_rows[] = {
    FIELD("endpoints", LIST, struct redis_value, endpoints, "localhost:6379", "host:port"),
    FIELD("username", TEXT, struct redis_value, username, "", "who to be"),
    FIELD("password", SECRET, struct redis_value, password, "", "and the password"),
    FIELD("db", INT, struct redis_value, db, "0", "number of the database"),
    KEY("poolSize", INT, HARMLESS, "0",
        "no effect: one connection a worker carries many questions at a time"),
    KEY("minIdleConns", INT, HARMLESS, "0", "no effect"),
    KEY("maxActiveConns", INT, HARMLESS, "0", "no effect"),
    FIELD("readTimeout", DURATION, struct redis_value, read_timeout, "3s", "for an answer"),
    FIELD("writeTimeout", DURATION, struct redis_value, write_timeout, "3s", "for a command"),
    FIELD("dialTimeout", DURATION, struct redis_value, dial_timeout, "5s", "to connect"),
    FIELD_BELOW("tls", STRUCT, struct redis_value, tls, schema_tls_towards, "TLS towards it"),
};
const struct schema schema_redis = READ_TABLE("redis", redis_rows, struct redis_value);

static const struct schema_row extension_rows[] = {
    FIELD("cacheTTL", DURATION, struct forward_extension, cache_ttl, "0s",
          "how long a pass of the server is kept and given to the same question; 0s: it is asked each time"),
    FIELD("cacheKey", LIST, struct forward_extension, cache_key, "",
          "headers, as the server is sent them, that tell questions apart; all if none"),
};
const struct schema schema_forward_extension =
    READ_TABLE("maitred", extension_rows, struct forward_extension);

static const struct schema_row forward_rows[] = {
    FIELD("address", TEXT, struct forward_auth, address, "", "URL to ask"),
    FIELD_BELOW("tls", STRUCT, struct forward_auth, tls, schema_tls_towards, "TLS towards it"),
    FIELD("trustForwardHeader", BOOL, struct forward_auth, trust_forward_header, "",
          "pass on X-Forwarded headers as received"),
    FIELD("authResponseHeaders", LIST, struct forward_auth, response_headers, "",
          "headers of its answer to put into the request"),
    FIELD("authResponseHeadersRegex", TEXT, struct forward_auth, response_headers_regex, "",
          "the same by a regular expression"),
    FIELD("authRequestHeaders", LIST, struct forward_auth, request_headers, "",
          "headers to send; all if none"),
    FIELD("addAuthCookiesToResponse", LIST, struct forward_auth, add_cookies, "",
          "cookies of its answer to give to the client"),
    KEY("headerField", TEXT, HARMLESS, "", "header with the user's name, for the access log"),
    FIELD("forwardBody", BOOL, struct forward_auth, forward_body, "false", "send the body too"),
    FIELD("maxBodySize", INT, struct forward_auth, max_body, "-1",
          "larger requests get 401; -1 for no limit"),
    FIELD("maxResponseBodySize", INT, struct forward_auth, max_response_body, "-1",
          "larger answers become 401; -1 for no limit"),
    FIELD("preserveLocationHeader", BOOL, struct forward_auth, preserve_location, "false",
          "pass on Location untouched"),
    FIELD("preserveRequestMethod", BOOL, struct forward_auth, preserve_method, "false",
          "ask with the client's method"),
    FIELD("authSigninURL", TEXT, struct forward_auth, signin, "", "where a 401 is redirected to"),
    FIELD_BELOW("maitred", STRUCT, struct forward_auth, own, schema_forward_extension,
                "keys of ours, which Traefik does not know"),
};
const struct schema schema_forward_auth = READ_TABLE("forwardAuth", forward_rows, struct forward_auth);

/* Of subject and issuer; the latter's organizationalUnit is none of Traefik's. */
#define NAME_ROWS                                                                                            \
    FIELD("country", BOOL, struct name_parts, country, "false", "C"),                                        \
        FIELD("province", BOOL, struct name_parts, province, "false", "ST"),                                 \
        FIELD("locality", BOOL, struct name_parts, locality, "false", "L"),                                  \
        FIELD("organization", BOOL, struct name_parts, organization, "false", "O"),                          \
        FIELD("commonName", BOOL, struct name_parts, common_name, "false", "CN"),                            \
        FIELD("serialNumber", BOOL, struct name_parts, serial_number, "false", "SN"),                        \
        FIELD("domainComponent", BOOL, struct name_parts, domain_component, "false", "DC")

static const struct schema_row subject_rows[] = {
    NAME_ROWS,
    FIELD("organizationalUnit", BOOL, struct name_parts, unit, "false", "OU"),
};
static const struct schema subject = READ_TABLE("subject", subject_rows, struct name_parts);

static const struct schema_row issuer_rows[] = { NAME_ROWS };
static const struct schema issuer = READ_TABLE("issuer", issuer_rows, struct name_parts);

static const struct schema_row info_rows[] = {
    FIELD("notAfter", BOOL, struct certificate_info, not_after, "false", "end of its life"),
    FIELD("notBefore", BOOL, struct certificate_info, not_before, "false", "begin of its life"),
    FIELD("sans", BOOL, struct certificate_info, sans, "false", "alternative names"),
    FIELD("serialNumber", BOOL, struct certificate_info, serial_number, "false", "serial number"),
    FIELD_BELOW("subject", STRUCT, struct certificate_info, subject, subject, "parts of the subject"),
    FIELD_BELOW("issuer", STRUCT, struct certificate_info, issuer, issuer, "parts of the issuer"),
};
static const struct schema info = READ_TABLE("info", info_rows, struct certificate_info);

static const struct schema_row pass_rows[] = {
    FIELD("pem", BOOL, struct pass_client_cert, pem, "false", "the certificate itself"),
    FIELD_BELOW("info", STRUCT, struct pass_client_cert, info, info, "parts of it"),
};
const struct schema schema_pass_client_cert =
    READ_TABLE("passTLSClientCert", pass_rows, struct pass_client_cert);
