#include "plan/apply_state.h"

bool apply_stop(struct apply *a, int status, struct str body, bool error)
{
    static const struct model_header of_errors[] = {
        { STR("content-type"), STR("text/plain; charset=utf-8") },
        { STR("x-content-type-options"), STR("nosniff") },
    };
    a->answer = (struct apply_answer){ .status = status, .body = body };
    if (error)
        a->answer.headers = (struct model_headers_list){ of_errors, sizeof of_errors / sizeof *of_errors };
    return false;
}

bool apply_stop_with(struct apply *a, int status, struct str body, const char *name, struct str value)
{
    struct model_header *header = ARENA_NEW(a->arena, struct model_header);
    *header = (struct model_header){ str_c(name), value };
    apply_stop(a, status, body, false);
    a->answer.headers = (struct model_headers_list){ header, 1 };
    return false;
}

struct str apply_header(const struct apply *a, struct str name)
{
    for (size_t i = 0; i < a->headers.n; i++)
        if (str_eq(a->headers.p[i].name, name))
            return a->headers.p[i].value;
    return STR("");
}

void apply_header_delete(struct apply *a, struct str name)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->headers.n; i++)
        if (!str_eq(a->headers.p[i].name, name))
            a->headers.p[kept++] = a->headers.p[i];
    a->headers.n = kept;
}

void apply_header_add(struct apply *a, struct str name, struct str value)
{
    vec_push(&a->headers, (struct model_header){ name, value });
}

struct apply *apply_begin(struct arena *arena, const struct apply_request *request)
{
    struct apply *a = ARENA_NEW(arena, struct apply);
    *a = (struct apply){ .arena = arena, .request = *request };
    url_set_path(arena, request->path, &a->path, &a->raw);
    for (size_t i = 0; i < request->n_headers; i++)
        vec_push(&a->headers, request->headers[i]);
    return a;
}

bool apply_op(struct apply *a, const struct model_router *router, size_t at)
{
    const struct model_op *op = &router->ops[at];
    switch (op->kind) {
    case OP_RATE_LIMIT:
    case OP_BASIC_AUTH:
    case OP_DIGEST_AUTH:
    case OP_FORWARD_AUTH:
    case OP_BREAKER:
    case OP_CLIENT_CERT: /* what the certificate says is not known here */
    case OP_RELAYED:     /* changes answers, or asks more than once */
    case OP_CONTENT_TYPE:
        return true;
    case OP_HEADERS:
        return apply_headers(a, op->headers);
    case OP_ALLOW_LIST:
    case OP_IN_FLIGHT:
    case OP_ENCODED:
        return apply_access(a, op);
    default:
        return apply_path(a, op);
    }
}

const struct apply_answer *apply_answer(const struct apply *a)
{
    return &a->answer;
}

static struct model_headers_list copy_of(struct apply *a, const header_list *list)
{
    struct model_header *copy = ARENA_ARRAY(a->arena, struct model_header, list->n);
    if (list->n)
        memcpy(copy, list->p, list->n * sizeof *copy);
    return (struct model_headers_list){ copy, list->n };
}

struct apply_request apply_request_now(struct apply *a)
{
    struct apply_request now = a->request;
    struct model_headers_list headers = copy_of(a, &a->headers);
    if (a->changed)
        now.path = url_escaped(a->arena, a->path, a->raw);
    if (now.path.n == 0)
        now.path = STR("/");
    now.headers = headers.p;
    now.n_headers = headers.n;
    return now;
}

struct model_headers_list apply_answer_headers(struct apply *a, struct str *vary)
{
    *vary = a->vary;
    return copy_of(a, &a->answers);
}

void apply_end(struct apply *a)
{
    vec_fini(&a->headers);
    vec_fini(&a->answers);
}
