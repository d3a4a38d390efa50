#include <json-c/json.h>

#include "base/quote.h"
#include "plan/lane.h"
#include "plan/plan.h"

static void write_list(struct buf *out, const char *name, const struct str *list, size_t n)
{
    buf_printf(out, "\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i ? "," : "");
        buf_put_json(out, list[i]);
    }
    buf_puts(out, "],\n");
}

/* Names of services may hold any bytes, JSON may not: they stand there as quote_name writes them. Names of
 * backends are of such characters anyway. */
void shape_write(const struct shape *shape, struct buf *out)
{
    static const char *const words[] = { "false", "true" };
    buf_printf(out, "{\"version\":1,\"cut\":%s,\"agent\":%s,\"messages\":\"", words[shape->cut],
               words[shape->agent]);
    for (size_t i = 0; i < MESSAGE_COUNT; i++)
        if (shape->messages >> i & 1)
            buf_putc(out, MESSAGE_LETTERS[i]);
    buf_printf(out, "\",\"rounds\":%d,\n\"responseHeaders\":[", shape->rounds);
    for (size_t i = 0; i < shape->n_response_headers; i++)
        buf_printf(out, "%s\"%.*s\"", i ? "," : "", STR_ARG(shape->response_headers[i]));
    buf_puts(out, "],\n\"tlsEntryPoints\":[");
    for (size_t i = 0; i < shape->n_tls_entry_points; i++) {
        buf_puts(out, i ? ",\"" : "\"");
        quote_name(out, shape->tls_entry_points[i]);
        buf_putc(out, '"');
    }
    buf_puts(out, "],\"doors\":[");
    for (size_t i = 0; i < shape->n_doors; i++)
        buf_printf(out, "%s\"%.*s\"", i ? ",\n" : "", STR_ARG(shape->doors[i]));
    buf_puts(out, "],\n");
    write_list(out, "laneRequests", shape->lane_requests, shape->n_lane_requests);
    write_list(out, "laneAnswers", shape->lane_answers, shape->n_lane_answers);
    write_list(out, "laneRewrites", shape->lane_rewrites, shape->n_lane_rewrites);
    buf_puts(out, "\"backends\":[");
    for (size_t i = 0; i < shape->n_backends; i++) {
        buf_printf(out, "%s[\"%.*s\",\"", i ? ",\n" : "\n", STR_ARG(shape->backends[i].name));
        quote_name(out, shape->backends[i].service);
        buf_puts(out, "\",\"");
        quote_name(out, shape->backends[i].holder);
        buf_printf(out, "\",%d]", (int)shape->backends[i].kind);
    }
    buf_puts(out, "\n]}\n");
}

static bool read_flag(struct json_object *root, const char *name, bool *out)
{
    struct json_object *value;
    if (!json_object_object_get_ex(root, name, &value) || !json_object_is_type(value, json_type_boolean))
        return false;
    *out = json_object_get_boolean(value);
    return true;
}

static bool read_messages(struct json_object *root, unsigned *out)
{
    struct json_object *value;
    if (!json_object_object_get_ex(root, "messages", &value) || !json_object_is_type(value, json_type_string))
        return false;
    for (const char *c = json_object_get_string(value); *c; c++) {
        const char *at = strchr(MESSAGE_LETTERS, *c);
        if (!at)
            return false;
        *out |= 1u << (at - MESSAGE_LETTERS);
    }
    return true;
}

static bool read_text(struct arena *arena, struct json_object *row, size_t at, struct str *out)
{
    struct json_object *value = json_object_array_get_idx(row, at);
    if (!value || !json_object_is_type(value, json_type_string))
        return false;
    *out =
        arena_copy(arena, str_of(json_object_get_string(value), (size_t)json_object_get_string_len(value)));
    return true;
}

static bool read_service(struct arena *arena, struct json_object *row, size_t at, struct str *out)
{
    struct str text;
    struct buf name = { 0 };
    bool ok = read_text(arena, row, at, &text) && unquote_name(&name, text);
    *out = arena_copy(arena, buf_str(&name));
    buf_fini(&name);
    return ok;
}

/* Files of older days have none: declared. */
static bool read_kind(struct json_object *row, size_t at, enum backend_kind *out)
{
    struct json_object *value = json_object_array_get_idx(row, at);
    int kind = value ? json_object_get_int(value) : BACKEND_DECLARED;
    if (value &&
        (!json_object_is_type(value, json_type_int) || kind < BACKEND_DECLARED || kind > BACKEND_CHOSEN))
        return false;
    *out = (enum backend_kind)kind;
    return true;
}

/* It becomes part of the configuration, so it must be nothing but a name. */
static bool is_backend_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '\0' ||
            !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-", name.p[i]))
            return false;
    return name.n > 0;
}

