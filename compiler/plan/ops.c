#include "plan/ops.h"

#include "base/hash.h"
#include "base/quote.h"

enum { DIGEST_DIGITS = 16 };

static void put_argument(struct buf *out, struct str s)
{
    buf_putc(out, '?');
    quote_field(out, s);
}

static void put_strip(struct buf *out, const struct model_op *op)
{
    buf_printf(out, "strip?%d", op->strip.force_slash);
    for (size_t i = 0; i < op->strip.n; i++)
        put_argument(out, op->strip.prefixes[i]);
    buf_putc(out, ';');
}

static void put_pairs(struct buf *out, const char *name, const struct model_header *headers, size_t n)
{
    if (n == 0)
        return;
    buf_puts(out, name);
    for (size_t i = 0; i < n; i++) {
        put_argument(out, headers[i].name);
        put_argument(out, headers[i].value);
    }
    buf_putc(out, ';');
}

static void put_headers(struct buf *out, const struct model_headers *headers)
{
    put_pairs(out, "set", headers->request, headers->n_request);
    if (headers->no_forwarded_for)
        buf_puts(out, "forwarded?;");
    put_pairs(out, "answer", headers->response, headers->n_response);
}

void ops_put(struct buf *out, const struct model_op *op)
{
    switch (op->kind) {
    case OP_ADD_PREFIX:
        buf_puts(out, "add");
        put_argument(out, op->prefix);
        buf_putc(out, ';');
        break;
    case OP_STRIP_PREFIX:
        put_strip(out, op);
        break;
    case OP_HEADERS:
        put_headers(out, op->headers);
        break;
    case OP_RATE_LIMIT:
        break;
    }
}

void ops_put_agent(struct buf *out, struct str program_id)
{
    buf_printf(out, "agent?%.*s;", STR_ARG(program_id));
}

struct plan_entry ops_entry(struct arena *arena, struct str text)
{
    char digest[DIGEST_DIGITS + 1];
    sha256_hex(text, digest, DIGEST_DIGITS);
    return (struct plan_entry){ arena_copy(arena, str_c(digest)), arena_copy(arena, text) };
}

void ops_lines(struct arena *arena, const struct plan_entry *program, plan_entries *out)
{
    struct str key = program->key, text = program->value;
    size_t n = (text.n + OPS_LINE_MAX - 1) / OPS_LINE_MAX;
    for (size_t i = 0; i < n; i++) {
        struct str line = str_head(str_from(text, i * OPS_LINE_MAX), OPS_LINE_MAX);
        struct plan_entry entry = { key, line };
        if (i > 0)
            entry.key = arena_printf(arena, "%.*s.%zu", STR_ARG(key), i);
        else if (n > 1)
            entry.value = arena_printf(arena, "+%zu;%.*s", n, STR_ARG(line));
        vec_push(out, entry);
    }
}
