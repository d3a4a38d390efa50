#include "route/tree.h"

#include <stdlib.h>

#include "route/tree_value.h"

static void decode_struct(struct decoder *d, uint32_t node, const struct schema *schema, char *base);

static const struct keytree_node *node_at(const struct decoder *d, uint32_t node)
{
    return &d->keys->nodes.p[node];
}

/* "a, b, c" for findings, as far as it is short. */
static struct str name_list(struct decoder *d, const struct schema *schema)
{
    enum { LONGEST = 150 };
    struct buf b = { 0 };
    for (size_t i = 0; i < schema->n_rows && b.n < LONGEST; i++) {
        buf_puts(&b, i ? ", " : "one of ");
        buf_put(&b, schema->rows[i].name);
        if (b.n >= LONGEST && i + 1 < schema->n_rows)
            buf_puts(&b, ", …");
    }
    struct str list = arena_copy(d->arena, buf_str(&b));
    buf_fini(&b);
    return list;
}

static void report_unknown(struct decoder *d, uint32_t node, const struct schema *schema)
{
    enum { MOST_NAMES = 64, LONGEST_KEY = 150 };
    struct finding f = { .code = FINDING_UNKNOWN_KEY };
    if (!decoder_is_full(d)) {
        struct str names[MOST_NAMES], segment = keytree_segment(d->keys, node),
                                      key = keytree_key(d->keys, node);
        size_t n = schema->n_rows < MOST_NAMES ? schema->n_rows : MOST_NAMES;
        for (size_t i = 0; i < n; i++)
            names[i] = schema->rows[i].name;
        f.message = arena_printf(d->arena, "no key of \"%.*s\"", STR_ARG(schema->what));
        f.nearest = nearest_name(segment, names, n);
        f.expected = f.nearest.n ? (struct str){ 0 } : name_list(d, schema);
        f.text = key.n <= LONGEST_KEY ? key : shown_text(segment);
        f.at = key.n <= LONGEST_KEY ? key.n - segment.n : 0;
        f.length = f.text.n - f.at;
    }
    decoder_fault(d, node, f);
}

static void report_value(struct decoder *d, const struct schema_row *row, uint32_t node)
{
    struct str message = { 0 }, expected = { 0 };
    if (!decoder_is_full(d)) {
        message = arena_printf(d->arena, "\"%.*s\" has a value where keys belong", STR_ARG(row->name));
        expected =
            row->below && row->type != SCHEMA_STRUCT_MAP ? name_list(d, row->below) : STR("names below it");
    }
    decoder_fault(d, node,
                  (struct finding){ .code = FINDING_BAD_STRUCTURE,
                                    .key = keytree_value_key(d->keys, node),
                                    .message = message,
                                    .expected = expected });
}

static void report_switched_off(struct decoder *d, uint32_t node, struct str value, bool has_keys)
{
    struct str shown = shown_text(value);
    struct str message = has_keys ? STR("switched off, with the keys below it") : STR("switched off");
    diag_add(d->diag, (struct finding){ .code = FINDING_MARKER_IGNORED,
                                        .key = shown_key(keytree_value_key(d->keys, node)),
                                        .text = shown,
                                        .length = shown.n,
                                        .message = message,
                                        .expected = STR("true, or nothing") });
}

/* Whether a struct or map is there at all: a value alone makes a marker, and is out of place elsewhere; a
 * marker's value other than true switches off what is below it. Values beside keys say nothing, as in
 * Traefik. */
static bool is_present(struct decoder *d, const struct schema_row *row, uint32_t node)
{
    bool has_keys = node_at(d, node)->first != 0;
    if (!keytree_has_value(d->keys, node))
        return true;
    if (row->type == SCHEMA_INT_MAP && node_at(d, node)->value.folded)
        return true;
    if (row->type != SCHEMA_MARKER && !(row->type == SCHEMA_FILE_MARKER && d->from_file)) {
        if (!has_keys)
            report_value(d, row, node);
        return has_keys;
    }
    struct str value = keytree_text(d->keys, node, d->arena);
    if (value.n == 0 || str_eq_nocase(value, STR("true")))
        return true;
    if (has_keys || !str_eq_nocase(value, STR("false")))
        report_switched_off(d, node, value, has_keys);
    return false;
}

static struct str struct_key(struct decoder *d, uint32_t node)
{
    return keytree_has_value(d->keys, node) ? keytree_value_key(d->keys, node) : keytree_key(d->keys, node);
}

static void decode_nested(struct decoder *d, const struct schema_row *row, uint32_t node, char *field)
{
    if (field && !row->below->inlined)
        *(struct str *)(void *)field = struct_key(d, node);
    decode_struct(d, node, row->below, field);
}

struct element {
    struct str name;
    uint32_t node;
};

static int compare_elements(const void *a, const void *b)
{
    const struct element *x = a, *y = b;
    return str_cmp(x->name, y->name);
}

