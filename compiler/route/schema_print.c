#include "route/schema.h"

#include "base/diag.h"

const char *schema_type_name(enum schema_type type)
{
    static const char *const names[] = {
        [SCHEMA_TEXT] = "text",
        [SCHEMA_SECRET] = "secret text",
        [SCHEMA_INT] = "integer",
        [SCHEMA_BOOL] = "true or false",
        [SCHEMA_DURATION] = "duration",
        [SCHEMA_LIST] = "list",
        [SCHEMA_SECRETS] = "secret list",
        [SCHEMA_TEXT_MAP] = "texts by name",
        [SCHEMA_INT_MAP] = "integers by name",
        [SCHEMA_STRUCT] = "keys",
        [SCHEMA_MARKER] = "switch, or keys",
        [SCHEMA_FILE_MARKER] = "keys",
        [SCHEMA_STRUCT_LIST] = "numbered keys",
        [SCHEMA_STRUCT_MAP] = "keys by name",
        [SCHEMA_ANY] = "anything",
    };
    return names[type];
}

const char *schema_use_name(enum schema_use use)
{
    static const char *const names[] = {
        [SCHEMA_READ] = "used", [SCHEMA_HARMLESS] = "checked",   [SCHEMA_MISSING] = "not yet",
        [SCHEMA_KIND] = "used", [SCHEMA_OTHER_KIND] = "not yet",
    };
    return names[use];
}

struct printer {
    struct buf *out;
    enum schema_format format;
    bool first;
    bool missing; /* below something that is not done yet: nothing there is */
};

static void put_cells(struct printer *p, struct str path, const struct schema_row *row, const char *use)
{
    const char *cells[] = { row->fallback, use, row->meaning };
    const char *type = schema_type_name(row->type);
    if (p->format == SCHEMA_AS_TEXT) {
        buf_printf(p->out, "%.*s\n    %s, %s", STR_ARG(path), type, use);
        if (row->fallback[0])
            buf_printf(p->out, ", default %s", row->fallback);
        buf_printf(p->out, ": %s\n", row->meaning);
    } else if (p->format == SCHEMA_AS_MARKDOWN) {
        buf_printf(p->out, "| `%.*s` | %s | %s%s%s |", STR_ARG(path), type, cells[0][0] ? "`" : "", cells[0],
                   cells[0][0] ? "`" : "");
        buf_printf(p->out, " %s | %s |\n", cells[1], cells[2]);
    } else {
        static const char *const names[] = { "default", "use", "meaning" };
        buf_puts(p->out, p->first ? "\n{\"path\":" : ",\n{\"path\":");
        buf_put_json(p->out, path);
        buf_printf(p->out, ",\"type\":\"%s\"", type);
        for (size_t i = 0; i < 3; i++) {
            buf_printf(p->out, ",\"%s\":", names[i]);
            buf_put_json(p->out, str_c(cells[i]));
        }
        buf_putc(p->out, '}');
    }
    p->first = false;
}

static void print_table(struct printer *p, const struct schema *schema, struct buf *path)
{
    size_t above = path->n;
    bool missing_above = p->missing;
    for (size_t i = 0; i < schema->n_rows; i++) {
        const struct schema_row *row = &schema->rows[i];
        path->n = above;
        buf_printf(path, "%s%.*s", above ? "/" : "", STR_ARG(row->name));
        p->missing = missing_above || row->use == SCHEMA_MISSING || row->use == SCHEMA_OTHER_KIND;
        put_cells(p, buf_str(path), row,
                  p->missing ? schema_use_name(SCHEMA_MISSING) : schema_use_name(row->use));
        if (row->type == SCHEMA_STRUCT_MAP || row->type == SCHEMA_STRUCT_LIST)
            buf_printf(path, "/<%.*s>", STR_ARG(row->below->what));
        if (row->below)
            print_table(p, row->below, path);
        p->missing = missing_above;
    }
    path->n = above;
}

void schema_print(struct buf *out, enum schema_format format)
{
    struct buf path = { 0 };
    struct printer p = { .out = out, .format = format, .first = true };
    if (format == SCHEMA_AS_MARKDOWN)
        buf_puts(out, "| key | type | default | here | meaning |\n|---|---|---|---|---|\n");
    if (format == SCHEMA_AS_JSON)
        buf_putc(out, '[');
    print_table(&p, schema_root(), &path);
    if (format == SCHEMA_AS_JSON)
        buf_puts(out, "\n]\n");
    buf_fini(&path);
}
