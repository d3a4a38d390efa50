#include "etcd/config.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "etcd/wire.h"

static const struct str default_port = { ":2379", 5 };

/* What is left of an authority without its host; *host gets that, brackets of IPv6 included. */
static struct str split_host(struct str authority, struct str *host)
{
    size_t n = str_find(authority, ':');
    if (str_starts(authority, STR("["))) {
        n = str_find(authority, ']');
        n = n < authority.n ? n + 1 : 0;
    }
    *host = str_head(authority, n);
    return str_from(authority, n);
}

static bool is_host(struct str host)
{
    static const struct str others = { "-._[]:%", 7 };
    for (size_t i = 0; i < host.n; i++) {
        char c = ascii_lower(host.p[i]);
        if (!ascii_is_alnum(c) && str_find(others, c) == others.n)
            return false;
    }
    return host.n > 0 && host.n < 256;
}

static bool is_port(struct str port)
{
    int64_t number;
    return str_starts(port, STR(":")) && ascii_is_digit(port.n > 1 ? port.p[1] : '\0') &&
           str_to_int64(str_from(port, 1), &number) && number > 0 && number < 65536;
}

/* "host", "host:port", with or without a scheme, to a whole URL; empty where it is none of them. */
static struct str read_endpoint(struct arena *arena, struct str text, bool tls)
{
    struct str rest = str_trim(text), host;
    if (str_starts(rest, STR("https://")))
        tls = true;
    else if (str_starts(rest, STR("http://")))
        tls = false;
    if (str_starts(rest, STR("http://")) || str_starts(rest, STR("https://")))
        rest = str_from(rest, str_search(rest, STR("//")) + 2);
    if (str_ends(rest, STR("/")))
        rest.n--;
    struct str port = split_host(rest, &host);
    if (port.n == 0)
        port = default_port;
    if (!is_host(host) || !is_port(port))
        return (struct str){ 0 };
    return arena_printf(arena, "%s%.*s%.*s", tls ? "https://" : "http://", STR_ARG(host), STR_ARG(port));
}

static bool read_endpoints(struct arena *arena, const struct etcd_settings *settings, struct etcd_config *out,
                           char error[static 256])
{
    struct str *urls = ARENA_ARRAY(arena, struct str, settings->n_endpoints);
    for (size_t i = 0; i < settings->n_endpoints; i++) {
        urls[i] = read_endpoint(arena, settings->endpoints[i], settings->tls);
        if (urls[i].n)
            continue;
        /* The text is not shown: it may hold a user's password. */
        snprintf(error, 256,
                 "--providers.etcd.endpoints: number %zu is not host:port or http(s)://host:port%s", i + 1,
                 str_find(settings->endpoints[i], '@') < settings->endpoints[i].n
                     ? "; the user goes into --providers.etcd.username and .password"
                     : "");
        return false;
    }
    if (settings->n_endpoints == 0)
        snprintf(error, 256, "--providers.etcd.endpoints is empty: name at least one host:port");
    out->endpoints = urls;
    out->n_endpoints = settings->n_endpoints;
    return settings->n_endpoints > 0;
}

bool etcd_config_is_pem(struct str material)
{
    return str_search(material, STR("-----BEGIN ")) != SIZE_MAX;
}

static bool check_material(struct str material, const char *flag, char error[static 256])
{
    if (material.n == 0 || etcd_config_is_pem(material) || access(material.p, R_OK) == 0)
        return true;
    snprintf(error, 256, "--providers.etcd.tls.%s: neither PEM text nor a file that can be read: %s", flag,
             strerror(errno));
    return false;
}

static bool check_tls(const struct etcd_config *config, char error[static 256])
{
    if ((config->cert.n == 0) != (config->key.n == 0)) {
        snprintf(error, 256,
                 "--providers.etcd.tls.cert and --providers.etcd.tls.key go together; .%s is missing",
                 config->cert.n ? "key" : "cert");
        return false;
    }
    return check_material(config->ca, "ca", error) && check_material(config->cert, "cert", error) &&
           check_material(config->key, "key", error);
}

bool etcd_config_read(struct arena *arena, const struct etcd_settings *settings, struct etcd_config *out,
                      char error[static 256])
{
    *out = (struct etcd_config){
        .prefix = arena_printf(arena, "%.*s/", STR_ARG(settings->root)),
        .username = arena_copy(arena, settings->username),
        .password = arena_copy(arena, settings->password),
        .ca = arena_copy(arena, settings->ca),
        .cert = arena_copy(arena, settings->cert),
        .key = arena_copy(arena, settings->key),
        .insecure_skip_verify = settings->insecure_skip_verify,
    };
    out->prefix_end = etcd_prefix_end(arena, out->prefix);
    if (settings->root.n == 0) {
        snprintf(error, 256,
                 "--providers.etcd.rootkey is empty: name the key that the tree hangs from, like traefik");
        return false;
    }
    return read_endpoints(arena, settings, out, error) && check_tls(out, error);
}
