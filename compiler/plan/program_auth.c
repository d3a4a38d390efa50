#include "plan/program_auth.h"

#include <inttypes.h>

void program_needs(struct program_need *need, enum agent_message message, bool patient)
{
    if (message > need->message)
        need->message = message;
    need->patient = need->patient || patient;
}

char program_letter(const struct program_need *need)
{
    if (need->body)
        return MESSAGE_LETTERS[MESSAGE_PATIENT_BODY];
    return MESSAGE_LETTERS[(need->patient ? MESSAGE_PATIENT : MESSAGE_LEAN) + need->message];
}

unsigned program_message(const struct plan_program *program)
{
    const char *at = strchr(MESSAGE_LETTERS, program->id.p[1]);
    return at ? 1u << (at - MESSAGE_LETTERS) : 0;
}

void program_put_texts(struct buf *out, const char *name, const struct str *texts, size_t n)
{
    buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(out, ',');
        buf_put_json(out, texts[i]);
    }
    buf_putc(out, ']');
}

void program_put_text(struct buf *out, const char *name, struct str text)
{
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, text);
}

/* bcrypt takes its time, and where many come at once others wait. */
static bool has_slow_hash(const struct model_auth *auth)
{
    for (size_t i = 0; i < auth->n_users; i++)
        if (str_starts(str_from(auth->users[i], str_find(auth->users[i], ':') + 1), STR("$2")))
            return true;
    return false;
}

static void put_password_auth(struct buf *out, const struct model_op *op, struct program_need *need)
{
    const struct model_auth *auth = op->auth;
    bool basic = op->kind == OP_BASIC_AUTH;
    buf_puts(out, basic ? "{\"op\":\"basicAuth\"" : "{\"op\":\"digestAuth\"");
    program_put_texts(out, "users", auth->users, auth->n_users);
    program_put_text(out, "realm", auth->realm);
    if (auth->header.n)
        program_put_text(out, "header", auth->header);
    if (auth->remove_header)
        buf_puts(out, ",\"remove\":true");
    buf_putc(out, '}');
    need->closed = true;
    program_needs(need, basic ? MESSAGE_AUTH : MESSAGE_FULL, basic && has_slow_hash(auth));
}

static void put_flag(struct buf *out, const char *name, bool set)
{
    if (set)
        buf_printf(out, ",\"%s\":true", name);
}

static void put_limit(struct buf *out, const char *name, int64_t limit)
{
    if (limit >= 0)
        buf_printf(out, ",\"%s\":%" PRId64, name, limit);
}

static void put_forward_auth(struct buf *out, const struct model_forward *f, struct program_need *need)
{
    const struct {
        const char *name;
        const struct str *p;
        size_t n;
    } lists[] = { { "requestHeaders", f->request_headers, f->n_request_headers },
                  { "responseHeaders", f->response_headers, f->n_response_headers },
                  { "cookies", f->cookies, f->n_cookies } };
    const struct {
        const char *name;
        struct str text;
    } texts[] = { { "responseHeadersRegex", f->response_regex },
                  { "signin", f->signin },
                  { "ca", f->tls.ca },
                  { "cert", f->tls.cert },
                  { "key", f->tls.key } };
    buf_puts(out, "{\"op\":\"forwardAuth\"");
    program_put_text(out, "address", f->address);
    if (f->trust != TRUST_FORWARDED_UNSET)
        buf_printf(out, ",\"trust\":%s", f->trust == TRUST_FORWARDED_YES ? "true" : "false");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i].n)
            program_put_texts(out, lists[i].name, lists[i].p, lists[i].n);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text.n)
            program_put_text(out, texts[i].name, texts[i].text);
    put_flag(out, "insecure", f->tls.insecure);
    put_flag(out, "body", f->send_body);
    put_flag(out, "keepLocation", f->keep_location);
    put_flag(out, "keepMethod", f->keep_method);
    put_limit(out, "maxBody", f->send_body ? f->max_body : -1);
    put_limit(out, "maxResponse", f->max_response);
    if (f->cache_ns > 0) {
        buf_printf(out, ",\"cache\":{\"ttl\":%" PRId64, f->cache_ns);
        if (f->n_cache_key)
            program_put_texts(out, "key", f->cache_key, f->n_cache_key);
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
    need->closed = true;
    need->body = need->body || f->send_body;
    program_needs(need, MESSAGE_FULL, true);
}

static bool reads_path(enum model_op_kind kind)
{
    return kind == OP_DIGEST_AUTH || kind == OP_FORWARD_AUTH;
}

/* The agent is asked before HAProxy cuts the path: an op behind the cut must see it cut. */
static void put_strip(struct buf *out, const struct model_router *router, size_t at)
{
    const struct model_op *op = &router->ops[at];
    bool seen = false;
    for (size_t i = at + 1; i < router->n_ops; i++)
        seen = seen || reads_path(router->ops[i].kind);
    if (!seen)
        return;
    buf_puts(out, "{\"op\":\"stripPrefix\"");
    program_put_texts(out, "prefixes", op->strip.prefixes, op->strip.n);
    put_flag(out, "forceSlash", op->strip.force_slash);
    buf_putc(out, '}');
}

void program_put_auth(struct buf *out, const struct model_router *router, size_t at,
                      struct program_need *need)
{
    const struct model_op *op = &router->ops[at];
    if (op->kind == OP_BASIC_AUTH || op->kind == OP_DIGEST_AUTH)
        put_password_auth(out, op, need);
    else if (op->kind == OP_FORWARD_AUTH)
        put_forward_auth(out, op->forward, need);
    else if (op->kind == OP_STRIP_PREFIX)
        put_strip(out, router, at);
}
