#include "route/export.h"

#include "base/base64.h"
#include "route/keytree.h"
#include "route/scalar.h"
#include "route/schema.h"

struct exporter {
    struct arena *arena;
    struct keytree *keys;
    enum export_format format;
    struct buf *out;
    struct diag *diag;
    size_t depth;
    bool fresh;  /* nothing was written in the block that is open */
    bool dashed; /* YAML: the next member stands behind "- " on its line */
    bool literal;
};

static void put_indent(struct exporter *e)
{
    for (size_t i = 0; i < e->depth; i++)
        buf_puts(e->out, "  ");
}

/* Whether YAML reads the text as itself without quotes. Few enough forms to be sure of: no numbers, no words
 * that some reader takes for a switch. */
static bool is_plain(struct str s)
{
    static const char *const words[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };
    if (s.n == 0 || !ascii_is_letter(s.p[0]) || !str_is_of(s, "_-./@"))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_nocase(s, str_c(words[i])))
            return false;
    return true;
}

/* Characters that JSON takes as they are and YAML as line ends, as a mark at the start, or not at all; 0: it
 * is another one. */
static unsigned odd_character(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    if (s.n >= 2 && p[0] == 0xc2 && p[1] < 0xa0)
        return p[1];
    unsigned wide = s.n >= 3 && p[0] >= 0xe2 ? (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu) : 0;
    bool odd = wide == 0x2028 || wide == 0x2029 || wide == 0xfeff || wide >= 0xfffe;
    return odd && p[0] < 0xf0 ? wide : 0;
}

/* JSON's strings are YAML's, too, but for a few characters. */
static void put_quoted_yaml(struct exporter *e, struct str s)
{
    struct buf json = { 0 };
    buf_put_json(&json, s);
    for (struct str rest = buf_str(&json); rest.n;) {
        unsigned odd = odd_character(rest);
        if (odd)
            buf_printf(e->out, "\\u%04x", odd);
        else
            buf_putc(e->out, rest.p[0]);
        rest = str_from(rest, odd == 0 ? 1 : odd < 0x100 ? 2 : 3);
    }
    buf_fini(&json);
}

static void put_text(struct exporter *e, struct str s)
{
    if (e->format == EXPORT_JSON)
        buf_put_json(e->out, s);
    else if (is_plain(s))
        buf_put(e->out, s);
    else
        put_quoted_yaml(e, s);
}

/* A name and its colon. YAML's readers look ahead 1,024 characters for the colon; longer names are written
 * with a mark. */
static void put_name(struct exporter *e, struct str name)
{
    enum { LONGEST = 900 };
    size_t from = e->out->n;
    bool marked = e->format == EXPORT_YAML && name.n > LONGEST / 6; /* a byte may become an escape of six */
    buf_puts(e->out, marked ? "? " : "");
    put_text(e, name);
    if (marked && e->out->n - from > LONGEST) {
        buf_putc(e->out, '\n');
        put_indent(e);
    } else if (marked) {
        e->out->n = from;
        put_text(e, name);
    }
    buf_putc(e->out, ':');
}

/* What stands before a member or an element. */
static void begin_item(struct exporter *e, struct str name, bool element)
{
    if (e->format == EXPORT_JSON) {
        buf_puts(e->out, e->fresh ? "\n" : ",\n");
        put_indent(e);
    } else if (e->dashed) {
        e->dashed = false;
    } else {
        if (e->out->n)
            buf_putc(e->out, '\n');
        put_indent(e);
    }
    e->fresh = false;
    if (element) {
        buf_puts(e->out, e->format == EXPORT_YAML ? "- " : "");
        return;
    }
    put_name(e, name);
}

/* Opens a block behind a name or dash; `empty` ones are closed at once. */
static void open_block(struct exporter *e, bool list, bool empty, bool behind_dash)
{
    if (empty || e->format == EXPORT_JSON)
        buf_printf(e->out, "%s%s", behind_dash ? "" : " ", empty ? (list ? "[]" : "{}") : (list ? "[" : "{"));
    e->depth++;
    e->fresh = true;
    e->dashed = e->format == EXPORT_YAML && behind_dash && !empty;
}

static void close_block(struct exporter *e, bool list, bool empty)
{
    e->depth--;
    if (e->format == EXPORT_JSON && !empty) {
        buf_putc(e->out, '\n');
        put_indent(e);
        buf_putc(e->out, list ? ']' : '}');
    }
    e->fresh = false;
    e->dashed = false;
}

