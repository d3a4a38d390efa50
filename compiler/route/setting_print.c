#include "route/setting_rows.h"

/* "entrypoints.<name>.address". */
static void put_path(struct buf *out, struct str prefix, const char *name)
{
    struct str parts[] = { prefix, str_c(name) };
    bool first = true;
    for (size_t i = 0; i < 2; i++)
        while (parts[i].n) {
            struct str segment = str_cut(&parts[i], '.');
            buf_puts(out, first ? "" : ".");
            buf_put(out, str_eq(segment, STR("*")) ? STR("<name>") : segment);
            first = false;
        }
}

static const char *use_note(enum setting_use use)
{
    return use == SETTING_IGNORED ? "no effect" : use == SETTING_ACCEPTED ? "accepted" : "used";
}

static void put_row(struct buf *out, bool markdown, struct str prefix, const struct setting_row *row)
{
    const char *type = setting_type_name(row->type), *quote = row->fallback[0] ? "`" : "";
    buf_puts(out, markdown ? "| `--" : "  --");
    put_path(out, prefix, row->name);
    if (row->type == SETTING_MAP)
        buf_puts(out, ".<name>");
    if (markdown) {
        buf_printf(out, "` | %s | %s%s%s | ", type, quote, row->fallback, quote);
        buf_printf(out, "%s | %s |\n", use_note(row->use), row->meaning);
        return;
    }
    buf_printf(out, " (%s%s%s%s)\n", type, row->fallback[0] ? ", default " : "", row->fallback,
               row->use == SETTING_IGNORED ? ", no effect" : "");
    buf_printf(out, "        %s\n", row->meaning);
}

void settings_print(struct buf *out, bool markdown)
{
    if (markdown)
        buf_puts(out, "| setting | type | default | here | meaning |\n|---|---|---|---|---|\n");
    for (size_t p = 0; p < n_setting_places; p++) {
        const struct setting_place *place = &setting_places[p];
        for (size_t i = 0; i < place->table->n_rows; i++)
            if (place->table->rows[i].use != SETTING_REMOVED)
                put_row(out, markdown, place->prefix, &place->table->rows[i]);
    }
}

void settings_names(struct buf *out)
{
    struct buf path = { 0 };
    size_t last = 0, last_n = 0; /* the name before, in out */
    for (size_t p = 0; p < n_setting_places; p++)
        for (size_t i = 0; i < setting_places[p].table->n_rows; i++) {
            const struct setting_row *row = &setting_places[p].table->rows[i];
            if (row->use != SETTING_USED)
                continue;
            buf_reset(&path);
            put_path(&path, setting_places[p].prefix, row->name);
            struct str name = str_head(buf_str(&path), str_find(buf_str(&path), '<'));
            if (str_eq(name, str_head(str_from(buf_str(out), last), last_n)))
                continue;
            last = out->n;
            last_n = name.n;
            buf_put(out, name);
            buf_putc(out, '\n');
        }
    buf_fini(&path);
}
