#include "base/quote.h"
#include "emit/parts.h"
#include "emit/scope.h"
#include "plan/lane.h"

/* In rivals.cfg a request looks up so many groups of regular expressions. */
enum {
    GROUP_LOOKUPS = 7,
    SEATS = 2 /* of inFlightReq in a chain (route/model_router.c) */
};

/* Traefik's dialTimeout. A request that has waited about as long has timed out while connecting (the clocks
 * that are compared differ by some milliseconds). */
#define CONNECT_TIMEOUT  "30s"
#define CONNECT_LIMIT_MS "29900"

struct str emit_argument(struct arena *arena, struct str path)
{
    struct buf inner = { 0 }, outer = { 0 };
    buf_putc(&inner, '"');
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '"' || path.p[i] == '\\')
            buf_putc(&inner, '\\');
        buf_putc(&inner, path.p[i]);
    }
    buf_putc(&inner, '"');
    for (size_t i = 0; i < inner.n; i++) {
        if (strchr(" \"'\\#", inner.p[i]))
            buf_putc(&outer, '\\');
        buf_putc(&outer, inner.p[i]);
    }
    struct str word = emit_word(arena, path);
    struct str out = str_eq(word, path) ? path : arena_copy(arena, buf_str(&outer));
    buf_fini(&inner);
    buf_fini(&outer);
    return out;
}

static bool any_mute(const struct settings *settings)
{
    bool any = false;
    for (size_t i = 0; i < settings->n_entry_points; i++)
        any = any || settings->entry_points[i].not_append;
    return any;
}

/* `values`, or from `first` on. */
static struct template_value numbers(struct arena *arena, const char *list, const char *slot,
                                     const int *values, int first, size_t n)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = SCOPE(arena, TEXT(slot, arena_printf(arena, "%d", values ? values[i] : first + (int)i)));
    return (struct template_value)LIST(list, rows, n);
}

static struct template_value response_list(struct arena *arena, const struct shape *shape)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, shape->n_response_headers);
    for (size_t i = 0; i < shape->n_response_headers; i++)
        rows[i] = SCOPE(arena, TEXT("response_header", emit_word(arena, shape->response_headers[i])),
                        TEXT("slot", arena_printf(arena, "%zu", i)));
    return (struct template_value)LIST("response_headers", rows, shape->n_response_headers);
}

/* Names with the places of their values in a lane's text, which are counted from its end; `behind` others
 * come after them. */
static struct template_value lane_list(struct arena *arena, const char *list, const struct str *names,
                                       size_t n, size_t behind)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = SCOPE(arena, TEXT("lane_header", emit_word(arena, names[i])),
                        TEXT("field", arena_printf(arena, "-%zu", n - i + behind)),
                        TEXT("bit", arena_printf(arena, "%u", 1u << i)));
    return (struct template_value)LIST(list, rows, n);
}

static struct template_value lane_rewrites(struct arena *arena, const struct shape *shape)
{
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, shape->n_lane_rewrites);
    for (size_t i = 0; i < shape->n_lane_rewrites; i++) {
        struct str template = shape->lane_rewrites[i], expression = str_cut(&template, ' ');
        rows[i] = SCOPE(arena, TEXT("expression", expression), TEXT("template", template),
                        TEXT("number", arena_printf(arena, "%zu", i + 1)));
    }
    return (struct template_value)LIST("lane_rewrites", rows, shape->n_lane_rewrites);
}

/* The names as one word: arguments of program.lua. */
static struct str response_words(struct arena *arena, const struct shape *shape)
{
    struct buf words = { 0 };
    for (size_t i = 0; i < shape->n_response_headers; i++)
        buf_printf(&words, "%s%.*s", i ? "," : "", STR_ARG(shape->response_headers[i]));
    struct str out = emit_word(arena, words.n ? buf_str(&words) : STR(","));
    buf_fini(&words);
    return out;
}

static struct template_value script_list(struct arena *arena, const struct emit_paths *paths)
{
    static const char *const scripts[] = { ARTIFACT_SCRIPTS };
    const size_t n = sizeof scripts / sizeof *scripts;
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = SCOPE(arena, TEXT("script", emit_word(arena, emit_path(arena, paths, scripts[i]))));
    return (struct template_value)LIST("scripts", rows, n);
}

