#include <inttypes.h>

#include "base/address.h"
#include "route/model_build.h"

static bool read_ip_strategy(struct build *b, const struct ip_strategy *source, struct model_op *op)
{
    op->limit.depth = IS_SET(source->depth) && source->depth.v > 0 ? source->depth.v : 0;
    if (op->limit.depth == 0 && source->excluded_ips.n) {
        op->limit.excluded = source->excluded_ips.v;
        op->limit.n_excluded = source->excluded_ips.n;
        for (size_t i = 0; i < source->excluded_ips.n; i++) {
            struct address_range range;
            if (!address_range_read(source->excluded_ips.v[i], &range)) {
                report_text(b, FINDING_BAD_OBJECT, source->excluded_ips.key, source->excluded_ips.v[i],
                            "as in 10.1.2.3, 10.0.0.0/8 or fd00::/8",
                            "this is neither an address nor a network");
                return false;
            }
        }
        return true; /* ipv6Subnet is not looked at then */
    }
    if (!IS_SET(source->ipv6_subnet))
        return true;
    op->limit.subnet = (int)source->ipv6_subnet.v;
    bool fits = source->ipv6_subnet.v >= 1 && source->ipv6_subnet.v <= 128;
    if (!fits)
        diag_report(b->diag, FINDING_BAD_OBJECT, source->ipv6_subnet.key,
                    "a subnet of IPv6 has 1 to 128 bits");
    return fits;
}

static bool read_source(struct build *b, const struct source_criterion *source, struct model_op *op)
{
    bool by_ip = source->ip_strategy.key.p != NULL, by_header = source->request_header_name.v.n > 0;
    bool by_host = IS_SET(source->request_host) && source->request_host.v;
    if (by_ip + by_header + by_host > 1) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->key,
                    "ipStrategy, requestHeaderName and requestHost exclude each other");
        return false;
    }
    op->limit.source = by_header ? SOURCE_HEADER : by_host ? SOURCE_HOST : SOURCE_IP;
    if (by_header)
        op->limit.header = text_lower(b->arena, source->request_header_name.v);
    return !by_ip || read_ip_strategy(b, &source->ip_strategy, op);
}

/* Traefik multiplies the average with 10^9 in 64 bits; what wraps there is no limit that anybody meant. */
static bool check_average(struct build *b, const struct rate_limit *source)
{
    const int64_t most = INT64_MAX / 1000000000;
    if (!IS_SET(source->average) || source->average.v <= most)
        return true;
    diag_report(b->diag, FINDING_BAD_VALUE, source->average.key,
                "an average of %lld cannot be counted: at most %lld", (long long)source->average.v,
                (long long)most);
    return false;
}

/* "host:port", "[::1]:port". */
static bool read_endpoint(struct build *b, const struct redis_value *source, struct model_redis *out)
{
    struct str text = source->endpoints.n ? source->endpoints.v[0] : STR("localhost:6379");
    size_t colon = text.n;
    int64_t port = 0;
    while (colon > 0 && text.p[colon - 1] != ':')
        colon--;
    bool ok = colon > 1 && str_to_int64(str_from(text, colon), &port) && port > 0 && port < 65536;
    out->host = ok ? str_head(text, colon - 1) : text;
    out->port = (int)port;
    if (out->host.n > 2 && out->host.p[0] == '[' && out->host.p[out->host.n - 1] == ']')
        out->host = str_of(out->host.p + 1, out->host.n - 2);
    if (!ok)
        report_text(b, FINDING_BAD_OBJECT, source->endpoints.key, text, "host:port",
                    "this is no address of a Redis");
    return ok;
}

static bool read_redis(struct build *b, const struct redis_value *source, struct model_op *op)
{
    struct model_redis *out = ARENA_NEW(b->arena, struct model_redis);
    bool ok = read_endpoint(b, source, out);
    if (source->endpoints.n > 1)
        ok = refuse_unsupported(b, source->endpoints.key, "several endpoints (a cluster of Redis) are");
    out->encrypted = source->tls.key.p != NULL;
    ok = model_read_tls_client(b, &source->tls, &out->tls) && ok;
    out->username = source->username.v;
    out->password = source->password.v;
    out->db = IS_SET(source->db) ? source->db.v : 0;
    out->dial_ns =
        IS_SET(source->dial_timeout) && source->dial_timeout.ns > 0 ? source->dial_timeout.ns : 5000000000;
    out->read_ns = !IS_SET(source->read_timeout) ? 3000000000
                   : source->read_timeout.ns > 0 ? source->read_timeout.ns
                                                 : 0;
    op->limit.redis = out;
    return ok;
}

static void put_written(struct buf *out, bool set, int64_t v)
{
    if (set)
        buf_printf(out, "%" PRId64, v);
    buf_putc(out, '/');
}

/* What makes it this limit and no other, as written. */
static struct str written_form(struct build *b, const struct rate_limit *source, const struct model_op *op)
{
    struct buf out = { 0 };
    put_written(&out, IS_SET(source->average), source->average.v);
    put_written(&out, IS_SET(source->period), source->period.ns);
    put_written(&out, IS_SET(source->burst), source->burst.v);
    put_written(&out, op->limit.source != SOURCE_IP, (int64_t)op->limit.source);
    buf_put(&out, op->limit.header);
    put_written(&out, op->limit.depth > 0, op->limit.depth);
    put_written(&out, op->limit.subnet > 0, op->limit.subnet);
    for (size_t i = 0; i < op->limit.n_excluded; i++) {
        buf_put(&out, op->limit.excluded[i]);
        buf_putc(&out, ',');
    }
    struct str text = arena_copy(b->arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

/* One of two words; `or_else` where the key is not set. */
static bool read_word(struct build *b, const struct text_value *source, const char *no, const char *yes,
                      bool or_else, bool *out)
{
    *out = source->v.n ? str_eq(source->v, str_c(yes)) : or_else;
    if (source->v.n == 0 || *out || str_eq(source->v, str_c(no)))
        return true;
    struct str expected = arena_printf(b->arena, "%s or %s", no, yes);
    report_text(b, FINDING_BAD_OBJECT, source->key, source->v, expected.p, "this is neither of the two");
    return false;
}

bool model_read_rate_limit(struct build *b, const struct rate_limit *source, struct model_op *op, bool *idle)
{
    bool ok = check_average(b, source);
    op->kind = OP_RATE_LIMIT;
    op->limit.average = IS_SET(source->average) && source->average.v > 0 ? source->average.v : 0;
    op->limit.burst = IS_SET(source->burst) && source->burst.v > 1 ? source->burst.v : 1;
    op->limit.period_ns = IS_SET(source->period) && source->period.ns ? source->period.ns : 1000000000;
    ok = read_source(b, &source->source_criterion, op) && ok;
    if (op->limit.period_ns < 0) {
        diag_report(b->diag, FINDING_BAD_OBJECT, source->period.key,
                    "the period of a rate limit is not negative");
        ok = false;
    }
    if (source->redis.key.p)
        ok = read_redis(b, &source->redis, op) && ok;
    ok = read_word(b, &source->own.scope, "router", "middleware", op->limit.redis != NULL,
                   &op->limit.of_middleware) &&
         ok;
    ok = read_word(b, &source->own.on_redis_failure, "refuse", "pass", false,
                   &op->limit.passes_without_redis) &&
         ok;
    op->limit.written = written_form(b, source, op);
    *idle = op->limit.average <= 0 && !op->limit.redis; /* through Redis, no average is no request */
    return ok;
}
