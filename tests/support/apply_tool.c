/* Says what the chains of a tree do to requests, by compiler/plan/apply.h.
 *
 *     apply_tool TREE.yml ENTRY_POINT... < requests
 *
 * A request is a line of fields parted by tabs: router, method, host, path, query, then "name: value" lines;
 * all headers are those that the chain sees. Answers are lines of JSON:
 * {"status":0,"body":"","headers":[[n,v]…],"path":"…","host":"…","request":[[n,v]…],"answers":[[n,v]…],"vary":""}
 */
#include <stdio.h>
#include <stdlib.h>

#include "kv/reader.h"
#include "plan/apply.h"
#include "route/model.h"

static void put_headers(struct buf *out, const char *name, const struct model_header *p, size_t n)
{
    buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i ? ",[" : "[");
        buf_put_json(out, p[i].name);
        buf_putc(out, ',');
        buf_put_json(out, p[i].value);
        buf_putc(out, ']');
    }
    buf_putc(out, ']');
}

static void put_text(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, value);
}

static void predict(struct arena *arena, const struct model_router *router, struct str line)
{
    VEC(struct model_header) headers = { 0 };
    struct apply_request request = { .peer = STR("127.0.0.1") };
    struct buf out = { 0 };
    request.method = str_cut(&line, '\t');
    request.host = str_cut(&line, '\t');
    request.path = str_cut(&line, '\t');
    request.query = str_cut(&line, '\t');
    while (line.p) {
        struct str value = str_cut(&line, '\t'), name = str_cut(&value, ':');
        vec_push(&headers, (struct model_header){ name, str_trim(value) });
    }
    request.headers = headers.p;
    request.n_headers = headers.n;
    struct apply *apply = apply_begin(arena, &request);
    for (size_t i = 0; i < router->n_ops && apply_op(apply, router, i); i++)
        continue;
    const struct apply_answer *answer = apply_answer(apply);
    struct apply_request now = apply_request_now(apply);
    struct str vary;
    struct model_headers_list answers = apply_answer_headers(apply, &vary);
    buf_printf(&out, "{\"status\":%d", answer->status);
    put_text(&out, "body", answer->body);
    put_headers(&out, "headers", answer->headers.p, answer->headers.n);
    put_text(&out, "path", now.path);
    put_text(&out, "host", now.host);
    put_headers(&out, "request", now.headers, now.n_headers);
    put_headers(&out, "answers", answers.p, answers.n);
    put_text(&out, "vary", vary);
    buf_puts(&out, "}\n");
    fputs(out.p, stdout);
    buf_fini(&out);
    vec_fini(&headers);
    apply_end(apply);
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_create();
    struct diag *diag = diag_create(arena, 0);
    enum { MOST = 64 };
    struct entry_point entry_points[MOST] = { 0 };
    struct settings settings = { .entry_points = entry_points };
    for (int i = 2; i < argc && settings.n_entry_points < MOST; i++)
        entry_points[settings.n_entry_points++].name = str_c(argv[i]);
    struct kv_snapshot snapshot;
    if (argc < 3 || !kv_read_path(arena, argv[1], STR("traefik"), &snapshot, diag))
        return 2;
    const struct tree *tree = tree_decode(arena, &snapshot, diag);
    const struct model *model = model_build(arena, &tree, 1, &settings, diag);
    struct buf findings = { 0 };
    diag_print(&findings, diag, false);
    if (diag_count(diag, SEVERITY_ERROR))
        fputs(findings.p, stderr);
    buf_fini(&findings);
    char *line = NULL;
    size_t size = 0;
    for (ssize_t n; (n = getline(&line, &size, stdin)) > 0;) {
        struct str rest = str_of(line, (size_t)n - (line[n - 1] == '\n'));
        struct str name = str_cut(&rest, '\t');
        size_t i = 0;
        while (i < model->n_routers && !str_eq(model->routers[i].name, name))
            i++;
        if (i == model->n_routers) {
            puts("null");
            continue;
        }
        struct arena *scratch = arena_create();
        predict(scratch, &model->routers[i], rest);
        arena_destroy(scratch);
    }
    free(line);
    arena_destroy(arena);
    return 0;
}
