#include "plan/service.h"

#include "base/hash.h"
#include "base/quote.h"

/* HAProxy puts no limit on names, but they stand in log lines, map values and command lines. */
enum { LONGEST_NAME = 120, HEAD_OF_LONG_NAME = 80, DIGEST_DIGITS = 16, HEAVIEST = 256 };

/* An address where nothing can be sent: requests get 502 at once. */
#define NOWHERE STR("255.255.255.255")

struct str service_backend_name(struct arena *arena, struct str service)
{
    size_t at = service.n;
    while (at && service.p[at - 1] != '@')
        at--;
    struct buf name = { 0 };
    quote_name(&name, at ? str_from(service, at) : STR("none"));
    buf_putc(&name, ':');
    quote_name(&name, at ? str_head(service, at - 1) : service);
    if (name.n > LONGEST_NAME) {
        char digest[DIGEST_DIGITS + 1];
        sha256_hex(service, digest, DIGEST_DIGITS);
        name.n = HEAD_OF_LONG_NAME;
        buf_printf(&name, ":-%s", digest);
    }
    struct str out = arena_copy(arena, buf_str(&name));
    buf_fini(&name);
    return out;
}

/* HAProxy knows weights up to 256; larger ones are scaled down together, none to zero. */
static int scaled_weight(int64_t weight, int64_t heaviest)
{
    if (heaviest <= HEAVIEST)
        return (int)weight;
    int scaled = (int)((double)weight * HEAVIEST / (double)heaviest + 0.5);
    return scaled < 1 ? 1 : scaled;
}

void service_servers(struct arena *arena, const struct model_service *service, struct plan_backend *out)
{
    struct plan_server *servers = ARENA_ARRAY(arena, struct plan_server, service->n_servers);
    int64_t heaviest = 1;
    for (size_t i = 0; i < service->n_servers; i++)
        heaviest = service->servers[i].weight > heaviest ? service->servers[i].weight : heaviest;
    out->n_servers = 0;
    for (size_t i = 0; i < service->n_servers; i++) {
        const struct model_server *server = &service->servers[i];
        if (server->host.n == 0)
            continue;
        bool connectable = server->port > 0;
        struct plan_server *next = &servers[out->n_servers++];
        *next = server_describe(arena, service, server);
        if (out->kind == BACKEND_CHOSEN)
            next->options =
                arena_printf(arena, "%.*s cookie %.*s", STR_ARG(next->options), STR_ARG(next->name));
        next->host = connectable ? server->host : NOWHERE;
        next->port = connectable ? server->port : 1;
        next->weight = scaled_weight(server->weight, heaviest);
        next->url = server->url;
    }
    out->servers = servers;
    out->holds = service;
}
