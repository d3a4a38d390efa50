#include "base/address.h"
#include "base/hash.h"
#include "plan/service.h"

enum { OPTION_DIGITS = 8, MOST_FAILURES = 1000000 };

/* Addresses are not sent as SNI. */
static bool is_address(struct str host)
{
    struct address address;
    return address_read(host, &address);
}

/* HAProxy compares the name that it sent as SNI with the certificate's. Addresses it does not compare: with
 * authorities of the user's their signature is enough, with those of the system it would be everybody's, so
 * the address has to be a name in the certificate. */
static void put_verification(struct buf *out, const struct model_transport *transport,
                             const struct plan_file *authorities, struct str name)
{
    if (transport->insecure) {
        buf_puts(out, " verify none");
        return;
    }
    buf_puts(out, " verify required ca-file ");
    if (authorities)
        buf_printf(out, PLAN_TLS_FOLDER "/%.*s", STR_ARG(authorities->name));
    else
        buf_puts(out, "@system-ca");
    if (is_address(name) && !authorities)
        buf_printf(out, " verifyhost %.*s", STR_ARG(name));
}

static void put_https(struct arena *arena, struct buf *out, const struct model_transport *transport,
                      const struct model_server *server, struct plan_server *to)
{
    struct str name = transport->server_name.n ? transport->server_name : server->host;
    to->authorities = transport->insecure ? NULL : plan_file_of(arena, "ca", transport->authorities);
    to->identity = plan_file_of(arena, "id", transport->identity);
    buf_puts(out, " ssl alpn ");
    buf_puts(out, transport->http2 ? "h2,http/1.1 ws h1" : "http/1.1");
    if (!is_address(name))
        buf_printf(out, " sni str(%.*s)", STR_ARG(name));
    put_verification(out, transport, to->authorities, name);
    if (to->identity)
        buf_printf(out, " crt " PLAN_TLS_FOLDER "/%.*s", STR_ARG(to->identity->name));
    if (transport->min_version.n)
        buf_printf(out, " ssl-min-ver %.*s", STR_ARG(transport->min_version));
    if (transport->max_version.n)
        buf_printf(out, " ssl-max-ver %.*s", STR_ARG(transport->max_version));
}

struct plan_server server_describe(struct arena *arena, const struct model_service *service,
                                   const struct model_server *server)
{
    static const struct model_transport usual = { .http2 = true };
    struct plan_server out = { .name = server->id };
    struct buf options = { 0 };
    if (server->scheme == SERVER_HTTPS)
        put_https(arena, &options, service->transport ? service->transport : &usual, server, &out);
    else if (server->scheme == SERVER_H2C)
        buf_puts(&options, " proto h2 ws h1");
    /* Checked by the daemon, which says "up" and "down"; the word makes HAProxy tell us (srv_is_up). */
    if (service->check.on || service->passive.on)
        buf_puts(&options, " check inter 24d fall 100 rise 1");
    if (service->passive.on)
        buf_printf(&options, " observe layer7 error-limit %d on-error mark-down",
                   service->passive.max_failures < 1               ? 1
                   : service->passive.max_failures > MOST_FAILURES ? MOST_FAILURES
                                                                   : (int)service->passive.max_failures);
    if (options.n) {
        char digest[OPTION_DIGITS + 1];
        out.options = arena_copy(arena, buf_str(&options));
        sha256_hex(out.options, digest, OPTION_DIGITS);
        out.name = arena_printf(arena, "%.*s-%s", STR_ARG(server->id), digest);
    }
    buf_fini(&options);
    return out;
}
