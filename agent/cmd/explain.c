#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "cmd/source.h"
#include "explain/explain.h"

/* What is asked, as given. */
struct question {
    const char *method, *url;
    VEC(struct request_header) headers;
};

static bool is_url(const char *word)
{
    return word[0] == '/' || strncmp(word, "http://", 7) == 0 || strncmp(word, "https://", 8) == 0;
}

static bool is_method(const char *word)
{
    for (const char *c = word; *c; c++)
        if (!isupper((unsigned char)*c) && !strchr("-_", *c))
            return false;
    return *word != '\0';
}

static bool read_header(struct question *q, struct str line)
{
    size_t colon = str_find(line, ':');
    if (colon == 0 || colon == line.n)
        return false;
    vec_push(&q->headers,
             (struct request_header){ str_head(line, colon), str_trim(str_from(line, colon + 1)) });
    return true;
}

/* Takes [METHOD] URL and every -H NAME:VALUE out of the call's words; what is left are static flags. */
static bool take_words(struct verb_call *call, struct question *q)
{
    size_t n = 0;
    bool ok = true;
    for (size_t i = 0; i < call->n_flags && ok; i++) {
        const char *word = call->flags[i];
        bool has_next = i + 1 < call->n_flags;
        if (strcmp(word, "-H") == 0 && has_next)
            ok = read_header(q, str_c(call->flags[++i]));
        else if (!q->url && is_url(word))
            q->url = word;
        else if (!q->url && is_method(word) && has_next && is_url(call->flags[i + 1]))
            q->method = word;
        else
            call->flags[n++] = word;
    }
    call->n_flags = n;
    if (!ok)
        fprintf(stderr, "maitred explain: -H takes 'Name: value'\n");
    return ok;
}

/* The port that a URL names, or that of its scheme; 0 for a path. */
static int port_of(struct str url)
{
    size_t scheme = str_search(url, STR("://"));
    if (scheme == SIZE_MAX)
        return 0;
    struct str host = str_from(url, scheme + 3);
    host = str_head(host, str_find(host, '/'));
    size_t at = host.n;
    while (at > 0 && ascii_is_digit(host.p[at - 1]))
        at--;
    if (at > 0 && at < host.n && host.p[at - 1] == ':')
        return atoi(host.p + at);
    return str_starts(url, STR("https:")) ? 443 : 80;
}

/* The entry point of that name; without one that of the URL's port, else the first that takes HTTP (or
 * HTTPS). */
static bool find_entry_point(const struct plan *plan, const char *name, struct str url, size_t *out)
{
    const struct settings *settings = plan->settings;
    int port = port_of(url);
    bool found = false, fits = false, tls = str_starts(url, STR("https:")), likely = false;
    for (size_t i = 0; i < settings->n_entry_points; i++) {
        const struct entry_point *e = &settings->entry_points[i];
        if (name && str_eq(e->name, str_c(name))) {
            *out = i;
            return true;
        }
        bool usable = !e->udp && !e->internal;
        bool likelier = tls && !likely && shape_takes_tls(&plan->shape, e->name);
        if (!name && usable && !fits && (!found || e->port == port || likelier)) {
            *out = i;
            found = true;
            fits = e->port == port;
            likely = shape_takes_tls(&plan->shape, e->name);
        }
    }
    if (name)
        fprintf(stderr, "maitred explain: there is no entry point %s\n", name);
    return found;
}

static bool explain_one(const struct verb_call *call, const struct source *source, const struct plan *plan,
                        const struct question *q, struct buf *out)
{
    struct request request;
    size_t entry_point = 0;
    struct str client = str_c(verb_value(call, "--client"));
    if (!find_entry_point(plan, verb_value(call, "--entrypoint"), str_c(q->url), &entry_point))
        return false;
    const char *fault =
        request_read(source->arena, &source->settings->entry_points[entry_point], str_c(q->method),
                     str_c(q->url), q->headers.p, q->headers.n, client, &request);
    if (fault) {
        fprintf(stderr, "maitred explain: the gateway would refuse this request (400): %s\n", fault);
        return false;
    }
    struct explanation e = explain_request(source->arena, source->model, plan, entry_point, &request);
    if (cmd_wants_json(call))
        explain_print_json(out, &e);
    else
        explain_print(out, &e, cmd_colour(call, stdout));
    return true;
}

