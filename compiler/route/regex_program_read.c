/* Patterns to the trees that programs are written from. regex_parse has checked the pattern before: what is
 * read here is right. */
#include "route/regex_program_tree.h"

struct flags {
    bool folded, multi_line, dot_all, lazy;
};

typedef VEC(const struct program_node *) node_list;

struct reader {
    struct arena *arena;
    struct regex_cursor c;
    struct flags flags;
    struct program_tree *tree;
};

static struct program_node *node_new(struct reader *r, enum program_node_kind kind)
{
    struct program_node *node = ARENA_NEW(r->arena, struct program_node);
    node->kind = kind;
    node->nullable = kind == NODE_EMPTY || kind == NODE_PLACE;
    return node;
}

static bool at_text(const struct reader *r, const char *text)
{
    return str_starts(str_from(r->c.pattern, r->c.at), str_c(text));
}

static const struct program_node *place(struct reader *r, enum regex_step_kind kind)
{
    struct program_node *node = node_new(r, NODE_PLACE);
    node->place = kind;
    return node;
}

/* Takes over the set, cleaned. */
static const struct program_node *class_of(struct reader *r, struct rune_set *set)
{
    struct program_node *node = node_new(r, NODE_CLASS);
    size_t n = set->ranges.n;
    struct regex_range *ranges = ARENA_ARRAY(r->arena, struct regex_range, n);
    for (size_t i = 0; i < n; i++)
        ranges[i] = (struct regex_range){ set->ranges.p[i].lo, set->ranges.p[i].hi };
    /* U+FFFD also stands for bytes that are no UTF-8. */
    node->single = n == 1 && ranges[0].lo == ranges[0].hi && ranges[0].lo != UTF8_INVALID;
    node->literal = node->single ? ranges[0].lo : 0;
    if (!node->single) {
        node->number = (uint32_t)r->tree->sets.n;
        vec_push(&r->tree->sets, (struct regex_set){ ranges, n });
    }
    vec_fini(&set->ranges);
    return node;
}

static const struct program_node *rune_of(struct reader *r, uint32_t rune)
{
    struct rune_set set = { 0 };
    (r->flags.folded ? rune_set_add_folded : rune_set_add)(&set, rune, rune);
    rune_set_clean(&set);
    return class_of(r, &set);
}

static const struct program_node *dot(struct reader *r)
{
    struct rune_set set = { 0 };
    rune_set_add(&set, 0, r->flags.dot_all ? UTF8_MAX : '\n' - 1);
    if (!r->flags.dot_all)
        rune_set_add(&set, '\n' + 1, UTF8_MAX);
    rune_set_clean(&set);
    return class_of(r, &set);
}

static const struct program_node *join(struct reader *r, enum program_node_kind kind, const node_list *list)
{
    if (list->n == 1)
        return list->p[0];
    struct program_node *node = node_new(r, list->n ? kind : NODE_EMPTY);
    node->parts = ARENA_ARRAY(r->arena, const struct program_node *, list->n);
    node->n = list->n;
    node->nullable = kind == NODE_CONCAT || list->n == 0;
    for (size_t i = 0; i < list->n; i++) {
        node->parts[i] = list->p[i];
        node->nullable = kind == NODE_CONCAT ? node->nullable && list->p[i]->nullable
                                             : node->nullable || list->p[i]->nullable;
    }
    return node;
}

static const struct program_node *read_choice(struct reader *r);

static const struct program_node *read_inside(struct reader *r)
{
    struct flags outer = r->flags;
    const struct program_node *inner = read_choice(r);
    r->c.at++; /* ')' */
    r->flags = outer;
    return inner;
}

static const struct program_node *read_captured(struct reader *r, struct str name)
{
    struct program_node *node = node_new(r, NODE_GROUP);
    node->number = (uint32_t)r->tree->names.n;
    vec_push(&r->tree->names, name);
    node->parts = ARENA_ARRAY(r->arena, const struct program_node *, 1);
    node->parts[0] = read_inside(r);
    node->n = 1;
    node->nullable = node->parts[0]->nullable;
    return node;
}

/* "(?flags)" changes what follows, "(?flags:…)" what is inside: NULL for the former. */
static const struct program_node *read_flags(struct reader *r)
{
    struct flags outer = r->flags, flags = outer;
    bool on = true;
    for (r->c.at += 2;; r->c.at++) {
        char c = r->c.pattern.p[r->c.at];
        if (c == '-')
            on = false;
        else if (c == 'i')
            flags.folded = on;
        else if (c == 'm')
            flags.multi_line = on;
        else if (c == 's')
            flags.dot_all = on;
        else if (c == 'U')
            flags.lazy = on;
        else
            break;
    }
    bool group = r->c.pattern.p[r->c.at++] == ':';
    r->flags = flags;
    if (!group)
        return NULL;
    const struct program_node *inner = read_inside(r);
    r->flags = outer;
    return inner;
}

