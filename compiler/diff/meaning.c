#include "diff/meaning.h"

#include "diff/meaning_build.h"

const char *meaning_name(enum meaning_kind kind)
{
    static const char *const names[] = {
#define X(id, name) [MEANING_##id] = name,
        MEANING_KINDS(X)
#undef X
    };
    return names[kind];
}

void meaning_add(struct meaning_work *w, enum meaning_kind kind, bool grave, struct str object,
                 struct str text)
{
    vec_push(&w->found, (struct meaning){ .kind = kind, .grave = grave, .object = object, .text = text });
}

void meaning_add_values(struct meaning_work *w, enum meaning_kind kind, struct str object, const char *what,
                        struct str before, struct str after)
{
    struct str text = arena_printf(w->arena, "%s: %.*s → %.*s", what, STR_ARG(before), STR_ARG(after));
    vec_push(&w->found, (struct meaning){
                            .kind = kind, .object = object, .text = text, .before = before, .after = after });
}

enum middleware_role middleware_role_of(struct str type)
{
    static const char *const protections[] = { "basicAuth", "digestAuth", "forwardAuth", "ipAllowList",
                                               "ipWhiteList" };
    static const char *const limits[] = { "rateLimit", "inFlightReq" };
    for (size_t i = 0; i < sizeof protections / sizeof *protections; i++)
        if (str_eq(type, str_c(protections[i])))
            return ROLE_PROTECTION;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (str_eq(type, str_c(limits[i])))
            return ROLE_LIMIT;
    return ROLE_OTHER;
}

struct str stored_name(struct str qualified)
{
    size_t n = qualified.n;
    while (n && qualified.p[n - 1] != '@')
        n--;
    return n ? str_head(qualified, n - 1) : qualified;
}

struct str ops_in_role(struct arena *arena, const struct model_router *router,
                       const struct setting_list *settings, enum middleware_role role)
{
    struct buf list = { 0 };
    for (size_t i = 0; i < router->n_ops; i++) {
        struct str name = router->ops[i].middleware;
        struct str type = settings_middleware_type(settings, stored_name(name));
        if (middleware_role_of(type) == role)
            buf_printf(&list, "%s%.*s %.*s", list.n ? ", " : "", STR_ARG(type), STR_ARG(name));
    }
    struct str text = arena_copy(arena, buf_str(&list));
    buf_fini(&list);
    return text;
}

/* What is grave comes first; else the order in which it was found. */
static struct meanings in_order(struct meaning_work *w)
{
    struct meaning *all = ARENA_ARRAY(w->arena, struct meaning, w->found.n);
    struct meanings out = { .p = all };
    for (size_t i = 0; i < w->found.n; i++)
        if (w->found.p[i].grave)
            all[out.n++] = w->found.p[i];
    out.n_grave = out.n;
    for (size_t i = 0; i < w->found.n; i++)
        if (!w->found.p[i].grave)
            all[out.n++] = w->found.p[i];
    vec_fini(&w->found);
    return out;
}

struct meanings meaning_of_change(struct arena *arena, const struct meaning_side *before,
                                  const struct meaning_side *after)
{
    struct meaning_work w = {
        .arena = arena,
        .before = before,
        .after = after,
        .old_settings = settings_of(arena, before->snapshot),
        .new_settings = settings_of(arena, after->snapshot),
        .old_cover = cover_build(arena, before->model),
        .new_cover = cover_build(arena, after->model),
    };
    meaning_routers(&w);
    meaning_services(&w);
    meaning_settings(&w);
    return in_order(&w);
}

static char mark_of(const struct meaning *m)
{
    switch (m->kind) {
    case MEANING_ROUTER_APPEARS:
    case MEANING_SERVICE_APPEARS:
    case MEANING_SERVER_ADDED:
        return '+';
    case MEANING_ROUTER_VANISHES:
    case MEANING_SERVICE_VANISHES:
    case MEANING_SERVER_REMOVED:
        return '-';
    default:
        return '~';
    }
}

/* Values come from the tree: bytes that a terminal would take as commands become dots. */
static void put_plain(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_putc(out, ascii_is_control(s.p[i]) ? '.' : s.p[i]);
}

void meanings_print(struct buf *out, const struct meanings *meanings, bool colour)
{
    for (size_t i = 0; i < meanings->n; i++) {
        const struct meaning *m = &meanings->p[i];
        char mark = m->grave ? '!' : mark_of(m);
        const char *paint = m->grave      ? "\033[1;31m"
                            : mark == '+' ? "\033[32m"
                            : mark == '-' ? "\033[31m"
                                          : "\033[33m";
        buf_printf(out, "%s%c%s ", colour ? paint : "", mark, colour ? "\033[0m" : "");
        put_plain(out, m->object);
        buf_putc(out, ' ');
        put_plain(out, m->text);
        buf_putc(out, '\n');
    }
}

void meanings_print_json(struct buf *out, const struct meanings *meanings)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < meanings->n; i++) {
        const struct meaning *m = &meanings->p[i];
        buf_printf(out, "%s\n{\"kind\":\"%s\",\"grave\":%s,\"object\":", i ? "," : "", meaning_name(m->kind),
                   m->grave ? "true" : "false");
        buf_put_json(out, m->object);
        buf_puts(out, ",\"text\":");
        buf_put_json(out, m->text);
        if (m->before.n) {
            buf_puts(out, ",\"before\":");
            buf_put_json(out, m->before);
        }
        if (m->after.n) {
            buf_puts(out, ",\"after\":");
            buf_put_json(out, m->after);
        }
        buf_putc(out, '}');
    }
    buf_puts(out, meanings->n ? "\n]" : "]");
}
