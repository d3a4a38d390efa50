/* Nodes of regular expressions. */
#include "route/regex_parser.h"

bool regex_parser_fail(struct regex_parser *p, size_t at, const char *message, const char *expected)
{
    return regex_fail(&p->c, at, message, expected);
}

bool regex_parser_too_large(struct regex_parser *p)
{
    p->c.at = p->c.pattern.n;
    regex_parser_fail(p, 0, "the pattern is too large for PCRE2", NULL);
    p->c.fault->too_large = true;
    return false;
}

struct regex_node *regex_node_create(struct regex_parser *p, enum regex_op op)
{
    struct regex_node *node = ARENA_NEW(p->arena, struct regex_node);
    node->op = op;
    node->height = 1;
    return node;
}

static bool check_limits(struct regex_parser *p, const struct regex_node *node)
{
    if (p->n_ranges > MAX_RANGES || p->n_parts > MAX_PARTS)
        return regex_parser_too_large(p);
    return node->height <= MAX_HEIGHT ||
           regex_parser_fail(p, 0, "the pattern nests too deeply for Go", "1,000 levels at most");
}

bool regex_push(struct regex_parser *p, const struct regex_node *node)
{
    vec_push(&p->items, node);
    return check_limits(p, node);
}

bool regex_push_op(struct regex_parser *p, enum regex_op op)
{
    return regex_push(p, regex_node_create(p, op));
}

/* Takes over the set. */
static struct regex_node *class_create(struct regex_parser *p, struct rune_set *set)
{
    struct regex_node *node = regex_node_create(p, REGEX_CLASS);
    size_t n = set->ranges.n;
    struct rune_range *ranges = ARENA_ARRAY(p->arena, struct rune_range, n);
    if (n)
        memcpy(ranges, set->ranges.p, n * sizeof *ranges);
    node->n = (uint32_t)n;
    node->ranges = ranges;
    p->n_ranges += n;
    vec_fini(&set->ranges);
    return node;
}

bool regex_push_class(struct regex_parser *p, struct rune_set *set)
{
    return regex_push(p, class_create(p, set));
}

bool regex_push_rune(struct regex_parser *p, uint32_t rune)
{
    struct rune_set set = { 0 };
    (p->flags.folded ? rune_set_add_folded : rune_set_add)(&set, rune, rune);
    rune_set_clean(&set);
    struct regex_node *node = class_create(p, &set);
    node->folded = p->flags.folded;
    return regex_push(p, node);
}

bool regex_push_dot(struct regex_parser *p)
{
    struct rune_set set = { 0 };
    if (p->flags.dot_all) {
        rune_set_add(&set, 0, UTF8_MAX);
    } else {
        rune_set_add(&set, 0, '\n' - 1);
        rune_set_add(&set, '\n' + 1, UTF8_MAX);
    }
    return regex_push_class(p, &set);
}

/* A part that Go keeps in one node with its neighbours of the same kind. */
static bool is_literal(const struct regex_node *node)
{
    return node->op == REGEX_CLASS && !node->captured &&
           (node->folded || (node->n == 1 && node->ranges[0].lo == node->ranges[0].hi));
}

/* A concat or choice of the nodes, with those of the same kind among them dissolved. */
static const struct regex_node *join(struct regex_parser *p, enum regex_op op,
                                     const struct regex_node *const *nodes_, size_t n)
{
    size_t total = 0, height = 0;
    bool literal = op == REGEX_CONCAT;
    if (n == 1)
        return nodes_[0];
    for (size_t i = 0; i < n; i++) {
        bool dissolves = nodes_[i]->op == op && !nodes_[i]->captured;
        size_t below = nodes_[i]->height - (size_t)(dissolves && nodes_[i]->height > 1);
        total += dissolves ? nodes_[i]->n : 1;
        height = below > height ? below : height;
        literal = literal && is_literal(nodes_[i]) && nodes_[i]->folded == nodes_[0]->folded;
    }
    struct regex_node *node = regex_node_create(p, op);
    const struct regex_node **parts = ARENA_ARRAY(p->arena, const struct regex_node *, total);
    for (size_t i = 0; i < n; i++) {
        if (nodes_[i]->op != op || nodes_[i]->captured) {
            parts[node->n++] = nodes_[i];
            continue;
        }
        memcpy(parts + node->n, nodes_[i]->parts, nodes_[i]->n * sizeof *parts);
        node->n += nodes_[i]->n;
    }
    node->parts = parts;
    node->height = literal ? 1 : (uint32_t)height + 1;
    p->n_parts += total;
    return node;
}

/* One class of all alternatives that are classes: which of them matches does not count. */
static void merge_classes(struct regex_parser *p, size_t from)
{
    const struct regex_node **all = p->choices.p + from;
    size_t n = p->choices.n - from, n_classes = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        n_classes += all[i]->op == REGEX_CLASS;
    if (n_classes < 2)
        return;
    struct rune_set set = { 0 };
    size_t first = n;
    for (size_t i = 0; i < n; i++) {
        if (all[i]->op != REGEX_CLASS) {
            all[kept++] = all[i];
            continue;
        }
        for (size_t j = 0; j < all[i]->n; j++)
            rune_set_add(&set, all[i]->ranges[j].lo, all[i]->ranges[j].hi);
        if (first == n)
            first = kept++;
    }
    rune_set_clean(&set);
    all[first] = class_create(p, &set);
    p->choices.n = from + kept;
}

/* The alternative that was being read becomes one of its group. */
bool regex_finish_alternative(struct regex_parser *p, size_t items)
{
    const struct regex_node *node = p->items.n == items
                                        ? regex_node_create(p, REGEX_EMPTY)
                                        : join(p, REGEX_CONCAT, p->items.p + items, p->items.n - items);
    p->items.n = items;
    vec_push(&p->choices, node);
    return check_limits(p, node);
}

/* All of a group's alternatives as one node. */
const struct regex_node *regex_finish_group(struct regex_parser *p, size_t items, size_t choices)
{
    if (!regex_finish_alternative(p, items))
        return NULL;
    merge_classes(p, choices);
    const struct regex_node *node = join(p, REGEX_CHOICE, p->choices.p + choices, p->choices.n - choices);
    p->choices.n = choices;
    return check_limits(p, node) ? node : NULL;
}
