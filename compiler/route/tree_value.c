#include "route/tree_value.h"

#include <stdlib.h>

#include "route/guess.h"
#include "route/scalar.h"

enum { LONGEST_TEXT = 120, LONGEST_KEY = 1024 };

static struct str cut_at_character(struct str s, size_t n)
{
    if (s.n <= n)
        return s;
    while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return str_head(s, n);
}

struct str shown_text(struct str text)
{
    return cut_at_character(text, LONGEST_TEXT);
}

struct str shown_key(struct str key)
{
    return cut_at_character(key, LONGEST_KEY);
}

bool decoder_is_full(const struct decoder *d)
{
    return diag_count(d->diag, SEVERITY_NOTE) > diag_total(d->diag);
}

void decoder_fault(struct decoder *d, uint32_t node, struct finding finding)
{
    if (!finding.key.p)
        finding.key = keytree_key(d->keys, node);
    finding.key = shown_key(finding.key);
    if (d->object && !decoder_is_full(d))
        finding.message = arena_printf(d->arena, "%.*s; %.*s \"%.*s\" is left out", STR_ARG(finding.message),
                                       STR_ARG(d->what), STR_ARG(shown_text(d->object->name)));
    diag_add(d->diag, finding);
    if (d->object)
        d->object->broken = true;
    if (d->part)
        d->part->broken = true;
}

struct str decode_name(struct decoder *d, uint32_t node)
{
    const struct keytree_node *n = &d->keys->nodes.p[node];
    if (!n->numbered)
        return str_of(n->name, n->name_n);
    char *name = arena_alloc(d->arena, (size_t)n->name_n + 2, 1);
    name[0] = '[';
    memcpy(name + 1, n->name, n->name_n);
    name[n->name_n + 1] = ']';
    return str_of(name, (size_t)n->name_n + 2);
}

static void bad_value(struct decoder *d, uint32_t node, struct str text, enum schema_type type,
                      const char *message, const char *expected)
{
    struct str shown = shown_text(text);
    decoder_fault(d, node,
                  (struct finding){ .code = FINDING_BAD_VALUE,
                                    .key = keytree_value_key(d->keys, node),
                                    .text = shown,
                                    .length = shown.n,
                                    .message = str_c(text.n ? message : "the value is empty"),
                                    .expected = str_c(expected),
                                    .nearest = decoder_is_full(d) ? (struct str){ 0 }
                                                                  : guess_value(d->arena, type, text) });
}

static void store_int(struct decoder *d, uint32_t node, struct str text, struct int_value *field)
{
    int64_t v;
    if (!str_to_int64(text, &v))
        bad_value(d, node, text, SCHEMA_INT, "not an integer of 64 bits", EXPECTED_INT);
    else if (field)
        *field = (struct int_value){ keytree_value_key(d->keys, node), v };
}

static void store_bool(struct decoder *d, uint32_t node, struct str text, struct bool_value *field)
{
    bool v;
    if (!scalar_bool(text, &v))
        bad_value(d, node, text, SCHEMA_BOOL, "neither true nor false", EXPECTED_BOOL);
    else if (field)
        *field = (struct bool_value){ keytree_value_key(d->keys, node), v };
}

static void store_duration(struct decoder *d, uint32_t node, struct str text, struct duration_value *field)
{
    int64_t ns;
    if (!scalar_duration(text, &ns))
        bad_value(d, node, text, SCHEMA_DURATION, "not a duration", EXPECTED_DURATION);
    else if (field)
        *field = (struct duration_value){ keytree_value_key(d->keys, node), ns };
}

void decode_scalar(struct decoder *d, const struct schema_row *row, uint32_t node, void *field)
{
    if (d->keys->nodes.p[node].first) {
        uint32_t below = d->keys->nodes.p[node].first;
        decoder_fault(d, below,
                      (struct finding){ .code = FINDING_BAD_STRUCTURE,
                                        .message = arena_printf(d->arena, "nothing can stand below \"%.*s\"",
                                                                STR_ARG(row->name)),
                                        .expected = str_c(schema_type_name(row->type)) });
        return;
    }
    struct str text = keytree_text(d->keys, node, d->arena);
    if (row->type == SCHEMA_INT)
        store_int(d, node, text, field);
    else if (row->type == SCHEMA_BOOL)
        store_bool(d, node, text, field);
    else if (row->type == SCHEMA_DURATION)
        store_duration(d, node, text, field);
    else if (field)
        *(struct text_value *)field = (struct text_value){ keytree_value_key(d->keys, node), text };
}

/* Elements are cut at commas and trimmed; empty ones stay. Returns how many, and writes them if `to`. */
static size_t split(struct str text, struct str *to)
{
    size_t n = 0;
    do {
        struct str element = str_trim(str_cut(&text, ','));
        if (to)
            to[n] = element;
        n++;
    } while (text.p);
    return n;
}

