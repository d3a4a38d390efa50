#include "plan/ops.h"

#include <inttypes.h>

#include "base/hash.h"
#include "base/hex.h"
#include "base/quote.h"

enum { DIGEST_DIGITS = 16 };

static void put_argument(struct buf *out, struct str s)
{
    buf_putc(out, '?');
    quote_field(out, s);
}

static void put_list(struct buf *out, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_argument(out, list[i]);
}

static void put_pairs(struct buf *out, const char *name, const struct model_headers_list *headers)
{
    if (headers->n == 0)
        return;
    buf_puts(out, name);
    for (size_t i = 0; i < headers->n; i++) {
        put_argument(out, headers->p[i].name);
        put_argument(out, headers->p[i].value);
    }
    buf_putc(out, ';');
}

static void put_regex(struct buf *out, const struct regex_program *program)
{
    buf_putc(out, '?');
    regex_program_put(out, program);
}

static void put_replace(struct buf *out, const struct model_replace *replace)
{
    put_regex(out, replace->program);
    for (size_t i = 0; i < replace->with.n; i++) {
        const struct regex_part *part = &replace->with.p[i];
        if (part->group != SIZE_MAX) {
            buf_printf(out, "?$%zu", part->group);
            continue;
        }
        buf_puts(out, "?=");
        quote_field(out, part->text);
    }
    buf_putc(out, ';');
}

static void put_net(struct buf *out, const struct address_range *net)
{
    hex_put(out, str_of((const char *)net->address.bytes, net->address.n));
    buf_printf(out, "/%zu", net->bits);
}

static void put_strategy(struct buf *out, const struct model_ip_strategy *strategy)
{
    if (strategy->excluded.n) {
        buf_puts(out, "not");
        for (size_t i = 0; i < strategy->excluded.n; i++) {
            buf_putc(out, ',');
            put_net(out, &strategy->excluded.p[i]);
        }
    } else if (strategy->depth > 0) {
        buf_printf(out, "depth,%d,%" PRId64, strategy->subnet, strategy->depth);
    } else {
        buf_printf(out, "peer,%d", strategy->subnet);
    }
}

static void put_allow(struct buf *out, const struct model_allow_list *allow)
{
    buf_printf(out, "allow?%d", allow->status);
    put_argument(out, str_c(model_status_text(allow->status)));
    buf_putc(out, '?');
    put_strategy(out, &allow->strategy);
    for (size_t i = 0; i < allow->nets.n; i++) {
        buf_putc(out, '?');
        put_net(out, &allow->nets.p[i]);
    }
    buf_putc(out, ';');
}

struct op_owner ops_owner(const struct model_router *router, size_t at)
{
    struct str service = router->ops[at].of_service;
    size_t first = 0;
    while (service.n && !str_eq(router->ops[first].of_service, service))
        first++;
    return (struct op_owner){ service.n ? service : router->name, at - first };
}

/* A limit belongs to a router, or to a service, and a place in its chain: the same middleware twice is two
 * limits, as in Traefik. */
struct str ops_counter(struct arena *arena, const struct model_router *router, size_t at)
{
    char key[DIGEST_DIGITS + 1];
    struct buf name = { 0 };
    size_t earlier = 0;
    const struct op_owner owner = ops_owner(router, at);
    for (size_t i = at - owner.at; i < at; i++)
        earlier += router->ops[i].kind == OP_IN_FLIGHT &&
                   str_eq(router->ops[i].middleware, router->ops[at].middleware);
    buf_printf(&name, "%.*s|%.*s|%zu", STR_ARG(owner.name), STR_ARG(router->ops[at].middleware), earlier);
    sha256_hex(buf_str(&name), key, DIGEST_DIGITS);
    buf_fini(&name);
    return arena_copy(arena, str_c(key));
}

static void put_in_flight(struct buf *out, const struct model_router *router, size_t at)
{
    const struct model_in_flight *limit = &router->ops[at].in_flight;
    size_t counter = 0;
    for (size_t i = 0; i < at; i++)
        counter += router->ops[i].kind == OP_IN_FLIGHT;
    struct arena *scratch = arena_create();
    struct str key = ops_counter(scratch, router, at);
    buf_printf(out, "inflight?%" PRId64 "?%.*s?%zu?", limit->amount, STR_ARG(key), counter);
    arena_destroy(scratch);
    if (limit->source == SOURCE_HOST) {
        buf_puts(out, "host");
    } else if (limit->source == SOURCE_HEADER) {
        buf_putc(out, '=');
        quote_field(out, limit->header);
    } else {
        put_strategy(out, &limit->strategy);
    }
    buf_putc(out, ';');
}

