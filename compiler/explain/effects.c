#include "explain/effects.h"

#include "explain/words.h"

static const struct str forwarded_for = STR("x-forwarded-for");

/* The gateway appends the peer to X-Forwarded-For. */
static struct apply_request first_request(struct arena *arena, const struct explanation *e)
{
    const struct request *r = &e->request;
    struct model_header *headers = ARENA_ARRAY(arena, struct model_header, r->n_headers + 1);
    size_t n = r->n_headers;
    bool peer = r->client.n == 0;
    for (size_t i = 0; i < n; i++) {
        headers[i] = (struct model_header){ r->headers[i].name, r->headers[i].value };
        if (peer || !str_eq(r->headers[i].name, forwarded_for))
            continue;
        headers[i].value =
            arena_printf(arena, "%.*s, %.*s", STR_ARG(r->headers[i].value), STR_ARG(r->client));
        peer = true;
    }
    if (!peer)
        headers[n++] = (struct model_header){ forwarded_for, r->client };
    return (struct apply_request){
        .method = r->method,
        .host = r->authority,
        .path = r->sent,
        .query = r->query.p ? arena_printf(arena, "?%.*s", STR_ARG(r->query)) : (struct str){ 0 },
        .query_sent =
            r->query_sent.n ? arena_printf(arena, "?%.*s", STR_ARG(r->query_sent)) : (struct str){ 0 },
        .peer = r->client,
        .tls = r->tls,
        .headers = headers,
        .n_headers = n,
    };
}

static struct effect effect_now(struct arena *arena, struct apply *apply)
{
    struct apply_request now = apply_request_now(apply);
    struct effect effect = { .path = now.path, .query = now.query, .host = now.host };
    const struct apply_answer *answer = apply_answer(apply);
    effect.headers = (struct model_headers_list){ now.headers, now.n_headers };
    effect.answers = apply_answer_headers(apply, &effect.vary);
    effect.status = answer->status;
    if (!effect.status)
        return effect;
    struct apply_answer *copy = ARENA_NEW(arena, struct apply_answer);
    *copy = *answer;
    effect.answer = copy;
    for (size_t i = 0; i < answer->headers.n; i++)
        if (str_eq_nocase(answer->headers.p[i].name, STR("location")))
            effect.location = answer->headers.p[i].value;
    return effect;
}

struct effect effect_before(struct arena *arena, const struct explanation *e)
{
    struct apply_request request = first_request(arena, e);
    struct apply *apply = apply_begin(arena, &request);
    struct effect effect = effect_now(arena, apply);
    apply_end(apply);
    return effect;
}

const struct effect *effects_of(struct arena *arena, const struct explanation *e, size_t *n)
{
    *n = 0;
    if (!e->winner)
        return NULL;
    struct effect *effects = ARENA_ARRAY(arena, struct effect, e->winner->n_ops);
    struct apply_request request = first_request(arena, e);
    struct apply *apply = apply_begin(arena, &request);
    for (bool goes_on = true; goes_on && *n < e->winner->n_ops;) {
        goes_on = apply_op(apply, e->winner, *n);
        effects[(*n)++] = effect_now(arena, apply);
    }
    apply_end(apply);
    return effects;
}

/* The lines of a name, from the last one on: how many there are, and the last. */
static size_t count(const struct model_headers_list *headers, struct str name, struct str *last)
{
    size_t n = 0;
    for (size_t i = 0; i < headers->n; i++)
        if (str_eq(headers->p[i].name, name)) {
            *last = headers->p[i].value;
            n++;
        }
    return n;
}

static bool is_same(const struct model_headers_list *a, const struct model_headers_list *b, struct str name)
{
    struct str x = { 0 }, y = { 0 };
    return count(a, name, &x) == count(b, name, &y) && str_eq(x, y);
}

static void put_names(struct buf *out, const struct model_headers_list *before,
                      const struct model_headers_list *after)
{
    struct str value;
    for (size_t i = 0; i < after->n; i++) {
        struct str name = after->p[i].name;
        if (is_same(before, after, name))
            continue;
        buf_puts(out, "; sets ");
        words_put_shown(out, name);
        if (str_eq(name, STR("x-forwarded-prefix")) || str_eq(name, STR("x-replaced-path"))) {
            buf_putc(out, ' ');
            words_put_shown(out, after->p[i].value);
        }
    }
    for (size_t i = 0; i < before->n; i++)
        if (count(after, before->p[i].name, &value) == 0) {
            buf_puts(out, "; takes away ");
            words_put_shown(out, before->p[i].name);
        }
}

void effect_put_headers(struct buf *out, const struct effect *before, const struct effect *after)
{
    put_names(out, &before->headers, &after->headers);
    for (size_t i = before->answers.n; i < after->answers.n; i++) {
        buf_puts(out, after->answers.p[i].value.n ? "; answers get " : "; answers lose ");
        words_put_shown(out, after->answers.p[i].name);
    }
    if (after->vary.n && !str_eq(before->vary, after->vary))
        buf_puts(out, "; Vary gets Origin");
}

static void put_list(struct buf *out, const char *name, const struct model_headers_list *list)
{
    buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < list->n; i++) {
        buf_puts(out, i ? ",[" : "[");
        buf_put_json(out, list->p[i].name);
        buf_putc(out, ',');
        buf_put_json(out, list->p[i].value);
        buf_putc(out, ']');
    }
    buf_putc(out, ']');
}

static void put_text(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, value);
}

void effect_put_json(struct buf *out, const struct effect *last)
{
    const struct apply_answer none = { 0 }, *answer = last->answer ? last->answer : &none;
    buf_printf(out, ",\"status\":%d", answer->status);
    put_text(out, "body", answer->body);
    put_list(out, "headers", &answer->headers);
    put_text(out, "path", last->path);
    put_text(out, "query", last->query);
    put_text(out, "host", last->host);
    put_list(out, "request", &last->headers);
    put_list(out, "answers", &last->answers);
    put_text(out, "vary", last->vary);
}