static uint32_t first_child(const struct exporter *e, uint32_t node)
{
    return e->keys->nodes.p[node].first;
}

static uint32_t next_child(const struct exporter *e, uint32_t node)
{
    return e->keys->nodes.p[node].next;
}

static void put_scalar(struct exporter *e, enum schema_type type, struct str text)
{
    int64_t number;
    bool flag;
    buf_putc(e->out, ' ');
    if (type == SCHEMA_INT && str_to_int64(text, &number))
        buf_printf(e->out, "%lld", (long long)number);
    else if (type == SCHEMA_BOOL && scalar_bool(text, &flag))
        buf_puts(e->out, flag ? "true" : "false");
    else
        put_text(e, text);
}

static void put_element(struct exporter *e, struct str text)
{
    begin_item(e, (struct str){ 0 }, true);
    put_text(e, text);
}

/* A list of texts: as numbered keys of a file, or cut at commas. */
static void put_list(struct exporter *e, uint32_t node)
{
    bool numbered = e->literal && first_child(e, node);
    struct str text =
        numbered || !keytree_has_value(e->keys, node) ? STR("") : keytree_text(e->keys, node, e->arena);
    bool empty = !numbered && text.n == 0;
    open_block(e, true, empty, false);
    for (uint32_t c = numbered ? first_child(e, node) : 0; c; c = next_child(e, c))
        put_element(e, keytree_has_value(e->keys, c) ? keytree_text(e->keys, c, e->arena) : STR(""));
    while (!empty && text.p && !numbered)
        put_element(e, str_trim(str_cut(&text, ',')));
    close_block(e, true, empty);
}

/* Names of deeper keys are joined with dots, as the decoder does. */
static void put_pairs(struct exporter *e, uint32_t node, struct str name, enum schema_type type)
{
    if (keytree_has_value(e->keys, node)) {
        begin_item(e, name, false);
        put_scalar(e, type, keytree_text(e->keys, node, e->arena));
    }
    for (uint32_t c = first_child(e, node); c; c = next_child(e, c)) {
        struct str own = keytree_segment(e->keys, c);
        put_pairs(e, c, name.n ? arena_printf(e->arena, "%.*s.%.*s", STR_ARG(name), STR_ARG(own)) : own,
                  type);
    }
}

static void put_map(struct exporter *e, uint32_t node, enum schema_type type)
{
    bool empty = first_child(e, node) == 0;
    open_block(e, false, empty, false);
    for (uint32_t c = first_child(e, node); c; c = next_child(e, c))
        put_pairs(e, c, keytree_segment(e->keys, c), type);
    close_block(e, false, empty);
}

static void put_struct(struct exporter *e, uint32_t node, const struct schema *schema, bool behind_dash);

static void put_structs(struct exporter *e, uint32_t node, const struct schema *schema, bool list)
{
    keytree_merge_children(e->keys, node, !e->literal);
    bool empty = first_child(e, node) == 0;
    open_block(e, list, empty, false);
    for (uint32_t c = first_child(e, node); c; c = next_child(e, c)) {
        begin_item(e, keytree_segment(e->keys, c), list);
        put_struct(e, c, schema, list);
    }
    close_block(e, list, empty);
}

/* Whether a block that its value may switch off is on. */
static bool is_on(struct exporter *e, uint32_t node)
{
    struct str value = keytree_has_value(e->keys, node) ? keytree_text(e->keys, node, e->arena) : STR("");
    return value.n == 0 || str_eq_nocase(value, STR("true"));
}

/* false where nothing can be written for the row. */
static bool is_exported(struct exporter *e, uint32_t node, const struct schema_row *row)
{
    if (row && row->type == SCHEMA_MARKER)
        return is_on(e, node);
    if (row && row->type != SCHEMA_ANY)
        return true;
    diag_report(e->diag, FINDING_UNKNOWN_KEY, keytree_key(e->keys, node),
                "it is left out: a file cannot have it");
    return false;
}

