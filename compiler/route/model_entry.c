/* What an entry point adds to its routers (reference/traefik-edge.md 4.4 to 4.7): middlewares, refused codes,
 * redirections. */
#include "base/quote.h"
#include "route/model_router_build.h"

bool entry_has_model(const struct entry_point *entry_point)
{
    return entry_point->n_middlewares > 0 || entry_point->tls.on || entry_point->refused_codes.n > 0;
}

/* Codes in paths that the entry point refuses of requests that are routed: an op in front of all others. */
static struct op_list encoded_ops(struct build *b, const struct entry_point *entry_point)
{
    struct model_op *op = ARENA_NEW(b->arena, struct model_op);
    *op = (struct model_op){ .kind = OP_ENCODED, .refused_codes = entry_point->refused_codes.p };
    op->middleware = arena_printf(b->arena, "%.*s.http.encodedCharacters", STR_ARG(entry_point->name));
    return (struct op_list){ op, entry_point->refused_codes.n > 0, true };
}

/* Looked at when the first router needs it, so that an entry point that nobody uses makes no finding. */
const struct op_list *entry_point_ops(struct router_build *rb, size_t e)
{
    struct entry_ops *ops = &rb->space->entry_ops[e];
    const struct entry_point *entry_point = &rb->b->settings->entry_points[e];
    if (!ops->resolved) {
        struct list_value names = {
            .key =
                arena_printf(rb->b->scratch, "entrypoints.%.*s.http.middlewares", STR_ARG(entry_point->name)),
            .v = entry_point->middlewares,
            .n = entry_point->n_middlewares,
        };
        struct op_list both[] = { encoded_ops(rb->b, entry_point),
                                  middlewares_resolve(rb->b, &names, rb->space->tree->provider) };
        ops->ops = op_list_join(rb->b, both, 2);
        ops->resolved = true;
        if (!ops->ops.ok)
            diag_report(rb->b->diag, FINDING_BROKEN_REFERENCE, names.key,
                        "no router of %.*s is served on this entry point: its middlewares would be missing",
                        STR_ARG(rb->space->tree->provider));
    }
    return &ops->ops;
}

/* The port that is meant by ":8443" or the name of an entry point; 0 with a finding where there is none. */
static int redirection_port(struct build *b, const struct entry_point *from)
{
    int64_t port = 0;
    struct str to = from->redirect.to;
    for (size_t i = 0; i < b->settings->n_entry_points; i++)
        if (str_eq(b->settings->entry_points[i].name, to))
            port = b->settings->entry_points[i].port;
    if (port == 0 &&
        (!str_starts(to, STR(":")) || !str_to_int64(str_from(to, 1), &port) || port < 1 || port > 65535)) {
        diag_report(
            b->diag, FINDING_UNKNOWN_ENTRY_POINT,
            arena_printf(b->arena, "entrypoints.%.*s.http.redirections.entrypoint.to", STR_ARG(from->name)),
            "there is no entry point \"%.*s\", so nothing is redirected", STR_ARG(str_head(to, 100)));
        port = 0;
    }
    return (int)port;
}

static struct str redirection_name(struct build *b, const struct entry_point *from)
{
    struct buf name = { 0 };
    buf_printf(&name, "%.*s-to-%.*s", STR_ARG(from->name), STR_ARG(from->redirect.to));
    for (size_t i = 0; i < name.n; i++)
        if (!ascii_is_alnum(name.p[i]))
            name.p[i] = '-';
    struct str out = arena_copy(b->arena, buf_str(&name));
    buf_fini(&name);
    return out;
}

static struct model_op *redirection_op(struct build *b, const struct entry_point *from, int port,
                                       struct str name)
{
    struct model_op *op = ARENA_NEW(b->arena, struct model_op);
    struct str scheme = from->redirect.scheme;
    bool usual = port == (str_eq(scheme, STR("https")) ? 443 : str_eq(scheme, STR("http")) ? 80 : 0);
    *op = (struct model_op){ .kind = OP_REDIRECT_SCHEME,
                             .middleware = arena_printf(b->arena, "redirect-%.*s@internal", STR_ARG(name)),
                             .redirect = { .scheme = scheme,
                                           .port = usual ? STR("") : arena_printf(b->arena, ":%d", port),
                                           .permanent = from->redirect.permanent } };
    return op;
}

static void add_redirection(struct router_build *rb, size_t e)
{
    struct build *b = rb->b;
    const struct entry_point *from = &b->settings->entry_points[e];
    int port = redirection_port(b, from);
    if (port == 0)
        return;
    struct str rule = STR("HostRegexp(`^.+$`)"), name = redirection_name(b, from), none = { 0 };
    struct str key = arena_printf(b->arena, "entrypoints.%.*s.http.redirections", STR_ARG(from->name));
    struct router source = { .object = { .name = name, .key = key }, .rule = { key, rule } };
    struct model_router router = { .name = name_qualify(b->arena, name, STR("internal")),
                                   .key = key,
                                   .rule = rule,
                                   .priority = from->redirect.priority };
    size_t *entry_points = ARENA_NEW(b->arena, size_t);
    *entry_points = e;
    router.entry_points = entry_points;
    router.n_entry_points = 1;
    struct op_list ops = { .p = redirection_op(b, from, port, name), .n = 1, .ok = true };
    struct service_entry *service = internal_service(b, STR("noop"));
    router.service = service->model;
    if (!router_read_rule(rb, &source, &router) || !router_add(rb, &source, router, router.name, none, &ops))
        return;
    service->model->used = true;
}

void entry_redirections_build(struct router_build *rb)
{
    for (size_t e = 0; e < rb->b->settings->n_entry_points; e++)
        if (rb->b->settings->entry_points[e].redirect.to.n && !rb->b->settings->entry_points[e].udp)
            add_redirection(rb, e);
}
