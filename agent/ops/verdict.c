#include "ops/verdict.h"

void verdict_init(struct verdict *v)
{
    v->request = v->cookies = v->breakers = v->answer = v->content = (struct buf){ 0 };
    verdict_reset(v);
}

void verdict_reset(struct verdict *v)
{
    /* Not `text`: it is large, and this runs for every request. */
    v->pass = true;
    v->status = 0;
    v->delay_ns = 0;
    v->body = NULL;
    v->n_headers = 0;
    v->text_used = 0;
    v->op = NULL;
    v->listed = false;
    struct buf *const bufs[] = { &v->request, &v->cookies, &v->breakers, &v->answer, &v->content };
    for (size_t i = 0; i < 5; i++)
        if (bufs[i]->n)
            buf_reset(bufs[i]);
}

void verdict_fini(struct verdict *v)
{
    buf_fini(&v->request);
    buf_fini(&v->cookies);
    buf_fini(&v->breakers);
    buf_fini(&v->answer);
    buf_fini(&v->content);
}

void verdict_refuse(struct verdict *v, const char *op, int status, const char *body)
{
    v->pass = false;
    v->status = status;
    v->body = body;
    v->n_headers = 0;
    v->text_used = 0;
    v->op = op;
    v->why = NULL;
}

void verdict_refuse_text(struct verdict *v, const char *op, int status, const char *text)
{
    verdict_refuse(v, op, status, NULL);
    v->listed = true;
    buf_puts(&v->answer, "Content-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n");
    buf_puts(&v->content, text);
    buf_putc(&v->content, '\n');
}

void verdict_add_header(struct verdict *v, const char *name, struct str value)
{
    if (v->n_headers == VERDICT_MAX_HEADERS || value.n > VERDICT_TEXT - v->text_used)
        return;
    char *copy = v->text + v->text_used;
    if (value.n)
        memcpy(copy, value.p, value.n);
    v->text_used += value.n;
    v->headers[v->n_headers].name = name;
    v->headers[v->n_headers].value = str_of(copy, value.n);
    v->n_headers++;
}

void verdict_drop_request_header(struct verdict *v, struct str name)
{
    buf_putc(&v->request, '-');
    buf_put(&v->request, name);
    buf_putc(&v->request, '\n');
}

void verdict_add_request_header(struct verdict *v, struct str name, struct str value)
{
    buf_put(&v->request, name);
    buf_puts(&v->request, ": ");
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        buf_putc(&v->request, c == '\n' || c == '\r' || c == '\0' ? ' ' : c);
    }
    buf_putc(&v->request, '\n');
}

void verdict_hand_on_user(struct verdict *v, struct str user, struct str header, bool remove_authorization)
{
    if (header.n) {
        verdict_drop_request_header(v, header);
        verdict_add_request_header(v, header, user);
    }
    if (remove_authorization)
        verdict_drop_request_header(v, STR("authorization"));
}