/* A file's list: one element for each child, as it stands. */
static void decode_literal_list(struct decoder *d, uint32_t node, struct list_value *field)
{
    const struct keytree_node *nodes = d->keys->nodes.p;
    size_t n = 0;
    for (uint32_t c = nodes[node].first; c; c = nodes[c].next, n++)
        if (nodes[c].first || !ascii_is_digit(nodes[c].name[0])) {
            decoder_fault(d, c,
                          (struct finding){ .code = FINDING_BAD_STRUCTURE,
                                            .message = STR("not an element of a list"),
                                            .expected = STR("a list of texts") });
            return;
        }
    if (!field)
        return;
    struct str *v = ARENA_ARRAY(d->arena, struct str, n);
    *field = (struct list_value){ keytree_value_key(d->keys, nodes[node].first), v, n };
    for (uint32_t c = nodes[node].first; c; c = nodes[c].next)
        *v++ = keytree_text(d->keys, c, d->arena);
}

/* Keys below that are no numbers are passed over, as Traefik does; but it is said. */
static void report_list_keys(struct decoder *d, uint32_t node)
{
    for (uint32_t c = d->keys->nodes.p[node].first; c; c = d->keys->nodes.p[c].next)
        diag_add(d->diag,
                 (struct finding){ .code = FINDING_LIST_KEY_IGNORED,
                                   .key = shown_key(keytree_key(d->keys, c)),
                                   .message = STR("this is no element of the list, and says nothing"),
                                   .expected = STR("a number at the end of the key: 0, 1, 2 …") });
}

void decode_list(struct decoder *d, uint32_t node, struct list_value *field)
{
    if (d->from_file && d->keys->nodes.p[node].first) {
        decode_literal_list(d, node, field);
        return;
    }
    report_list_keys(d, node);
    if (!field || !keytree_has_value(d->keys, node))
        return;
    struct str text = keytree_text(d->keys, node, d->arena);
    if (text.n == 0)
        return;
    size_t n = split(text, NULL);
    struct str *v = ARENA_ARRAY(d->arena, struct str, n);
    split(text, v);
    *field = (struct list_value){ keytree_value_key(d->keys, node), v, n };
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair_value *x = a, *y = b;
    return str_cmp(x->name, y->name);
}

typedef VEC(struct pair_value) pairs;

/* Entries at the node and below: names of deeper ones are joined with dots. */
static void collect_pairs(struct decoder *d, uint32_t node, struct str name, pairs *out)
{
    if (keytree_has_value(d->keys, node))
        vec_push(out, (struct pair_value){ keytree_value_key(d->keys, node), name,
                                           keytree_text(d->keys, node, d->arena) });
    keytree_merge_children(d->keys, node, !d->from_file);
    for (uint32_t c = d->keys->nodes.p[node].first; c; c = d->keys->nodes.p[c].next) {
        struct str own = decode_name(d, c);
        collect_pairs(d, c, arena_printf(d->arena, "%.*s.%.*s", STR_ARG(name), STR_ARG(own)), out);
    }
}

/* Numbers as names: they were folded into a list (Traefik takes them for one, and drops the tree). */
static void collect_numbered(struct decoder *d, uint32_t node, pairs *out)
{
    const struct keytree_value *value = &d->keys->nodes.p[node].value;
    if (!value->folded || !keytree_has_value(d->keys, node))
        return;
    for (uint32_t i = value->first; i != KEYTREE_NO_VALUE; i = d->keys->items.p[i].next) {
        const struct kv_pair *pair = &d->keys->snapshot->pairs[d->keys->items.p[i].pair];
        struct str rest = pair->key, name = rest;
        while (rest.p)
            name = str_cut(&rest, '/');
        vec_push(out, (struct pair_value){ pair->key, name, pair->value });
    }
}

void decode_map(struct decoder *d, const struct schema_row *row, uint32_t node, struct map_value *field)
{
    pairs found = { 0 };
    if (field && row->type == SCHEMA_INT_MAP)
        collect_numbered(d, node, &found);
    keytree_merge_children(d->keys, node, !d->from_file);
    for (uint32_t c = d->keys->nodes.p[node].first; c; c = d->keys->nodes.p[c].next) {
        if (row->type == SCHEMA_INT_MAP)
            decode_scalar(d, &(struct schema_row){ .name = row->name, .type = SCHEMA_INT }, c, NULL);
        if (field)
            collect_pairs(d, c, decode_name(d, c), &found);
    }
    if (field) {
        struct pair_value *v = ARENA_ARRAY(d->arena, struct pair_value, found.n);
        if (found.n) {
            memcpy(v, found.p, found.n * sizeof *v);
            qsort(v, found.n, sizeof *v, compare_pairs);
        }
        *field = (struct map_value){ keytree_key(d->keys, node), v, found.n };
    }
    vec_fini(&found);
}
