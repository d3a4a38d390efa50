#include "plan/relayed.h"

#include <inttypes.h>

#include "base/quote.h"
#include "plan/choice.h"

void relayed_put_statuses(struct buf *out, const struct model_statuses *statuses)
{
    const int most = 999;
    const char *comma = "";
    for (size_t i = 0; i < statuses->n; i++) {
        int from = statuses->p[i].from < 0 ? 0 : statuses->p[i].from,
            to = statuses->p[i].to > most ? most : statuses->p[i].to;
        if (from > to)
            continue;
        buf_printf(out, "%s%d-%d", comma, from, to);
        comma = ",";
    }
}

static void put_argument(struct buf *out, struct str s)
{
    buf_putc(out, '?');
    quote_field(out, s);
}

static void put_errors(struct buf *out, struct arena *arena, const struct model_relayed *op)
{
    buf_puts(out, "errors?");
    relayed_put_statuses(out, &op->statuses);
    buf_putc(out, '?');
    for (size_t i = 0; i < op->errors.n_rewrites; i++) {
        const struct model_rewrite *rewrite = &op->errors.rewrites[i];
        buf_printf(out, "%s%d-%d-%d", i ? "," : "", rewrite->range.from < 0 ? 0 : rewrite->range.from,
                   rewrite->range.to < 0 ? 0 : rewrite->range.to, rewrite->to);
    }
    put_argument(out, choice_name_of(arena, op->errors.service));
    put_argument(out, op->errors.query);
    buf_puts(out, op->errors.all_headers ? "?all" : "?only");
    for (size_t i = 0; i < op->errors.n_headers && !op->errors.all_headers; i++)
        put_argument(out, op->errors.headers[i]);
    buf_putc(out, ';');
}

static void put_retry(struct buf *out, const struct model_relayed *op)
{
    buf_printf(out, "retry?%" PRId64 "?%" PRId64 "?%" PRId64 "?%" PRId64 "?", op->retry.attempts,
               op->retry.interval_ns, op->retry.timeout_ns, op->retry.max_body);
    relayed_put_statuses(out, &op->statuses);
    buf_printf(out, "?%s%s;", op->retry.on_network_error ? "n" : "", op->retry.non_idempotent ? "i" : "");
}

static void put_buffering(struct buf *out, const struct model_relayed *op)
{
    buf_printf(out, "buffer?%" PRId64 "?%" PRId64 "?%" PRId64 "?%" PRId64, op->buffering.max_request,
               op->buffering.mem_request, op->buffering.max_response, op->buffering.mem_response);
    put_argument(out, op->buffering.again);
    buf_putc(out, ';');
}

static void put_compress(struct buf *out, const struct model_relayed *op)
{
    buf_printf(out, "compress?%" PRId64 "?%.*s?", op->compress.min_size,
               STR_ARG(op->compress.default_encoding));
    for (size_t i = 0; i < op->compress.n_encodings; i++)
        buf_printf(out, "%s%.*s", i ? "," : "", STR_ARG(op->compress.encodings[i]));
    buf_puts(out, op->compress.only ? "?only" : "?but");
    for (size_t i = 0; i < op->compress.n_types; i++)
        put_argument(out, op->compress.types[i]);
    buf_putc(out, ';');
}

/* Without a limit or another try, what buffering does to a request without a body is not to be seen. */
static const char *when_left_out(const struct model_relayed *op)
{
    if (op->kind == RELAYED_BUFFERING && op->buffering.max_response == 0 && op->buffering.again.n == 0)
        return "body";
    return op->kind == RELAYED_COMPRESS && op->compress.default_encoding.n == 0 ? "coding" : "";
}

void relayed_put(struct buf *out, struct arena *arena, const struct model_relayed *op)
{
    struct buf text = { 0 };
    if (op->kind == RELAYED_ERRORS)
        put_errors(&text, arena, op);
    else if (op->kind == RELAYED_RETRY)
        put_retry(&text, op);
    else if (op->kind == RELAYED_BUFFERING)
        put_buffering(&text, op);
    else
        put_compress(&text, op);
    buf_printf(out, "?%s", when_left_out(op));
    put_argument(out, buf_str(&text));
    buf_fini(&text);
}
