#include "explain/words.h"

#include <inttypes.h>

#include "route/matcher.h"

void words_put_shown(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c >= 0x7f)
            buf_printf(out, "\\x%02X", (unsigned)c);
        else
            buf_putc(out, (char)c);
    }
}

void words_put_literal(struct buf *out, const struct rule_literal *literal)
{
    buf_puts(out, literal->negated ? "!" : "");
    buf_puts(out, matcher_name(literal->matcher));
    buf_putc(out, '(');
    for (size_t i = 0; i < literal->n_args; i++) {
        buf_puts(out, i ? ", `" : "`");
        buf_puts(out, literal->matcher == MATCHER_HOST_WILDCARD ? "*." : "");
        words_put_shown(out, literal->args[i]);
        buf_putc(out, '`');
    }
    buf_putc(out, ')');
}

static void put_texts(struct buf *out, const char *front, const struct str *texts, size_t n)
{
    buf_puts(out, front);
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i ? ", " : " ");
        words_put_shown(out, texts[i]);
    }
}

/* Names only: values may be secrets. */
static void put_header_names(struct buf *out, const char *front, struct model_headers_list list)
{
    for (size_t i = 0; i < list.n; i++) {
        buf_puts(out, i ? ", " : front);
        words_put_shown(out, list.p[i].name);
    }
}

static void put_headers(struct buf *out, const struct model_headers *headers)
{
    size_t before = out->n;
    put_header_names(out, "request headers ", headers->request);
    if (headers->request.n && headers->response.n)
        buf_puts(out, "; ");
    put_header_names(out, "response headers ", headers->response);
    if (headers->cors.on)
        buf_puts(out, out->n > before ? "; CORS" : "CORS");
    if (headers->n_hosts)
        buf_puts(out, out->n > before ? "; allowed hosts" : "allowed hosts");
    if (out->n == before)
        buf_puts(out, "security headers");
}

static void put_limit(struct buf *out, const struct model_op *op)
{
    static const char *const sources[] = {
        [SOURCE_IP] = "address", [SOURCE_HEADER] = "header", [SOURCE_HOST] = "host"
    };
    buf_printf(out, "%" PRId64 " requests in %" PRId64 " ms, %" PRId64 " at once, by %s", op->limit.average,
               op->limit.period_ns / 1000000, op->limit.burst, sources[op->limit.source]);
    if (op->limit.source == SOURCE_HEADER) {
        buf_putc(out, ' ');
        words_put_shown(out, op->limit.header);
    }
}

/* Neither users nor hashes. */
static void put_password_auth(struct buf *out, const char *front, const struct model_auth *auth)
{
    buf_printf(out, "%s, realm ", front);
    words_put_shown(out, auth->realm);
    if (auth->header.n) {
        buf_puts(out, ", the name goes into ");
        words_put_shown(out, auth->header);
    }
    if (auth->remove_header)
        buf_puts(out, ", without Authorization behind it");
}

static void put_statuses(struct buf *out, const struct model_statuses *statuses)
{
    for (size_t i = 0; i < statuses->n; i++) {
        buf_printf(out, "%s%d", i ? ", " : " ", statuses->p[i].from);
        if (statuses->p[i].to != statuses->p[i].from)
            buf_printf(out, "-%d", statuses->p[i].to);
    }
}

/* Through the relay. */
static void put_relayed(struct buf *out, const struct model_relayed *r)
{
    switch (r->kind) {
    case RELAYED_ERRORS:
        buf_puts(out, "errors: pages of ");
        words_put_shown(out, r->errors.service->name);
        buf_puts(out, " for");
        put_statuses(out, &r->statuses);
        return;
    case RELAYED_RETRY:
        buf_printf(out, "retry, %" PRId64 " attempts%s", r->retry.attempts, r->statuses.n ? ", on" : "");
        put_statuses(out, &r->statuses);
        return;
    case RELAYED_BUFFERING:
        buf_puts(out, "buffering");
        if (r->buffering.max_request)
            buf_printf(out, ", at most %" PRId64 " bytes", r->buffering.max_request);
        return;
    case RELAYED_COMPRESS:
        buf_puts(out, "compress");
        for (size_t i = 0; i < r->compress.n_encodings; i++)
            buf_printf(out, "%s%.*s", i ? ", " : " ", STR_ARG(r->compress.encodings[i]));
        return;
    }
}

void words_put_op(struct buf *out, const struct model_op *op)
{
    switch (op->kind) {
    case OP_STRIP_PREFIX:
        put_texts(out, "stripPrefix", op->strip.prefixes, op->strip.n);
        return;
    case OP_ADD_PREFIX:
        put_texts(out, "addPrefix", &op->prefix, 1);
        return;
    case OP_STRIP_REGEX:
        buf_puts(out, "stripPrefixRegex");
        return;
    case OP_REPLACE_PATH:
        put_texts(out, "replacePath", &op->path, 1);
        return;
    case OP_REPLACE_REGEX:
        buf_puts(out, "replacePathRegex");
        return;
    case OP_REDIRECT_REGEX:
        buf_puts(out, "redirectRegex");
        return;
    case OP_REDIRECT_SCHEME:
        put_texts(out, "redirectScheme", &op->redirect.scheme, 1);
        return;
    case OP_BASIC_AUTH:
        put_password_auth(out, "basicAuth", op->auth);
        return;
    case OP_DIGEST_AUTH:
        put_password_auth(out, "digestAuth", op->auth);
        return;
    case OP_FORWARD_AUTH:
        buf_puts(out, "forwardAuth"); /* its address may hold a password */
        return;
    case OP_RATE_LIMIT:
        buf_puts(out, "rateLimit ");
        put_limit(out, op);
        return;
    case OP_CONTENT_TYPE:
        buf_puts(out, "contentType, guesses a missing one");
        return;
    case OP_BREAKER:
        buf_printf(out, "circuitBreaker, answers %" PRId64 " while it is open", op->breaker->status);
        return;
    case OP_HEADERS:
        buf_puts(out, "headers: ");
        put_headers(out, op->headers);
        return;
    case OP_ALLOW_LIST:
        buf_puts(out, "ipAllowList");
        return;
    case OP_IN_FLIGHT:
        buf_puts(out, "inFlightReq");
        return;
    case OP_ENCODED:
        buf_puts(out, "encodedCharacters");
        return;
    case OP_CLIENT_CERT:
        buf_puts(out, "passTLSClientCert");
        return;
    case OP_RELAYED:
        put_relayed(out, op->relayed);
        return;
    }
}