/* One for each pause of a program. */
static struct template_value round_list(struct arena *arena, const struct shape *shape)
{
    size_t n = shape->rounds > 1 ? (size_t)shape->rounds : 1;
    struct template_scope *rows = ARENA_ARRAY(arena, struct template_scope, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = SCOPE(arena, FLAG("first", i == 0));
    return (struct template_value)LIST("rounds", rows, n);
}

void emit_config(struct buf *out, struct arena *arena, const struct plan *plan,
                 const struct emit_paths *paths)
{
    /* The likeliest first: the rules are tried in this order. */
    static const int statuses[] = { 429, 401, 403, 503, 500, 400, 404, 413 };
    const struct settings *settings = plan->settings;
    const struct shape *shape = &plan->shape;
    int threads = settings->haproxy.threads, connections = settings->haproxy.max_connections;
    struct template_scope scope = SCOPE(
        arena, TEXT("sockets", emit_word(arena, paths->sockets)), TEXT("runtime_socket", STR(RUNTIME_SOCKET)),
        TEXT("events_socket", STR(EVENTS_SOCKET)),
        TEXT_IF("threads", arena_printf(arena, "%d", threads), threads > 0),
        TEXT_IF("connections", arena_printf(arena, "%d", connections), connections > 0),
        script_list(arena, paths), TEXT("down", emit_word(arena, emit_path(arena, paths, FILE_OF_DOWN))),
        TEXT("programs", emit_word(arena, emit_path(arena, paths, emit_map_name(MAP_PROGRAMS)))),
        TEXT("response_words", response_words(arena, shape)), response_list(arena, shape),
        round_list(arena, shape), lane_rewrites(arena, shape),
        FLAG("lane_requests_any", shape->n_lane_requests > 0),
        FLAG("lane_answers_any", shape->n_lane_answers > 0),
        lane_list(arena, "lane_requests", shape->lane_requests, shape->n_lane_requests,
                  shape->n_lane_answers),
        lane_list(arena, "lane_answers", shape->lane_answers, shape->n_lane_answers, 0),
        TEXT("programs_map", emit_argument(arena, emit_path(arena, paths, emit_map_name(MAP_PROGRAMS)))),
        TEXT("spoe", emit_word(arena, emit_path(arena, paths, ARTIFACT_SPOE))),
        TEXT("chosen_cookie", STR(PLAN_CHOSEN_COOKIE)),
        TEXT("routes_word", emit_word(arena, emit_path(arena, paths, ARTIFACT_ROUTES))),
        TEXT("regexes_word", emit_word(arena, emit_path(arena, paths, emit_map_name(MAP_REGEXES)))),
        TEXT("routes", emit_argument(arena, emit_path(arena, paths, ARTIFACT_ROUTES))),
        TEXT("regexes", emit_argument(arena, emit_path(arena, paths, emit_map_name(MAP_REGEXES)))),
        TEXT("names", emit_argument(arena, emit_path(arena, paths, emit_map_name(MAP_NAMES)))),
        TEXT("name_words", emit_word(arena, emit_path(arena, paths, emit_map_name(MAP_NAMES)))),
        TEXT("fields", emit_word(arena, emit_path(arena, paths, emit_map_name(MAP_FIELDS)))),
        TEXT("labels", emit_word(arena, emit_path(arena, paths, emit_map_name(MAP_LABELS)))),
        TEXT_IF("revision_header", emit_word(arena, settings->haproxy.revision_header),
                settings->haproxy.revision_header.n > 0),
        TEXT("revisions", emit_argument(arena, emit_path(arena, paths, ARTIFACT_REVISION))),
        TEXT("connect_timeout", STR(CONNECT_TIMEOUT)), TEXT("connect_limit", STR(CONNECT_LIMIT_MS)),
        FLAG("any_mute", any_mute(settings)), FLAG("cut", shape->cut), FLAG("agent", shape->agent),
        emit_messages(arena, shape), emit_engines(arena, shape, STR("")),
        FLAG("agent_body", shape->messages >> MESSAGE_PATIENT_BODY & 1),
        FLAG("agent_headers", emit_reads_headers(shape)), FLAG("ping_service", settings->ping.on),
        FLAG("ping", settings->ping.on && !settings->ping.manual_routing),
        emit_entry_points(arena, plan, paths), FLAG("tls", shape->n_tls_entry_points > 0),
        TEXT("refusing",
             emit_word(arena, arena_printf(arena, "unix@%.*s/refuse.sock", STR_ARG(paths->sockets)))),
        TEXT("default_certificate",
             emit_word(arena, emit_path(arena, paths, ARTIFACT_TLS "/" PLAN_TLS_CERTIFICATE))),
        numbers(arena, "workers", "worker", NULL, 0, (size_t)settings->agent.workers),
        numbers(arena, "seats", "seat", NULL, 0, SEATS),
        numbers(arena, "statuses", "status", statuses, 0, sizeof statuses / sizeof *statuses),
        numbers(arena, "groups", "group", NULL, 1, GROUP_LOOKUPS));
    template_render(out, "haproxy.cfg", template_load("haproxy.cfg"), &scope);
}
