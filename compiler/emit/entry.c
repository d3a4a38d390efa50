/* Entry points: the frontends of the skeleton (templates/haproxy.cfg, front.cfg, request.cfg). */
#include "base/quote.h"
#include "emit/parts.h"
#include "emit/scope.h"

/* What Go reads beyond http.maxHeaderBytes, and what tune.bufsize holds anyway. */
enum { HEADER_SLOP = 4096, LARGEST_HEAD = 60000 };

static struct str address_of(struct arena *arena, const struct entry_point *entry)
{
    bool bare_ipv6 = str_find(entry->host, ':') < entry->host.n && entry->host.p[0] != '[';
    struct str text = bare_ipv6 ? arena_printf(arena, "[%.*s]:%d", STR_ARG(entry->host), entry->port)
                                : arena_printf(arena, "%.*s:%d", STR_ARG(entry->host), entry->port);
    return emit_word(arena, text);
}

static struct str quoted_name(struct arena *arena, struct str entry_point)
{
    struct buf name = { 0 };
    quote_name(&name, entry_point);
    struct str out = arena_copy(arena, buf_str(&name));
    buf_fini(&name);
    return out;
}

static struct template_value trusted_list(struct arena *arena, const struct entry_point *entry)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, entry->n_trusted_ips);
    for (size_t i = 0; i < entry->n_trusted_ips; i++)
        rows[i] = SCOPE(arena, TEXT("trusted_ip", emit_word(arena, entry->trusted_ips[i])));
    return (struct template_value)LIST("trusted", rows, entry->trust_all ? 0 : entry->n_trusted_ips);
}

static struct template_value proxy_list(struct arena *arena, const struct entry_point *entry)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, entry->proxy.n_trusted_ips);
    for (size_t i = 0; i < entry->proxy.n_trusted_ips; i++)
        rows[i] = SCOPE(arena, TEXT("proxy_ip", emit_word(arena, entry->proxy.trusted_ips[i])));
    return (struct template_value)LIST("proxies", rows,
                                       entry->proxy.insecure ? 0 : entry->proxy.n_trusted_ips);
}

/* The protocols of the default options; "-" is none that a client has. */
static struct str usual_alpn(const struct shape *shape)
{
    const struct str mark = STR(" alpn ");
    struct str words = shape->n_doors ? shape->doors[0] : STR("");
    size_t at = str_search(words, mark);
    struct str rest = at == SIZE_MAX ? STR("-") : str_from(words, at + mark.n);
    return str_cut(&rest, ' ');
}

static struct str inside(struct arena *arena, const struct emit_paths *paths, struct str name)
{
    return emit_word(arena, arena_printf(arena, "unix@%.*s/%.*s", STR_ARG(paths->sockets), STR_ARG(name)));
}

static struct str door_words(struct arena *arena, const struct emit_paths *paths, struct str words)
{
    struct buf text = { 0 };
    emit_options(&text, words, emit_path(arena, paths, ARTIFACT_TLS), quote_word);
    struct str out = arena_copy(arena, str_trim(buf_str(&text)));
    buf_fini(&text);
    return out;
}

/* From the door `first` on. */
static struct template_value door_list(struct arena *arena, const struct plan *plan,
                                       const struct emit_paths *paths, size_t index, size_t first,
                                       const char *name)
{
    const struct shape *shape = &plan->shape;
    struct str entry_point = quoted_name(arena, plan->settings->entry_points[index].name);
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, shape->n_doors);
    size_t n = 0;
    for (size_t i = first; i < shape->n_doors; i++)
        rows[n++] = SCOPE(
            arena, TEXT("number", arena_printf(arena, "%zu", i)),
            TEXT("door", arena_printf(arena, "door:%.*s:%zu", STR_ARG(entry_point), i)),
            TEXT("inside", inside(arena, paths, arena_printf(arena, "in-%zu-%zu.sock", index, i))),
            TEXT("list",
                 emit_word(arena,
                           emit_path(arena, paths,
                                     arena_printf(arena, ARTIFACT_TLS "/list-%zu-%zu.txt", index, i).p))),
            TEXT("words", door_words(arena, paths, shape->doors[i])));
    return (struct template_value)LIST(name, rows, n);
}