static void put_cors(struct buf *out, const struct model_headers *h)
{
    buf_printf(out, "origins?%d", h->cors.credentials);
    for (size_t i = 0; i < h->cors.n_origins; i++) {
        buf_puts(out, "?+");
        quote_field(out, h->cors.origins[i]);
    }
    for (size_t i = 0; i < h->cors.n_patterns; i++) {
        buf_puts(out, "?~");
        regex_program_put(out, h->cors.patterns[i]);
    }
    buf_printf(out, ";preflight?%d", h->cors.credentials);
    const struct model_words *words[] = { &h->cors.headers, &h->cors.methods, &h->cors.expose };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        buf_puts(out, h->cors.credentials && words[i]->any ? "?*" : "?=");
        quote_field(out, words[i]->text);
    }
    put_argument(out, h->cors.max_age);
    buf_putc(out, ';');
}

/* Answers change from the inside out: security headers, custom ones, CORS, Vary. The text goes from the
 * outside in. */
static void put_headers(struct buf *out, const struct model_headers *h)
{
    if (h->cors.on)
        put_cors(out, h);
    put_pairs(out, "set", &h->request);
    if (h->no_forwarded_for)
        buf_puts(out, "forwarded?;");
    if (h->cors.add_vary)
        buf_puts(out, "vary?;");
    if (h->cors.on) {
        buf_printf(out, "cors?%d", h->cors.credentials);
        put_argument(out, h->cors.credentials && h->cors.expose.any ? STR("") : h->cors.expose.text);
        buf_putc(out, ';');
    }
    put_pairs(out, "answer", &h->response);
    if (h->n_hosts) {
        buf_puts(out, "hosts?");
        for (size_t i = 0; i < h->n_host_headers; i++) {
            buf_puts(out, i ? "," : "");
            quote_field(out, h->host_headers[i]);
        }
        put_list(out, h->hosts, h->n_hosts);
        buf_putc(out, ';');
    }
    if (h->secure.n) {
        buf_puts(out, "tls");
        for (size_t i = 0; i < h->tls_headers.n; i++) {
            put_argument(out, h->tls_headers.p[i].name);
            put_argument(out, h->tls_headers.p[i].value);
        }
        buf_putc(out, ';');
        put_pairs(out, "secure", &h->secure);
    }
    put_pairs(out, "answer", &h->security);
}

static void put_path_op(struct buf *out, const struct model_op *op)
{
    switch (op->kind) {
    case OP_ADD_PREFIX:
        buf_puts(out, "add");
        put_argument(out, op->prefix);
        buf_putc(out, ';');
        break;
    case OP_STRIP_PREFIX:
        buf_printf(out, "strip?%d", op->strip.force_slash);
        put_list(out, op->strip.prefixes, op->strip.n);
        buf_putc(out, ';');
        break;
    case OP_STRIP_REGEX:
        buf_puts(out, "stripre");
        for (size_t i = 0; i < op->strip_regex.n; i++)
            put_regex(out, op->strip_regex.p[i]);
        buf_putc(out, ';');
        break;
    case OP_REPLACE_PATH:
        buf_puts(out, "replace");
        put_argument(out, op->path);
        buf_putc(out, ';');
        break;
    case OP_REPLACE_REGEX:
        buf_puts(out, "rewrite");
        put_replace(out, &op->replace);
        break;
    case OP_REDIRECT_REGEX:
        buf_printf(out, "redirect?%d", op->replace.permanent);
        put_replace(out, &op->replace);
        break;
    default:
        buf_printf(out, "scheme?%d", op->redirect.permanent);
        put_argument(out, op->redirect.scheme);
        put_argument(out, op->redirect.port);
        buf_putc(out, ';');
        break;
    }
}

void ops_put(struct buf *out, const struct model_router *router, size_t at)
{
    const struct model_op *op = &router->ops[at];
    switch (op->kind) {
    case OP_HEADERS:
        put_headers(out, op->headers);
        break;
    case OP_ALLOW_LIST:
        put_allow(out, &op->allow);
        break;
    case OP_IN_FLIGHT:
        put_in_flight(out, router, at);
        break;
    case OP_ENCODED:
        buf_printf(out, "refuse?%s;", op->refused_codes);
        break;
    case OP_CLIENT_CERT:
        buf_puts(out, "clientcert");
        put_argument(out, op->client_cert.what);
        put_argument(out, op->client_cert.subject);
        put_argument(out, op->client_cert.issuer);
        buf_putc(out, ';');
        break;
    case OP_CONTENT_TYPE:
        buf_puts(out, "guess?;");
        break;
    case OP_RELAYED: /* told by program.c: what stands behind it has a program of its own */
    case OP_RATE_LIMIT:
    case OP_BASIC_AUTH:
    case OP_DIGEST_AUTH:
    case OP_FORWARD_AUTH:
    case OP_BREAKER:
        break;
    default:
        put_path_op(out, op);
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
