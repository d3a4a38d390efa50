#include "emit/template.h"

#include <stdio.h>
#include <stdlib.h>

#include "templates/templates.h"

/* A place in a template. */
struct reader {
    const char *name;
    struct str rest;
    size_t line; /* number of the line read last */
};

enum line_kind { LINE_TEXT, LINE_COMMENT, LINE_IF, LINE_UNLESS, LINE_EACH, LINE_INCLUDE, LINE_END };

/* A template is a part of the program: a broken one is a broken program. */
_Noreturn static void fail(const struct reader *reader, const char *what, struct str about)
{
    fprintf(stderr, "template %s, line %zu: %s \"%.*s\"\n", reader->name, reader->line, what, STR_ARG(about));
    abort();
}

static bool next_line(struct reader *reader, struct str *line)
{
    if (reader->rest.n == 0)
        return false;
    *line = str_cut(&reader->rest, '\n');
    reader->line++;
    return true;
}

static enum line_kind classify(struct str line, struct str *argument)
{
    static const struct {
        const char *word;
        enum line_kind kind;
    } directives[] = { { "#if", LINE_IF },
                       { "#unless", LINE_UNLESS },
                       { "#each", LINE_EACH },
                       { "#include", LINE_INCLUDE },
                       { "#end", LINE_END } };
    struct str rest = str_trim(line);
    if (str_starts(rest, STR("##")))
        return LINE_COMMENT;
    struct str word = str_cut(&rest, ' ');
    *argument = str_trim(rest);
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
        if (str_eq(word, str_c(directives[i].word)))
            return directives[i].kind;
    return LINE_TEXT;
}

static const struct template_value *find(const struct reader *reader, const struct template_scope *scope,
                                         struct str name)
{
    for (; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->n; i++)
            if (str_eq(str_c(scope->values[i].name), name))
                return &scope->values[i];
    fail(reader, "nothing is called", name);
}

/* One that spans lines would be text of its own in the configuration: whoever gave it forgot to quote. */
static void put_value(struct buf *out, const struct reader *reader, const struct template_value *value)
{
    for (size_t i = 0; i < value->text.n; i++)
        if (value->text.p[i] == '\n' || value->text.p[i] == '\r' || value->text.p[i] == '\0')
            fail(reader, "more than one line in", str_c(value->name));
    buf_put(out, value->text);
}

static void put_line(struct buf *out, const struct reader *reader, struct str line,
                     const struct template_scope *scope)
{
    for (size_t at; (at = str_search(line, STR("{{"))) != SIZE_MAX;) {
        struct str name = str_from(line, at + 2);
        size_t end = str_search(name, STR("}}"));
        if (end == SIZE_MAX)
            fail(reader, "a slot without an end:", line);
        buf_put(out, str_head(line, at));
        put_value(out, reader, find(reader, scope, str_head(name, end)));
        line = str_from(name, end + 2);
    }
    buf_put(out, line);
    buf_putc(out, '\n');
}

static void render_block(struct buf *out, struct reader *reader, const struct template_scope *scope,
                         bool nested);

/* Up to and with the #end of the block that has just begun. */
static void skip_block(struct reader *reader)
{
    struct str line, argument;
    for (size_t depth = 1; depth && next_line(reader, &line);) {
        enum line_kind kind = classify(line, &argument);
        if (kind == LINE_IF || kind == LINE_UNLESS || kind == LINE_EACH)
            depth++;
        else if (kind == LINE_END && --depth == 0)
            return;
    }
    fail(reader, "a block without", STR("#end"));
}

static void render_each(struct buf *out, struct reader *reader, const struct template_value *list,
                        const struct template_scope *scope)
{
    struct reader start = *reader;
    for (size_t i = 0; i < list->n_rows; i++) {
        struct template_scope row = list->rows[i];
        row.outer = scope;
        *reader = start;
        render_block(out, reader, &row, true);
    }
    if (list->n_rows == 0)
        skip_block(reader);
}

static void render_include(struct buf *out, const struct reader *reader, struct str file,
                           const struct template_scope *scope)
{
    char name[64];
    if (file.n >= sizeof name)
        fail(reader, "no such template:", file);
    snprintf(name, sizeof name, "%.*s", STR_ARG(file));
    template_render(out, name, template_load(name), scope);
}

static void render_block(struct buf *out, struct reader *reader, const struct template_scope *scope,
                         bool nested)
{
    struct str line, argument;
    while (next_line(reader, &line)) {
        enum line_kind kind = classify(line, &argument);
        if (kind == LINE_TEXT) {
            put_line(out, reader, line, scope);
        } else if (kind == LINE_INCLUDE) {
            render_include(out, reader, argument, scope);
        } else if (kind == LINE_EACH) {
            render_each(out, reader, find(reader, scope, argument), scope);
        } else if (kind == LINE_IF || kind == LINE_UNLESS) {
            if (find(reader, scope, argument)->set == (kind == LINE_IF))
                render_block(out, reader, scope, true);
            else
                skip_block(reader);
        } else if (kind == LINE_END && nested) {
            return;
        } else if (kind == LINE_END) {
            fail(reader, "no block to", line);
        }
    }
    if (nested)
        fail(reader, "a block without", STR("#end"));
}

void template_render(struct buf *out, const char *name, struct str text, const struct template_scope *scope)
{
    struct reader reader = { .name = name, .rest = text };
    render_block(out, &reader, scope, false);
}

struct str template_load(const char *name)
{
    for (const struct template_file *file = template_files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return str_of(file->bytes, file->size);
    fprintf(stderr, "no template %s\n", name);
    abort();
}