static void put_row(struct exporter *e, uint32_t node, const struct schema_row *row)
{
    switch (row->type) {
    case SCHEMA_STRUCT:
    case SCHEMA_MARKER:
    case SCHEMA_FILE_MARKER:
        put_struct(e, node, row->below, false);
        break;
    case SCHEMA_STRUCT_LIST:
    case SCHEMA_STRUCT_MAP:
        put_structs(e, node, row->below, row->type == SCHEMA_STRUCT_LIST);
        break;
    case SCHEMA_LIST:
    case SCHEMA_SECRETS:
        put_list(e, node);
        break;
    case SCHEMA_TEXT_MAP:
    case SCHEMA_INT_MAP:
        put_map(e, node, row->type == SCHEMA_INT_MAP ? SCHEMA_INT : SCHEMA_TEXT);
        break;
    default:
        put_scalar(e, row->type,
                   keytree_has_value(e->keys, node) ? keytree_text(e->keys, node, e->arena) : STR(""));
    }
}

static const struct schema_row *row_of(struct exporter *e, uint32_t node, const struct schema *schema)
{
    const struct keytree_node *n = &e->keys->nodes.p[node];
    return n->numbered ? NULL : schema_find(schema, str_of(n->name, n->name_n));
}

/* In the order of the schema, so that equal trees give equal files whatever the case of their keys. */
static void put_struct(struct exporter *e, uint32_t node, const struct schema *schema, bool behind_dash)
{
    keytree_merge_children(e->keys, node, true);
    bool empty = true;
    for (uint32_t c = first_child(e, node); c; c = next_child(e, c))
        empty = !is_exported(e, c, row_of(e, c, schema)) && empty;
    open_block(e, false, empty, behind_dash);
    struct diag *diag = e->diag;
    e->diag = diag_create(e->arena, 1); /* all was said in the first round */
    for (size_t i = 0; i < schema->n_rows; i++)
        for (uint32_t c = first_child(e, node); c; c = next_child(e, c)) {
            const struct schema_row *row = row_of(e, c, schema);
            if (row != &schema->rows[i] || !is_exported(e, c, row))
                continue;
            begin_item(e, row->name, false);
            struct diag *quiet = e->diag;
            e->diag = diag;
            put_row(e, c, row);
            e->diag = quiet;
        }
    e->diag = diag;
    close_block(e, false, empty);
}

void export_file(struct arena *arena, const struct kv_snapshot *snapshot, enum export_format format,
                 struct buf *out, struct diag *diag)
{
    struct keytree keys;
    keytree_init(&keys, snapshot, diag);
    struct exporter e = { .arena = arena,
                          .keys = &keys,
                          .format = format,
                          .out = out,
                          .diag = diag,
                          .fresh = true,
                          .literal = snapshot->literal_lists };
    const struct schema *root = schema_root();
    struct buf top = { 0 };
    e.out = &top;
    if (format == EXPORT_JSON)
        buf_putc(&top, '{');
    e.depth = format == EXPORT_JSON ? 1 : 0;
    keytree_merge_children(&keys, 0, true);
    for (size_t i = 0; i < root->n_rows; i++)
        for (uint32_t c = first_child(&e, 0); c; c = next_child(&e, c))
            if (row_of(&e, c, root) == &root->rows[i]) {
                begin_item(&e, root->rows[i].name, false);
                put_row(&e, c, &root->rows[i]);
            }
    buf_put(out, buf_str(&top));
    buf_puts(out, format == EXPORT_JSON ? (top.n > 1 ? "\n}\n" : "}\n") : top.n ? "\n" : "{}\n");
    buf_fini(&top);
    keytree_fini(&keys);
}

static bool has_line_end(const struct kv_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n; i++)
        if (str_find(snapshot->pairs[i].value, '\n') < snapshot->pairs[i].value.n ||
            str_find(snapshot->pairs[i].key, '\n') < snapshot->pairs[i].key.n)
            return true;
    return false;
}

/* RFC 4648 section 4. */
void export_keys(const struct kv_snapshot *snapshot, struct buf *out)
{
    bool json = has_line_end(snapshot);
    if (json)
        buf_puts(out, "{\"kvs\":[");
    for (size_t i = 0; i < snapshot->n; i++) {
        const struct kv_pair *pair = &snapshot->pairs[i];
        if (json) {
            buf_puts(out, i ? ",\n{\"key\":\"" : "\n{\"key\":\"");
            base64_put(out, pair->key);
            buf_puts(out, "\",\"value\":\"");
            base64_put(out, pair->value);
            buf_puts(out, "\"}");
        } else {
            buf_put(out, pair->key);
            buf_putc(out, '\n');
            buf_put(out, pair->value);
            buf_putc(out, '\n');
        }
    }
    if (json)
        buf_printf(out, "\n],\"count\":%zu}\n", snapshot->n);
}
