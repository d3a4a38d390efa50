/* Ops on headers: templates/ops_headers.lua. */
#include "plan/apply_state.h"

static void answer(struct apply *a, struct str name, struct str value)
{
    for (size_t i = 0; i < a->answers.n; i++)
        if (str_eq(a->answers.p[i].name, name))
            return;
    if (str_eq(name, STR("vary")) && a->vary.n) {
        value = value.n == 0 || str_eq(value, STR("Origin"))
                    ? STR("Origin")
                    : arena_printf(a->arena, "%.*s%.*s", STR_ARG(value), STR_ARG(a->vary));
        a->vary = (struct str){ 0 };
    }
    vec_push(&a->answers, (struct model_header){ name, value });
}

static void answer_all(struct apply *a, const struct model_headers_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        answer(a, list->p[i].name, list->p[i].value);
}

static void set_request(struct apply *a, const struct model_headers *h)
{
    for (size_t i = 0; i < h->request.n; i++) {
        struct str name = h->request.p[i].name, value = h->request.p[i].value;
        if (str_eq(name, STR("host"))) {
            a->request.host = value.n ? value : a->request.host;
            continue;
        }
        apply_header_delete(a, name);
        if (str_eq(name, STR("x-forwarded-for")))
            value = value.n ? arena_printf(a->arena, "%.*s, %.*s", STR_ARG(value), STR_ARG(a->request.peer))
                            : a->request.peer;
        if (value.n)
            apply_header_add(a, name, value);
    }
    if (h->no_forwarded_for)
        apply_header_delete(a, STR("x-forwarded-for"));
}

/* What Access-Control-Allow-Origin says to an origin; empty: nothing. */
static struct str welcome(const struct model_headers *h, struct arena *arena, struct str origin)
{
    for (size_t i = 0; i < h->cors.n_origins; i++) {
        if (str_eq(h->cors.origins[i], origin))
            return origin;
        if (str_eq(h->cors.origins[i], STR("*")))
            return h->cors.credentials ? origin : STR("*");
    }
    for (size_t i = 0; i < h->cors.n_patterns; i++) {
        size_t *slots = ARENA_ARRAY(arena, size_t, 2 * h->cors.patterns[i]->n_groups);
        if (regex_program_find(h->cors.patterns[i], origin, 0, slots))
            return origin;
    }
    return (struct str){ 0 };
}

static struct str words(const struct model_headers *h, const struct model_words *list, struct str asked)
{
    return h->cors.credentials && list->any ? asked : list->text;
}

static bool preflight(struct apply *a, const struct model_headers *h, struct str origin, struct str method)
{
    const struct model_header all[] = {
        { STR("access-control-allow-credentials"), h->cors.credentials ? STR("true") : STR("") },
        { STR("access-control-allow-headers"),
          words(h, &h->cors.headers, apply_header(a, STR("access-control-request-headers"))) },
        { STR("access-control-allow-methods"), words(h, &h->cors.methods, method) },
        { STR("access-control-allow-origin"), welcome(h, a->arena, origin) },
        { STR("access-control-max-age"), h->cors.max_age },
        { STR("access-control-expose-headers"), words(h, &h->cors.expose, STR("")) },
    };
    enum { N = sizeof all / sizeof *all };
    struct model_header *set = ARENA_ARRAY(a->arena, struct model_header, N);
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
        if (all[i].value.n)
            set[n++] = all[i];
    apply_stop(a, 200, STR(""), false);
    a->answer.headers = (struct model_headers_list){ set, n };
    return false;
}

static bool is_good_host(const struct apply *a, const struct model_headers *h)
{
    struct str host = a->request.host;
    for (size_t i = h->n_host_headers; i-- > 0;)
        if (apply_header(a, h->host_headers[i]).n)
            host = apply_header(a, h->host_headers[i]);
    for (size_t i = 0; i < h->n_hosts; i++)
        if (str_eq_nocase(h->hosts[i], host))
            return true;
    return h->n_hosts == 0;
}

static bool is_secure(const struct apply *a, const struct model_headers *h)
{
    bool secure = a->request.tls;
    for (size_t i = 0; i < h->tls_headers.n; i++)
        secure = secure || str_eq(apply_header(a, h->tls_headers.p[i].name), h->tls_headers.p[i].value);
    return secure;
}

static void cors(struct apply *a, const struct model_headers *h)
{
    struct str origin = welcome(h, a->arena, apply_header(a, STR("origin")));
    if (origin.n)
        answer(a, STR("access-control-allow-origin"), origin);
    if (h->cors.credentials)
        answer(a, STR("access-control-allow-credentials"), STR("true"));
    if (h->cors.expose.text.n && !(h->cors.credentials && h->cors.expose.any))
        answer(a, STR("access-control-expose-headers"), h->cors.expose.text);
}

static void add_vary(struct apply *a)
{
    for (size_t i = 0; i < a->answers.n; i++)
        if (str_eq(a->answers.p[i].name, STR("vary")))
            return;
    a->vary = arena_printf(a->arena, "%.*s,Origin", STR_ARG(a->vary));
}

bool apply_headers(struct apply *a, const struct model_headers *h)
{
    struct str origin = apply_header(a, STR("origin")),
               method = apply_header(a, STR("access-control-request-method"));
    if (h->cors.on && str_eq(a->request.method, STR("OPTIONS")) && origin.n && method.n)
        return preflight(a, h, origin, method);
    set_request(a, h);
    if (h->cors.add_vary)
        add_vary(a);
    if (h->cors.on)
        cors(a, h);
    answer_all(a, &h->response);
    if (!is_good_host(a, h))
        return apply_stop(a, 500, STR("Bad Host\n"), true);
    if (h->secure.n && is_secure(a, h))
        answer_all(a, &h->secure);
    answer_all(a, &h->security);
    return true;
}
