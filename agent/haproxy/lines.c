/* Certificates for clients: lines of crt-lists, and the one for unknown names (reference/entry-points.md 3).
 */
#include <stdlib.h>

#include "base/quote.h"
#include "base/vec.h"
#include "emit/emit.h"
#include "haproxy/applier.h"

static struct str path_of(struct push *push, struct str name)
{
    return push_word(
        push, arena_printf(push->arena, "%.*s/%.*s", STR_ARG(push->applier->tls_folder), STR_ARG(name)));
}

/* Runs one command; the answer must hold one of the texts (`other` may be NULL). The command may hold a key
 * and goes into no message. */
static enum apply_status run(struct push *push, const struct buf *command, const char *wanted,
                             const char *other, struct str about, struct buf *answer)
{
    buf_reset(answer);
    enum runtime_status status = runtime_call(&push->applier->runtime, buf_str(command), answer);
    push->applier->counts.commands++;
    if (status == RUNTIME_REFUSED)
        return push_differs(push, "%.*s is too long for the runtime socket", STR_ARG(about));
    if (status != RUNTIME_OK)
        return push_failed(push, status, "changing certificates");
    if (str_search(buf_str(answer), str_c(wanted)) == SIZE_MAX &&
        (!other || str_search(buf_str(answer), str_c(other)) == SIZE_MAX))
        return push_differs(push, "%.*s: %.*s", STR_ARG(about),
                            STR_ARG(str_head(str_trim(buf_str(answer)), 120)));
    return APPLY_OK;
}

static enum apply_status add_line(struct push *push, const struct step *step, struct buf *answer)
{
    struct buf command = { 0 };
    enum apply_status status = step->line->authorities ? file_load(push, step->line->authorities) : APPLY_OK;
    if (status == APPLY_OK)
        status = file_load(push, step->line->file);
    if (status != APPLY_OK)
        return status;
    buf_printf(&command, "add ssl crt-list %.*s <<\n", STR_ARG(path_of(push, step->list)));
    emit_crt_line(&command, step->line, push->applier->tls_folder, quote_command);
    buf_putc(&command, '\n');
    status = run(push, &command, "Success!", NULL, step->line->file->name, answer);
    buf_fini(&command);
    return status;
}

/* Another list may have the certificate, too: then it stays. */
static enum apply_status drop_line(struct push *push, const struct step *step, struct buf *answer)
{
    struct str file = path_of(push, step->line->file->name);
    struct buf command = { 0 };
    buf_printf(&command, "del ssl crt-list %.*s %.*s", STR_ARG(path_of(push, step->list)), STR_ARG(file));
    enum apply_status status =
        run(push, &command, "deleted", "does not exist", step->line->file->name, answer);
    buf_reset(&command);
    buf_printf(&command, "del ssl cert %.*s", STR_ARG(file));
    if (status == APPLY_OK)
        status = run(push, &command, "", NULL, step->line->file->name, answer);
    buf_fini(&command);
    return status;
}

static enum apply_status each(struct push *push, const struct step *steps, size_t n,
                              enum apply_status (*one)(struct push *, const struct step *, struct buf *))
{
    struct buf answer = buf_make(1 << 16);
    enum apply_status status = APPLY_OK;
    for (size_t i = 0; i < n && status == APPLY_OK; i++)
        status = one(push, &steps[i], &answer);
    buf_fini(&answer);
    return status;
}

enum apply_status lines_add(struct push *push, const struct step *steps, size_t n)
{
    return each(push, steps, n, add_line);
}

enum apply_status lines_drop(struct push *push, const struct step *steps, size_t n)
{
    return each(push, steps, n, drop_line);
}

enum apply_status lines_set_default(struct push *push, const struct step *step)
{
    struct str name = path_of(push, STR(PLAN_TLS_CERTIFICATE)), about = STR("the default certificate");
    struct buf command = { 0 }, answer = buf_make(1 << 16);
    buf_printf(&command, "set ssl cert %.*s <<\n%.*s\n", STR_ARG(name), STR_ARG(step->identity));
    enum apply_status status = run(push, &command, "ransaction", NULL, about, &answer);
    buf_reset(&command);
    buf_printf(&command, "%s ssl cert %.*s", status == APPLY_OK ? "commit" : "abort", STR_ARG(name));
    if (status == APPLY_OK)
        status = run(push, &command, "Success!", NULL, about, &answer);
    else if (status == APPLY_DIFFERS)
        (void)runtime_call(&push->applier->runtime, buf_str(&command), &answer);
    buf_fini(&command);
    buf_fini(&answer);
    return status;
}

static int compare_lines(const void *a, const void *b)
{
    return str_cmp(((const struct plan_line *)a)->file->name, ((const struct plan_line *)b)->file->name);
}

/* The file says all that counts of a line. What another hand has added is dropped by its file's name. */
static struct plan_list take_lines(struct push *push, struct str name, struct str answer)
{
    VEC(struct plan_line) lines = { 0 };
    struct reply_line line;
    while (reply_line_next(&answer, push->applier->tls_folder, &line)) {
        if (str_eq(line.file, STR(PLAN_TLS_CERTIFICATE)))
            continue;
        struct plan_file *known = ARENA_NEW(push->arena, struct plan_file);
        known->name = line.file;
        vec_push(&lines, (struct plan_line){ .file = known, .names = line.names });
    }
    struct plan_line *copy = ARENA_ARRAY(push->arena, struct plan_line, lines.n);
    if (lines.n) {
        memcpy(copy, lines.p, lines.n * sizeof *copy);
        qsort(copy, lines.n, sizeof *copy, compare_lines);
    }
    struct plan_list out = { name, copy, lines.n };
    vec_fini(&lines);
    return out;
}

static int compare_lists(const void *a, const void *b)
{
    return str_cmp(((const struct plan_list *)a)->name, ((const struct plan_list *)b)->name);
}

static enum apply_status ask(struct push *push, struct str command, struct str *out)
{
    struct buf text = { 0 }, answer = buf_make(64 << 20);
    buf_put(&text, command);
    enum apply_status status = run(push, &text, "", NULL, STR("reading certificates"), &answer);
    *out = arena_copy(push->arena, buf_str(&answer));
    buf_fini(&text);
    buf_fini(&answer);
    return status;
}

enum apply_status lines_read(struct push *push, struct runtime_state *out)
{
    struct str answer, name;
    VEC(struct plan_list) lists = { 0 };
    enum apply_status status = ask(push, STR("show ssl crt-list"), &answer);
    while (status == APPLY_OK && reply_list_next(&answer, push->applier->tls_folder, &name)) {
        struct str lines = { 0 };
        status =
            ask(push, arena_printf(push->arena, "show ssl crt-list -n %.*s", STR_ARG(path_of(push, name))),
                &lines);
        vec_push(&lists, take_lines(push, name, lines));
    }
    if (status == APPLY_OK)
        status = ask(push,
                     arena_printf(push->arena, "show ssl cert %.*s",
                                  STR_ARG(path_of(push, STR(PLAN_TLS_CERTIFICATE)))),
                     &answer);
    out->default_fingerprint = status == APPLY_OK ? reply_fingerprint(answer) : (struct str){ 0 };
    struct plan_list *copy = ARENA_ARRAY(push->arena, struct plan_list, lists.n);
    if (lists.n) {
        memcpy(copy, lists.p, lists.n * sizeof *copy);
        qsort(copy, lists.n, sizeof *copy, compare_lists);
    }
    out->lists = copy;
    out->n_lists = lists.n;
    vec_fini(&lists);
    return status;
}