/* Clear connections, or those of TLS. */
static struct template_scope side_scope(struct arena *arena, const struct plan *plan,
                                        const struct emit_paths *paths, size_t index, bool secure)
{
    const struct settings *settings = plan->settings;
    bool front = shape_takes_tls(&plan->shape, settings->entry_points[index].name);
    struct str name = quoted_name(arena, settings->entry_points[index].name);
    struct template_value doors = secure ? door_list(arena, plan, paths, index, 0, "doors")
                                         : (struct template_value)LIST("doors", NULL, 0);
    return SCOPE(arena, TEXT("side", secure ? STR(", TLS") : STR("")),
                 TEXT("proxy", arena_printf(arena, "entry:%.*s%s", STR_ARG(name), secure ? ":tls" : "")),
                 TEXT("index", arena_printf(arena, "%zu", index + (secure ? settings->n_entry_points : 0))),
                 FLAG("direct", !front), FLAG("clear_inside", front && !secure), FLAG("secure", secure),
                 TEXT("inside", inside(arena, paths, arena_printf(arena, "in-%zu.sock", index))),
                 TEXT("scheme", secure ? STR("https") : STR("http")),
                 TEXT("usual_port", secure ? STR("443") : STR("80")), doors);
}

static struct template_scope entry_scope(struct arena *arena, const struct plan *plan,
                                         const struct emit_paths *paths, size_t index)
{
    const struct settings *settings = plan->settings;
    const struct entry_point *entry = &settings->entry_points[index];
    bool ping = settings->ping.on && !settings->ping.manual_routing &&
                str_eq(settings->ping.entry_point, entry->name);
    bool front = shape_takes_tls(&plan->shape, entry->name);
    struct str name = quoted_name(arena, entry->name);
    struct template_scope *sides = ARENA_ARRAY(arena, struct template_scope, 2);
    for (size_t i = 0; i < (front ? 2 : 1); i++)
        sides[i] = side_scope(arena, plan, paths, index, i == 1);
    long most = (long)entry->max_header_bytes + HEADER_SLOP;
    return SCOPE(
        arena, TEXT("name", emit_word(arena, entry->name)), TEXT("quoted", name),
        TEXT("address", address_of(arena, entry)), FLAG("any_address", entry->host.n == 0),
        TEXT("address6", arena_printf(arena, "[::]:%d", entry->port)),
        TEXT("read_timeout", emit_duration(arena, entry->read_timeout_ns)),
        TEXT("idle_timeout", emit_duration(arena, entry->idle_timeout_ns)),
        FLAG("trust_all", entry->trust_all), FLAG("trusting", entry->trust_all || entry->n_trusted_ips > 0),
        trusted_list(arena, entry), FLAG("ping", ping), FLAG("front", front),
        FLAG("proxied", entry->proxy.on), FLAG("proxied_by_all", entry->proxy.insecure),
        proxy_list(arena, entry), TEXT("usual_alpn", usual_alpn(&plan->shape)),
        TEXT("tls_index", arena_printf(arena, "%zu", index + settings->n_entry_points)),
        TEXT("clear", arena_printf(arena, "clear:%.*s", STR_ARG(name))),
        TEXT("first_door", arena_printf(arena, "door:%.*s:0", STR_ARG(name))),
        TEXT("clear_inside", inside(arena, paths, arena_printf(arena, "in-%zu.sock", index))),
        door_list(arena, plan, paths, index, 0, "doors"),
        door_list(arena, plan, paths, index, 1, "further_doors"), LIST("sides", sides, front ? 2 : 1),
        TEXT("path_mode", entry->sanitize_path ? STR("clean") : STR("as-is")),
        TEXT("semicolon", entry->encode_semicolons ? STR("%3B") : STR("&")),
        FLAG("no_underscores", str_eq(entry->underscores, STR("delete"))),
        FLAG("refuse_underscores", str_eq(entry->underscores, STR("reject"))),
        FLAG("scheme_headers", entry->scheme_headers), FLAG("not_append", entry->not_append),
        FLAG("short_headers", entry->max_header_bytes > 0 && most < LARGEST_HEAD),
        TEXT("most_header_bytes", arena_printf(arena, "%ld", most)));
}

struct template_value emit_entry_points(struct arena *arena, const struct plan *plan,
                                        const struct emit_paths *paths)
{
    const struct settings *settings = plan->settings;
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, settings->n_entry_points);
    size_t n = 0;
    for (size_t i = 0; i < settings->n_entry_points; i++)
        if (!settings->entry_points[i].udp)
            rows[n++] = entry_scope(arena, plan, paths, i);
    return (struct template_value)LIST("entry_points", rows, n);
}