static const struct program_node *read_group(struct reader *r)
{
    bool named = at_text(r, "(?P<") || at_text(r, "(?<");
    if (!named && at_text(r, "(?"))
        return read_flags(r);
    struct str name = { 0 };
    r->c.at++;
    if (named) {
        struct str rest =
            str_from(r->c.pattern, r->c.at + str_find(str_from(r->c.pattern, r->c.at), '<') + 1);
        name = str_head(rest, str_find(rest, '>'));
        r->c.at = (size_t)(name.p - r->c.pattern.p) + name.n + 1;
    }
    return read_captured(r, name);
}

static const struct program_node *read_escape(struct reader *r)
{
    static const struct {
        char letter;
        enum regex_step_kind kind;
    } places[] = {
        { 'A', STEP_TEXT_START },
        { 'z', STEP_TEXT_END },
        { 'b', STEP_WORD_EDGE },
        { 'B', STEP_NO_WORD_EDGE },
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (r->c.pattern.p[r->c.at + 1] == places[i].letter) {
            r->c.at += 2;
            return place(r, places[i].kind);
        }
    struct rune_set set = { 0 };
    bool known = false;
    uint32_t rune = 0;
    r->c.folded = r->flags.folded;
    if (regex_read_class_escape(&r->c, &set, &known) && known) {
        rune_set_clean(&set);
        return class_of(r, &set);
    }
    vec_fini(&set.ranges);
    regex_read_escape(&r->c, &rune);
    return rune_of(r, rune);
}

static const struct program_node *read_brackets(struct reader *r)
{
    struct rune_set set = { 0 };
    r->c.folded = r->flags.folded;
    regex_read_brackets(&r->c, &set);
    return class_of(r, &set);
}

/* A repetition behind the last item, if one follows. */
static bool read_repeat(struct reader *r, node_list *items)
{
    uint32_t min = 0, max = REGEX_UNBOUNDED;
    if (r->c.at >= r->c.pattern.n || items->n == 0)
        return false;
    char c = r->c.pattern.p[r->c.at];
    if (c == '{') {
        if (!regex_read_bounds(&r->c, &min, &max))
            return false;
    } else if (c == '*' || c == '+' || c == '?') {
        r->c.at++;
        min = c == '+';
        max = c == '?' ? 1 : REGEX_UNBOUNDED;
    } else {
        return false;
    }
    struct program_node *node = node_new(r, NODE_REPEAT);
    bool marked = at_text(r, "?");
    r->c.at += marked;
    node->lazy = marked != r->flags.lazy;
    node->min = min;
    node->max = max;
    node->parts = ARENA_ARRAY(r->arena, const struct program_node *, 1);
    node->parts[0] = items->p[--items->n];
    node->n = 1;
    node->nullable = min == 0 || node->parts[0]->nullable;
    vec_push(items, node);
    return true;
}

static void read_quoted(struct reader *r, node_list *items)
{
    for (r->c.at += 2; r->c.at < r->c.pattern.n && !at_text(r, "\\E");) {
        uint32_t rune;
        if (!regex_next_rune(&r->c, &rune))
            return;
        vec_push(items, rune_of(r, rune));
    }
    if (at_text(r, "\\E"))
        r->c.at += 2;
}

static const struct program_node *read_item(struct reader *r)
{
    char c = r->c.pattern.p[r->c.at];
    uint32_t rune;
    switch (c) {
    case '(':
        return read_group(r);
    case '[':
        return read_brackets(r);
    case '\\':
        return read_escape(r);
    case '^':
        r->c.at++;
        return place(r, r->flags.multi_line ? STEP_LINE_START : STEP_TEXT_START);
    case '$':
        r->c.at++;
        return place(r, r->flags.multi_line ? STEP_LINE_END : STEP_TEXT_END);
    case '.':
        r->c.at++;
        return dot(r);
    default:
        return regex_next_rune(&r->c, &rune) ? rune_of(r, rune) : NULL;
    }
}

static const struct program_node *read_concat(struct reader *r)
{
    node_list items = { 0 };
    while (r->c.at < r->c.pattern.n && !at_text(r, "|") && !at_text(r, ")")) {
        if (read_repeat(r, &items))
            continue;
        if (at_text(r, "\\Q")) {
            read_quoted(r, &items);
            continue;
        }
        const struct program_node *item = read_item(r);
        if (item)
            vec_push(&items, item);
    }
    const struct program_node *node = join(r, NODE_CONCAT, &items);
    vec_fini(&items);
    return node;
}

static const struct program_node *read_choice(struct reader *r)
{
    node_list choices = { 0 };
    for (;;) {
        vec_push(&choices, read_concat(r));
        if (!at_text(r, "|"))
            break;
        r->c.at++;
    }
    const struct program_node *node = join(r, NODE_CHOICE, &choices);
    vec_fini(&choices);
    return node;
}

void program_tree_read(struct arena *arena, struct str pattern, struct program_tree *out)
{
    struct regex_fault unused;
    struct reader r = { .arena = arena, .c = { .pattern = pattern, .fault = &unused }, .tree = out };
    *out = (struct program_tree){ 0 };
    vec_push(&out->names, (struct str){ 0 });
    out->root = read_choice(&r);
}

void program_tree_fini(struct program_tree *tree)
{
    vec_fini(&tree->sets);
    vec_fini(&tree->names);
}