static bool read_backends(struct arena *arena, struct json_object *root, struct shape *out)
{
    struct json_object *rows;
    if (!json_object_object_get_ex(root, "backends", &rows) || !json_object_is_type(rows, json_type_array))
        return false;
    size_t n = json_object_array_length(rows);
    struct shape_backend *backends = ARENA_ARRAY(arena, struct shape_backend, n);
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (!json_object_is_type(row, json_type_array) || !read_text(arena, row, 0, &backends[i].name) ||
            !read_service(arena, row, 1, &backends[i].service) ||
            !read_service(arena, row, 2, &backends[i].holder) || !read_kind(row, 3, &backends[i].kind))
            return false;
        if (!is_backend_name(backends[i].name))
            return false;
        if (i && str_cmp(backends[i - 1].name, backends[i].name) >= 0)
            return false;
    }
    out->backends = backends;
    out->n_backends = n;
    return true;
}

/* They become part of the configuration, so they must be nothing but names of headers, each once. */
static bool read_headers(struct arena *arena, struct json_object *root, struct shape *out)
{
    struct json_object *row;
    if (!json_object_object_get_ex(root, "responseHeaders", &row) ||
        !json_object_is_type(row, json_type_array))
        return false;
    size_t n = json_object_array_length(row);
    struct str *names = ARENA_ARRAY(arena, struct str, n);
    for (size_t i = 0; i < n; i++)
        if (!read_text(arena, row, i, &names[i]) || !str_is_token(names[i]) ||
            (i && str_cmp(names[i - 1], names[i]) >= 0))
            return false;
    out->response_headers = names;
    out->n_response_headers = n;
    return true;
}

/* Words of a bind: part of the configuration, so nothing may be in them that means something there. */
static bool is_words(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\0' ||
            !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@=,/{}- ", text.p[i]))
            return false;
    return true;
}

static bool read_doors(struct arena *arena, struct json_object *root, struct shape *out)
{
    struct json_object *row;
    if (!json_object_object_get_ex(root, "doors", &row))
        return true; /* a file of older days */
    size_t n = json_object_is_type(row, json_type_array) ? json_object_array_length(row) : 0;
    struct str *words = ARENA_ARRAY(arena, struct str, n);
    for (size_t i = 0; i < n; i++)
        if (!read_text(arena, row, i, &words[i]) || !is_words(words[i]))
            return false;
    out->doors = words;
    out->n_doors = n;
    if (!json_object_object_get_ex(root, "tlsEntryPoints", &row) ||
        !json_object_is_type(row, json_type_array))
        return false;
    n = json_object_array_length(row);
    struct str *names = ARENA_ARRAY(arena, struct str, n);
    for (size_t i = 0; i < n; i++)
        if (!read_service(arena, row, i, &names[i]))
            return false;
    out->tls_entry_points = names;
    out->n_tls_entry_points = n;
    return true;
}

/* As read_headers, of lists that files of older days lack; `is_good`: what may become part of the
 * configuration. */
static bool read_list(struct arena *arena, struct json_object *root, const char *name,
                      bool (*is_good)(struct str), size_t most, const struct str **out, size_t *n)
{
    struct json_object *row;
    *n = 0;
    if (!json_object_object_get_ex(root, name, &row))
        return true;
    if (!json_object_is_type(row, json_type_array) || json_object_array_length(row) > most)
        return false;
    struct str *list = ARENA_ARRAY(arena, struct str, json_object_array_length(row));
    for (size_t i = 0; i < json_object_array_length(row); i++)
        if (!read_text(arena, row, i, &list[i]) || !is_good(list[i]) ||
            (i && str_cmp(list[i - 1], list[i]) >= 0))
            return false;
    *out = list;
    *n = json_object_array_length(row);
    return true;
}

static bool read_lanes(struct arena *arena, struct json_object *root, struct shape *out)
{
    return read_list(arena, root, "laneRequests", str_is_token, LANE_MAX_REQUESTS, &out->lane_requests,
                     &out->n_lane_requests) &&
           read_list(arena, root, "laneAnswers", str_is_token, LANE_MAX_ANSWERS, &out->lane_answers,
                     &out->n_lane_answers) &&
           read_list(arena, root, "laneRewrites", lane_is_rewrite, LANE_MAX_REWRITES, &out->lane_rewrites,
                     &out->n_lane_rewrites);
}

static bool read_rounds(struct json_object *root, int *out)
{
    struct json_object *value;
    if (!json_object_object_get_ex(root, "rounds", &value) || !json_object_is_type(value, json_type_int))
        return false;
    *out = json_object_get_int(value);
    return *out >= 0 && *out <= MODEL_MAX_OPS;
}

bool shape_read(struct arena *arena, struct str json, struct shape *out)
{
    *out = (struct shape){ 0 };
    if (json.n == 0 || json.n > INT32_MAX)
        return false;
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *root = json_tokener_parse_ex(tokener, json.p, (int)json.n);
    struct json_object *version;
    bool ok = root && json_object_is_type(root, json_type_object) &&
              json_object_object_get_ex(root, "version", &version) && json_object_get_int(version) == 1 &&
              read_flag(root, "cut", &out->cut) && read_flag(root, "agent", &out->agent) &&
              read_messages(root, &out->messages) && read_rounds(root, &out->rounds) &&
              read_headers(arena, root, out) && read_doors(arena, root, out) &&
              read_lanes(arena, root, out) && read_backends(arena, root, out);
    json_object_put(root);
    json_tokener_free(tokener);
    if (!ok)
        *out = (struct shape){ 0 };
    return ok;
}
