#include "base/quote.h"
#include "emit/parts.h"
#include "emit/scope.h"

static bool has_bytes_of(struct str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || !strchr(set, s.p[i]))
            return false;
    return s.n > 0;
}

/* Hosts come from the tree, and HAProxy reads more into an address than that (unix@, fd@, a range of ports,
 * …): only what can be a name or an address passes. */
static struct str server_address(struct arena *arena, const struct plan_server *server)
{
    static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    static const char ipv6_bytes[] = "0123456789abcdefABCDEF:.";
    if (has_bytes_of(server->host, name_bytes))
        return arena_printf(arena, "%.*s:%d", STR_ARG(server->host), server->port);
    if (has_bytes_of(server->host, ipv6_bytes))
        return arena_printf(arena, "[%.*s]:%d", STR_ARG(server->host), server->port);
    return arena_printf(arena, "unusable.invalid:%d", server->port);
}

struct str emit_defaults(enum backend_kind kind)
{
    return kind == BACKEND_CHOSEN ? STR("service-chosen") : STR("service");
}

void emit_options(struct buf *out, struct str options, struct str folder,
                  void (*quote)(struct buf *, struct str))
{
    const struct str mark = STR(PLAN_TLS_FOLDER);
    for (struct str rest = options; rest.n;) {
        struct str word = str_cut(&rest, ' ');
        if (word.n == 0)
            continue;
        buf_putc(out, ' ');
        if (!str_starts(word, mark)) {
            buf_put(out, word);
            continue;
        }
        struct buf path = { 0 };
        buf_put(&path, folder);
        buf_put(&path, str_from(word, mark.n));
        quote(out, buf_str(&path));
        buf_fini(&path);
    }
}

static struct str options_of(struct arena *arena, const struct plan_server *server,
                             const struct emit_paths *paths)
{
    struct buf text = { 0 };
    emit_options(&text, server->options, emit_path(arena, paths, ARTIFACT_TLS), quote_word);
    struct str out = arena_copy(arena, buf_str(&text));
    buf_fini(&text);
    return out;
}

static struct template_scope backend_scope(struct arena *arena, const struct plan_backend *backend,
                                           const struct emit_paths *paths)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, backend->n_servers);
    for (size_t i = 0; i < backend->n_servers; i++) {
        const struct plan_server *server = &backend->servers[i];
        rows[i] = SCOPE(arena, TEXT("server", emit_word(arena, server->name)),
                        TEXT("address", server_address(arena, server)),
                        TEXT("weight", arena_printf(arena, "%d", server->weight)),
                        TEXT("options", options_of(arena, server, paths)));
    }
    return SCOPE(
        arena, TEXT("name", emit_word(arena, backend->name)), TEXT("defaults", emit_defaults(backend->kind)),
        FLAG("use_server", backend->kind == BACKEND_DECLARED), LIST("servers", rows, backend->n_servers));
}

void emit_backends(struct buf *out, struct arena *arena, const struct plan *plan,
                   const struct emit_paths *paths)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, plan->n_backends);
    for (size_t i = 0; i < plan->n_backends; i++)
        rows[i] = backend_scope(arena, &plan->backends[i], paths);
    struct template_scope scope = SCOPE(arena, LIST("backends", rows, plan->n_backends));
    template_render(out, "backends.cfg", template_load("backends.cfg"), &scope);
}
