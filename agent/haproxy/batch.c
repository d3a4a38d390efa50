#include "haproxy/batch.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "haproxy/link.h"

/* What may be on its way without an answer: with less than one of HAProxy's buffers nothing can be dropped.
 */
#define WINDOW 12000
/* No more answers than this are kept: `show map` of a million entries is some 100 MB. */
#define ANSWERS_MAX ((size_t)1 << 30)

struct span {
    size_t from, to;
};

struct batch {
    const struct runtime *runtime;
    struct buf lines;       /* the commands, each with its line end */
    VEC(size_t) ends;       /* of each command in lines, line end included */
    bool too_long;          /* one of them is */
    struct buf answers;     /* as received */
    size_t from, scanned;   /* where the next answer begins; how far its end was looked for */
    VEC(struct span) spans; /* of each answer in answers */
};

struct batch *batch_create(const struct runtime *runtime)
{
    struct batch *batch = xmalloc(sizeof *batch);
    *batch = (struct batch){ .runtime = runtime, .answers = buf_make(ANSWERS_MAX) };
    return batch;
}

void batch_destroy(struct batch *batch)
{
    if (!batch)
        return;
    buf_fini(&batch->lines);
    buf_fini(&batch->answers);
    vec_fini(&batch->ends);
    vec_fini(&batch->spans);
    free(batch);
}

void batch_reset(struct batch *batch)
{
    buf_reset(&batch->lines);
    buf_reset(&batch->answers);
    batch->ends.n = batch->spans.n = 0;
    batch->too_long = false;
}

size_t batch_add(struct batch *batch, struct str command)
{
    assert(str_find(command, '\n') == command.n);
    buf_put(&batch->lines, command);
    buf_putc(&batch->lines, '\n');
    vec_push(&batch->ends, batch->lines.n);
    batch->too_long = batch->too_long || command.n >= RUNTIME_COMMAND_MAX;
    return batch->ends.n - 1;
}

size_t batch_addf(struct batch *batch, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = xmalloc((size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    size_t i = batch_add(batch, str_of(text, (size_t)n));
    free(text);
    return i;
}

size_t batch_count(const struct batch *batch)
{
    return batch->ends.n;
}

struct str batch_command(const struct batch *batch, size_t i)
{
    size_t from = i ? batch->ends.p[i - 1] : 0;
    return str_of(batch->lines.p + from, batch->ends.p[i] - from - 1);
}

struct str batch_answer(const struct batch *batch, size_t i)
{
    assert(i < batch->spans.n);
    struct span span = batch->spans.p[i];
    return str_of(batch->answers.p + span.from, span.to - span.from);
}

/* Finds the ends of the answers among the bytes that came. */
static void take_answers(struct batch *batch)
{
    const struct str prompt = STR("\n> ");
    struct str all = buf_str(&batch->answers);
    for (;;) {
        size_t start = batch->scanned > batch->from ? batch->scanned : batch->from;
        size_t at = str_search(str_from(all, start), prompt);
        if (at == SIZE_MAX)
            break;
        vec_push(&batch->spans, (struct span){ batch->from, start + at });
        batch->from = batch->scanned = start + at + prompt.n;
    }
    batch->scanned = all.n >= prompt.n ? all.n - (prompt.n - 1) : 0;
}

static enum runtime_status await_answers(struct batch *batch, int fd, size_t n, int64_t deadline)
{
    while (batch->spans.n < n) {
        bool end;
        enum runtime_status status = link_receive(fd, &batch->answers, deadline, &end);
        if (status == RUNTIME_OK && end)
            status = RUNTIME_UNREACHABLE;
        if (status != RUNTIME_OK)
            return status;
        take_answers(batch);
    }
    return RUNTIME_OK;
}

/* The commands from `first` on that fit the window; at least one. */
static size_t window_end(const struct batch *batch, size_t first)
{
    size_t start = first ? batch->ends.p[first - 1] : 0;
    size_t i = first + 1;
    while (i < batch->ends.n && batch->ends.p[i] - start <= WINDOW)
        i++;
    return i;
}

static enum runtime_status send_window(struct batch *batch, int fd, size_t first, size_t end,
                                       int64_t deadline)
{
    size_t from = first ? batch->ends.p[first - 1] : 0;
    struct str lines = str_of(batch->lines.p + from, batch->ends.p[end - 1] - from);
    if (first > 0)
        return link_send(fd, lines, deadline);
    struct buf opening = { 0 };
    buf_puts(&opening, "prompt\nset severity-output number\n");
    buf_put(&opening, lines);
    enum runtime_status status = link_send(fd, buf_str(&opening), deadline);
    buf_fini(&opening);
    return status;
}

static enum runtime_status converse(struct batch *batch, int fd)
{
    const size_t opening = 2; /* answers to our own two commands */
    enum runtime_status status = RUNTIME_OK;
    for (size_t first = 0; status == RUNTIME_OK && first < batch->ends.n;) {
        int64_t deadline = link_deadline(batch->runtime->timeout_ms);
        size_t end = window_end(batch, first);
        status = send_window(batch, fd, first, end, deadline);
        if (status == RUNTIME_OK)
            status = await_answers(batch, fd, opening + end, deadline);
        first = end;
    }
    if (status == RUNTIME_OK) {
        batch->spans.n = opening + batch->ends.n;
        memmove(batch->spans.p, batch->spans.p + opening, batch->ends.n * sizeof *batch->spans.p);
        batch->spans.n = batch->ends.n;
    }
    return status;
}

enum runtime_status batch_run(struct batch *batch)
{
    buf_reset(&batch->answers);
    batch->spans.n = batch->from = batch->scanned = 0;
    if (batch->too_long)
        return RUNTIME_REFUSED;
    if (batch->ends.n == 0)
        return RUNTIME_OK;
    int fd;
    enum runtime_status status =
        link_open(batch->runtime->path, link_deadline(batch->runtime->timeout_ms), &fd);
    if (status != RUNTIME_OK)
        return status;
    status = converse(batch, fd);
    close(fd);
    return status;
}
