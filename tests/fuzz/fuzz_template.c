/* A byte picks a piece of a template, so that every template is a whole one; values are what quote_word makes
 * of the input. Rendering must end, stay within bounds, and write no line that the template does not have. */
#include <assert.h>
#include <stdint.h>

#include "base/quote.h"
#include "emit/template.h"

enum { DEEPEST = 4, MOST_PIECES = 64 };

static const char *const pieces[] = { "a {{x}} b\n",  "#if yes\n",  "#unless yes\n", "#each rows\n",
                                      "#each none\n", "#end\n",     "## {{x\n",      "{{x}}{{r}}\n",
                                      "\n",           "{ } {{r}}{ " };

static void make_template(struct buf *out, const uint8_t *data, size_t size)
{
    unsigned depth = 0;
    for (size_t i = 0; i < size && i < MOST_PIECES; i++) {
        const char *piece = pieces[data[i] % (sizeof pieces / sizeof *pieces)];
        bool opens = piece[0] == '#' && strchr("iue", piece[1]) && strcmp(piece, "#end\n") != 0;
        bool closes = strcmp(piece, "#end\n") == 0;
        if ((opens && depth == DEEPEST) || (closes && depth == 0))
            continue;
        if (piece[0] == '#' && out->n && out->p[out->n - 1] != '\n')
            buf_putc(out, '\n');
        depth += opens;
        depth -= closes;
        buf_puts(out, piece);
    }
    for (buf_putc(out, '\n'); depth; depth--)
        buf_puts(out, "#end\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = { 0 }, word = { 0 }, plain = { 0 }, quoted = { 0 };
    size_t half = size / 2;
    make_template(&text, data, half);
    quote_word(&word, str_of((const char *)data + half, size - half));
    for (int round = 0; round < 2; round++) {
        struct template_value row = { .name = "r", .text = round ? buf_str(&word) : STR("w") };
        struct template_scope rows[3] = { { .values = &row, .n = 1 },
                                          { .values = &row, .n = 1 },
                                          { .values = &row, .n = 1 } };
        struct template_value values[] = { { .name = "x", .text = round ? buf_str(&word) : STR("w") },
                                           { .name = "r", .text = STR("outer") },
                                           { .name = "yes", .set = size & 1 },
                                           { .name = "rows", .rows = rows, .n_rows = 3 },
                                           { .name = "none" } };
        struct template_scope scope = { .values = values, .n = sizeof values / sizeof *values };
        template_render(round ? &quoted : &plain, "fuzz", buf_str(&text), &scope);
    }
    size_t lines = 0;
    for (size_t i = 0; i < plain.n; i++)
        lines += plain.p[i] == '\n';
    for (size_t i = 0; i < quoted.n; i++)
        lines -= quoted.p[i] == '\n';
    assert(lines == 0);
    buf_fini(&text);
    buf_fini(&word);
    buf_fini(&plain);
    buf_fini(&quoted);
    return 0;
}