static struct element *list_elements(struct decoder *d, uint32_t node, bool by_name, size_t *n)
{
    VEC(struct element) found = { 0 };
    bool ascending = true;
    for (uint32_t c = node_at(d, node)->first; c; c = node_at(d, c)->next) {
        struct element e = { decode_name(d, c), c };
        ascending = ascending && (found.n == 0 || str_cmp(found.p[found.n - 1].name, e.name) < 0);
        vec_push(&found, e);
    }
    if (by_name && !ascending)
        qsort(found.p, found.n, sizeof *found.p, compare_elements);
    *n = found.n;
    return found.p;
}

/* One struct of a list or map. It is an object of its own, or a part of the one that we are in. */
static void decode_element(struct decoder *d, struct element e, const struct schema *schema, char *at)
{
    struct decoder outer = *d;
    if (at) {
        struct object *object = (struct object *)(void *)at;
        *object = (struct object){ .name = e.name, .key = keytree_key(d->keys, e.node) };
        if (d->object) {
            d->part = object;
        } else {
            d->object = object;
            d->what = schema->what;
        }
    }
    decode_struct(d, e.node, schema, at);
    *d = outer;
}

/* A list keeps the order of its keys, a map goes by names. The field is a pointer and a count behind it. */
static void decode_elements(struct decoder *d, const struct schema_row *row, uint32_t node, char *field)
{
    keytree_merge_children(d->keys, node, !d->from_file);
    size_t n, size = row->below->size;
    struct element *elements = list_elements(d, node, row->type == SCHEMA_STRUCT_MAP, &n);
    char *v = field ? arena_alloc_array(d->arena, n, size, alignof(max_align_t)) : NULL;
    for (size_t i = 0; i < n; i++)
        decode_element(d, elements[i], row->below, v ? v + i * size : NULL);
    if (field) {
        memcpy(field, &v, sizeof v);
        memcpy(field + sizeof v, &n, sizeof n);
    }
    free(elements);
}

/* Keys that are known but not read: of a kind that is not compiled, or something that maitred does not do. */
static void note_use(struct decoder *d, const struct schema *schema, const struct schema_row *row,
                     uint32_t node, char *base)
{
    if (row->use == SCHEMA_MISSING && d->object) {
        if (d->object->n_unsupported++ == 0)
            d->object->unsupported = struct_key(d, node);
    } else if (row->use == SCHEMA_MISSING) {
        diag_report(d->diag, FINDING_NOT_SUPPORTED, shown_key(keytree_key(d->keys, node)),
                    "\"%.*s\" is checked, but has no effect yet", STR_ARG(row->name));
    }
    bool kind = row->use == SCHEMA_KIND || row->use == SCHEMA_OTHER_KIND;
    if (!kind || !base)
        return;
    ++*(size_t *)(void *)(base + schema->n_kinds);
    struct str *other = (struct str *)(void *)(base + schema->other_kind);
    if (row->use == SCHEMA_OTHER_KIND && !other->p)
        *other = struct_key(d, node);
}

static void decode_row(struct decoder *d, const struct schema *schema, const struct schema_row *row,
                       uint32_t node, char *base)
{
    bool read = row->use == SCHEMA_READ || row->use == SCHEMA_KIND;
    void *field = base && read ? base + row->at : NULL;
    switch (row->type) {
    case SCHEMA_STRUCT:
    case SCHEMA_MARKER:
    case SCHEMA_FILE_MARKER:
        if (!is_present(d, row, node))
            return;
        decode_nested(d, row, node, field);
        break;
    case SCHEMA_STRUCT_MAP:
        if (is_present(d, row, node))
            decode_elements(d, row, node, field);
        break;
    case SCHEMA_STRUCT_LIST:
        decode_elements(d, row, node, field);
        break;
    case SCHEMA_TEXT_MAP:
    case SCHEMA_INT_MAP:
        if (is_present(d, row, node))
            decode_map(d, row, node, field);
        break;
    case SCHEMA_LIST:
    case SCHEMA_SECRETS:
        decode_list(d, node, field);
        break;
    case SCHEMA_ANY:
        break;
    default:
        decode_scalar(d, row, node, field);
    }
    note_use(d, schema, row, node, base);
}

static void decode_struct(struct decoder *d, uint32_t node, const struct schema *schema, char *base)
{
    keytree_merge_children(d->keys, node, true);
    for (uint32_t c = node_at(d, node)->first; c; c = node_at(d, c)->next) {
        const struct keytree_node *child = node_at(d, c);
        struct str name = str_of(child->name, child->name_n);
        const struct schema_row *row = child->numbered ? NULL : schema_find(schema, name);
        if (row)
            decode_row(d, schema, row, c, base);
        else
            report_unknown(d, c, schema);
    }
}

struct tree *tree_decode(struct arena *arena, const struct kv_snapshot *snapshot, struct diag *diag)
{
    struct tree *tree = ARENA_NEW(arena, struct tree);
    tree->provider = snapshot->provider;
    tree->revision = snapshot->revision;
    struct keytree keys;
    keytree_init(&keys, snapshot, diag);
    tree->n_pairs = keys.n_pairs;
    bool from_file = snapshot->literal_lists;
    struct decoder d = { .arena = arena, .diag = diag, .keys = &keys, .from_file = from_file };
    decode_struct(&d, 0, schema_root(), (char *)tree);
    keytree_fini(&keys);
    return tree;
}