static struct str text_of(struct json_object *object, const char *name)
{
    struct json_object *value;
    if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, json_type_string))
        return (struct str){ 0 };
    return str_of(json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

static void read_headers(struct json_object *object, struct question *q)
{
    struct json_object *list;
    if (!json_object_object_get_ex(object, "headers", &list) || !json_object_is_type(list, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *line = json_object_array_get_idx(list, i);
        if (json_object_is_type(line, json_type_string))
            (void)read_header(q,
                              str_of(json_object_get_string(line), (size_t)json_object_get_string_len(line)));
    }
}

/* One line of --requests; the answer to one that is none is {"error":…}. */
static void explain_line(struct arena *arena, const struct source *source, const struct plan *plan,
                         const char *line, bool effects, struct buf *out)
{
    struct json_object *object = json_tokener_parse(line);
    struct question q = { 0 };
    struct request request;
    size_t entry_point = 0;
    struct str method = text_of(object, "method"), target = text_of(object, "target");
    struct str name = text_of(object, "entrypoint");
    char entry_name[128];
    snprintf(entry_name, sizeof entry_name, "%.*s", STR_ARG(name));
    read_headers(object, &q);
    const char *fault = "no request";
    if (target.n && find_entry_point(plan, name.n ? entry_name : NULL, target, &entry_point))
        fault =
            request_read(arena, &source->settings->entry_points[entry_point], method.n ? method : STR("GET"),
                         target, q.headers.p, q.headers.n, text_of(object, "client"), &request);
    if (fault) {
        buf_printf(out, "{\"error\":\"%s\"}\n", fault);
    } else {
        struct explanation e = explain_request(arena, source->model, plan, entry_point, &request);
        (effects ? explain_print_effects : explain_print_winner)(out, &e);
    }
    vec_fini(&q.headers);
    json_object_put(object);
}

/* A request a line, as JSON; the winner of each, or its effects, as JSON. */
static bool explain_all(const char *path, const struct source *source, const struct plan *plan, bool effects)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    struct buf out = { 0 };
    if (!in) {
        fprintf(stderr, "maitred explain: cannot read %s\n", path);
        return false;
    }
    while (getline(&line, &size, in) > 0) {
        struct arena *arena = arena_create();
        buf_reset(&out);
        explain_line(arena, source, plan, line, effects, &out);
        fputs(out.p, stdout);
        arena_destroy(arena);
    }
    free(line);
    buf_fini(&out);
    if (in != stdin)
        fclose(in);
    return true;
}

enum exit_code verb_explain(const struct verb_call *call)
{
    struct verb_call rest = *call;
    struct question q = { .method = "GET" };
    struct source source = { 0 };
    struct buf out = { 0 };
    const char *requests = verb_value(call, "--requests");
    enum exit_code status = EXIT_UNABLE;
    if (!take_words(&rest, &q)) {
        vec_fini(&q.headers);
        return EXIT_UNABLE;
    }
    if (!q.url && !requests) {
        fprintf(stderr, "maitred explain: a URL or path is needed, such as http://shop.example/api\n");
    } else if (source_read(&rest, "--from", &source)) {
        const struct plan *plan = plan_build(source.arena, source.model, NULL);
        bool ok = requests ? explain_all(requests, &source, plan, verb_value(call, "--effects") != NULL)
                           : explain_one(&rest, &source, plan, &q, &out);
        status = ok ? EXIT_CLEAN : EXIT_UNABLE;
        if (out.n)
            fputs(out.p, stdout);
    }
    buf_fini(&out);
    vec_fini(&q.headers);
    source_fini(&source);
    return status;
}
