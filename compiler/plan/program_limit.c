#include <inttypes.h>

#include "plan/ops.h"
#include "plan/program_auth.h"

static void put_source(struct buf *out, const struct model_op *op)
{
    static const char *const kinds[] = {
        [SOURCE_IP] = "ip", [SOURCE_HEADER] = "header", [SOURCE_HOST] = "host"
    };
    const char *kind = op->limit.depth > 0    ? "depth"
                       : op->limit.n_excluded ? "excluded"
                                              : kinds[op->limit.source];
    buf_printf(out, ",\"source\":{\"kind\":\"%s\"", kind);
    if (op->limit.source == SOURCE_HEADER)
        program_put_text(out, "name", op->limit.header);
    if (op->limit.depth > 0)
        buf_printf(out, ",\"depth\":%" PRId64, op->limit.depth);
    if (op->limit.n_excluded)
        program_put_texts(out, "excluded", op->limit.excluded, op->limit.n_excluded);
    if (op->limit.subnet > 0)
        buf_printf(out, ",\"subnet\":%d", op->limit.subnet);
    buf_putc(out, '}');
}

/* A bucket belongs to a router (or the service that has the middleware), a place in its chain and the limit
 * as it was written: it outlives changes of anything else, and a changed limit, or one at another place,
 * begins with full buckets, as in Traefik. One of all routers is the middleware's alone, and through Redis it
 * has Traefik's name and no more. */
static void put_bucket(struct buf *out, const struct model_router *router, size_t at)
{
    struct buf name = { 0 };
    const struct model_op *op = &router->ops[at];
    struct op_owner owner = ops_owner(router, at);
    bool shared = op->limit.redis != NULL;
    if (!op->limit.of_middleware)
        buf_printf(&name, "%.*s|", STR_ARG(owner.name));
    buf_put(&name, op->middleware);
    if (!shared)
        buf_printf(&name, "|%.*s", STR_ARG(op->limit.written));
    if (!op->limit.of_middleware)
        buf_printf(&name, "|%zu", owner.at);
    buf_put_json(out, buf_str(&name));
    buf_fini(&name);
}

static void put_redis(struct buf *out, const struct model_redis *redis)
{
    buf_printf(out, ",\"redis\":{\"port\":%d,\"db\":%" PRId64 ",\"dial\":%" PRId64 ",\"read\":%" PRId64,
               redis->port, redis->db, redis->dial_ns, redis->read_ns);
    program_put_text(out, "host", redis->host);
    if (redis->username.n)
        program_put_text(out, "username", redis->username);
    if (redis->password.n)
        program_put_text(out, "password", redis->password);
    if (redis->encrypted) {
        buf_printf(out, ",\"tls\":{\"insecure\":%s", redis->tls.insecure ? "true" : "false");
        program_put_text(out, "ca", redis->tls.ca);
        program_put_text(out, "cert", redis->tls.cert);
        program_put_text(out, "key", redis->tls.key);
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
}

bool program_limits_peer(const struct model_op *op)
{
    return op->limit.source == SOURCE_IP && op->limit.depth == 0 && op->limit.n_excluded == 0;
}

void program_put_limit(struct buf *out, const struct model_router *router, size_t at,
                       struct program_need *need)
{
    const struct model_op *op = &router->ops[at];
    buf_puts(out, "{\"op\":\"rateLimit\",\"bucket\":");
    put_bucket(out, router, at);
    buf_printf(out, ",\"average\":%" PRId64 ",\"period\":%" PRId64 ",\"burst\":%" PRId64, op->limit.average,
               op->limit.period_ns, op->limit.burst);
    put_source(out, op);
    if (op->limit.redis)
        put_redis(out, op->limit.redis);
    if (op->limit.redis && op->limit.passes_without_redis)
        buf_puts(out, ",\"pass\":true");
    buf_putc(out, '}');
    program_needs(need, program_limits_peer(op) ? MESSAGE_LEAN : MESSAGE_FULL, op->limit.redis != NULL);
}
