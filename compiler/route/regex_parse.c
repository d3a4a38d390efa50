/* Patterns to trees: the grammar of Go's regexp/syntax with the flags that regexp.Compile uses. One pass with
 * a list of open groups, no recursion. What Go refuses is refused, for whatever reason comes first. */
#include "route/regex_tree.h"

/* Go's limits … */
enum { MAX_REPEAT = 1000, MAX_HEIGHT = 1000 };
/* … and ours, far beyond what PCRE2 compiles: of the pattern, of all ranges of all sets, of all parts of all
 * nodes (each level of groups copies them). */
enum { MAX_BYTES = 1 << 16, MAX_RANGES = 1 << 18, MAX_PARTS = 1 << 18 };

struct flags {
    bool folded, multi_line, dot_all; /* (?i) (?m) (?s); (?U) changes nothing that counts */
};

typedef VEC(const struct regex_node *) nodes;

struct group {
    size_t items, choices; /* where its own begin */
    size_t at;
    bool captured;
    struct flags outer;
};

struct parser {
    struct arena *arena;
    struct regex_cursor c;
    struct flags flags;
    nodes items;   /* of the alternative that is being read, behind those of the groups around */
    nodes choices; /* finished alternatives, as well */
    VEC(struct group) groups;
    size_t n_ranges, n_parts;
    bool after_repeat; /* the last thing read was a repetition */
};

static bool fail(struct parser *p, size_t at, const char *message, const char *expected)
{
    return regex_fail(&p->c, at, message, expected);
}

static bool fail_too_large(struct parser *p)
{
    p->c.at = p->c.pattern.n;
    fail(p, 0, "the pattern is too large for PCRE2", NULL);
    p->c.fault->too_large = true;
    return false;
}

static struct regex_node *node_create(struct parser *p, enum regex_op op)
{
    struct regex_node *node = ARENA_NEW(p->arena, struct regex_node);
    node->op = op;
    node->height = 1;
    return node;
}

static bool check_limits(struct parser *p, const struct regex_node *node)
{
    if (p->n_ranges > MAX_RANGES || p->n_parts > MAX_PARTS)
        return fail_too_large(p);
    return node->height <= MAX_HEIGHT ||
           fail(p, 0, "the pattern nests too deeply for Go", "1,000 levels at most");
}

static bool push(struct parser *p, const struct regex_node *node)
{
    vec_push(&p->items, node);
    return check_limits(p, node);
}

static bool push_op(struct parser *p, enum regex_op op)
{
    return push(p, node_create(p, op));
}

/* Takes over the set. */
static struct regex_node *class_create(struct parser *p, struct rune_set *set)
{
    struct regex_node *node = node_create(p, REGEX_CLASS);
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

static bool push_class(struct parser *p, struct rune_set *set)
{
    return push(p, class_create(p, set));
}

static bool push_rune(struct parser *p, uint32_t rune)
{
    struct rune_set set = { 0 };
    (p->flags.folded ? rune_set_add_folded : rune_set_add)(&set, rune, rune);
    rune_set_clean(&set);
    struct regex_node *node = class_create(p, &set);
    node->folded = p->flags.folded;
    return push(p, node);
}

static bool push_dot(struct parser *p)
{
    struct rune_set set = { 0 };
    if (p->flags.dot_all) {
        rune_set_add(&set, 0, UTF8_MAX);
    } else {
        rune_set_add(&set, 0, '\n' - 1);
        rune_set_add(&set, '\n' + 1, UTF8_MAX);
    }
    return push_class(p, &set);
}

/* A part that Go keeps in one node with its neighbours of the same kind. */
static bool is_literal(const struct regex_node *node)
{
    return node->op == REGEX_CLASS && !node->captured &&
           (node->folded || (node->n == 1 && node->ranges[0].lo == node->ranges[0].hi));
}

/* A concat or choice of the nodes, with those of the same kind among them dissolved. */
static const struct regex_node *join(struct parser *p, enum regex_op op,
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
    struct regex_node *node = node_create(p, op);
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
static void merge_classes(struct parser *p, size_t from)
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
static bool finish_alternative(struct parser *p, size_t items)
{
    const struct regex_node *node = p->items.n == items
                                        ? node_create(p, REGEX_EMPTY)
                                        : join(p, REGEX_CONCAT, p->items.p + items, p->items.n - items);
    p->items.n = items;
    vec_push(&p->choices, node);
    return check_limits(p, node);
}

/* All of a group's alternatives as one node. */
static const struct regex_node *finish_group(struct parser *p, size_t items, size_t choices)
{
    if (!finish_alternative(p, items))
        return NULL;
    merge_classes(p, choices);
    const struct regex_node *node = join(p, REGEX_CHOICE, p->choices.p + choices, p->choices.n - choices);
    p->choices.n = choices;
    return check_limits(p, node) ? node : NULL;
}

static struct group innermost(const struct parser *p)
{
    return p->groups.n ? p->groups.p[p->groups.n - 1] : (struct group){ 0 };
}

static void open_group(struct parser *p, size_t at, bool captured, struct flags outer)
{
    vec_push(
        &p->groups,
        (struct group){
            .items = p->items.n, .choices = p->choices.n, .at = at, .captured = captured, .outer = outer });
}

static bool close_group(struct parser *p)
{
    struct group group = innermost(p);
    size_t at = p->c.at++;
    if (p->groups.n == 0)
        return fail(p, at, "no ( belongs to this )", "\\)");
    p->groups.n--;
    const struct regex_node *inner = finish_group(p, group.items, group.choices);
    if (!inner)
        return false;
    p->flags = group.outer;
    if (!group.captured)
        return push(p, inner);
    struct regex_node *node = node_create(p, inner->op);
    *node = *inner;
    node->captured = true;
    node->height = inner->height + 1;
    return push(p, node);
}

/* "(?P<name>" and "(?<name>". */
static bool open_named(struct parser *p, size_t name_at)
{
    size_t at = p->c.at, end = str_find(str_from(p->c.pattern, name_at), '>');
    struct str name = str_head(str_from(p->c.pattern, name_at), end);
    bool valid = name.n > 0 && name_at + end < p->c.pattern.n;
    for (size_t i = 0; i < name.n; i++) {
        char lower = ascii_lower(name.p[i]);
        valid = valid && (lower == '_' || ascii_is_digit(lower) || (lower >= 'a' && lower <= 'z'));
    }
    p->c.at = name_at + end;
    if (!valid && name.n && (name.p[0] == '=' || name.p[0] == '!')) {
        p->c.at = name_at + 1;
        return fail(p, at, "Go has no look-behind", NULL);
    }
    if (!valid)
        return fail(p, at, "a group's name has letters, digits and _ only", "(?P<name>…)");
    p->c.at++;
    open_group(p, at, true, p->flags);
    return true;
}

static bool fail_flags(struct parser *p, size_t at, uint32_t rune)
{
    if (p->c.at == at + 3 && (rune == '=' || rune == '!'))
        return fail(p, at, "Go has no look-ahead", NULL);
    if (p->c.at == at + 3 && rune == '>')
        return fail(p, at, "Go has no atomic groups", "(?:…)");
    return fail(p, at, "Go knows no such group", "(?:…), (?P<name>…) or flags as in (?i)");
}

/* "(?" with flags, then ':' or ')'. */
static bool open_flags(struct parser *p)
{
    size_t at = p->c.at;
    struct flags flags = p->flags;
    bool on = true, seen = true;
    uint32_t rune = 0;
    p->c.at += 2;
    while (p->c.at < p->c.pattern.n) {
        if (!regex_next_rune(&p->c, &rune))
            return false;
        bool *flag = rune == 'i' ? &flags.folded : rune == 'm' ? &flags.multi_line : &flags.dot_all;
        if (rune == 'i' || rune == 'm' || rune == 's' || rune == 'U') {
            if (rune != 'U')
                *flag = on;
            seen = true;
        } else if (rune == '-' && on) {
            on = seen = false;
        } else if ((rune == ':' || rune == ')') && seen) {
            if (rune == ':')
                open_group(p, at, false, p->flags);
            p->flags = flags;
            return true;
        } else {
            break;
        }
    }
    return fail_flags(p, at, rune);
}

static bool read_open(struct parser *p)
{
    struct str rest = str_from(p->c.pattern, p->c.at);
    if (rest.n > 4 && str_starts(rest, STR("(?P<")))
        return open_named(p, p->c.at + 4);
    if (rest.n > 3 && str_starts(rest, STR("(?<")))
        return open_named(p, p->c.at + 3);
    if (str_starts(rest, STR("(?")))
        return open_flags(p);
    open_group(p, p->c.at++, true, p->flags);
    return true;
}

/* Whether no innermost thing is repeated more than `most` times by {…} within each other. */
static bool repeats_are_few(const struct regex_node *node, uint32_t most)
{
    if (node->op == REGEX_REPEAT && node->counted) {
        uint32_t n = node->max == REGEX_UNBOUNDED ? node->min : node->max;
        if (node->max == 0)
            return true;
        if (n > most)
            return false;
        if (n > 0)
            most /= n;
    }
    bool inner = node->op == REGEX_CONCAT || node->op == REGEX_CHOICE || node->op == REGEX_REPEAT;
    for (size_t i = 0; inner && i < node->n; i++)
        if (!repeats_are_few(node->parts[i], most))
            return false;
    return true;
}

/* The cursor is behind the operator that begins at `at`. */
static bool repeat(struct parser *p, size_t at, uint32_t min, uint32_t max, bool counted)
{
    if (str_starts(str_from(p->c.pattern, p->c.at), STR("?")))
        p->c.at++;
    if (p->after_repeat)
        return fail(p, at, "two repetitions behind each other", "parentheses around the first");
    if (p->items.n == innermost(p).items)
        return fail(p, at, "nothing stands before the repetition", NULL);
    const struct regex_node *inner = p->items.p[--p->items.n];
    struct regex_node *node = node_create(p, REGEX_REPEAT);
    const struct regex_node **parts = ARENA_ARRAY(p->arena, const struct regex_node *, 1);
    parts[0] = inner;
    node->parts = parts;
    node->n = 1;
    node->min = min;
    node->max = max;
    node->counted = counted;
    node->height = inner->height + 1;
    if (!push(p, node))
        return false;
    bool copies = counted && (min >= 2 || (max >= 2 && max != REGEX_UNBOUNDED));
    return !copies || repeats_are_few(node, MAX_REPEAT) ||
           fail(p, at, "more than 1,000 repetitions within each other", NULL);
}

/* A number of s from *at on: false where there is none, or a leading zero. */
static bool read_count(struct str s, size_t *at, uint32_t *count)
{
    size_t from = *at;
    *count = 0;
    while (*at < s.n && ascii_is_digit(s.p[*at])) {
        *count = *count > MAX_REPEAT ? *count : *count * 10 + (uint32_t)(s.p[*at] - '0');
        (*at)++;
    }
    return *at > from && (s.p[from] != '0' || *at == from + 1);
}

/* {n}, {n,} or {n,m}; anything else is a brace that stands for itself. */
static bool read_brace(struct parser *p)
{
    struct str s = p->c.pattern;
    size_t at = p->c.at, next = at + 1;
    uint32_t min, max;
    bool valid = read_count(s, &next, &min);
    max = min;
    if (valid && next < s.n && s.p[next] == ',') {
        next++;
        max = REGEX_UNBOUNDED;
        if (next < s.n && s.p[next] != '}')
            valid = read_count(s, &next, &max);
    }
    if (!valid || next >= s.n || s.p[next] != '}') {
        p->c.at++;
        p->after_repeat = false;
        return push_rune(p, '{');
    }
    p->c.at = next + 1;
    bool too_many = min > MAX_REPEAT || (max != REGEX_UNBOUNDED && max > MAX_REPEAT);
    if (too_many)
        return fail(p, at, "more than 1,000 repetitions", NULL);
    if (max < min)
        return fail(p, at, "the repetition's bounds are the wrong way round", NULL);
    bool ok = repeat(p, at, min, max, true);
    p->after_repeat = true;
    return ok;
}

/* "\Q": all up to "\E" stands for itself. */
static bool read_quoted(struct parser *p)
{
    p->c.at += 2;
    while (p->c.at < p->c.pattern.n) {
        uint32_t rune;
        if (str_starts(str_from(p->c.pattern, p->c.at), STR("\\E"))) {
            p->c.at += 2;
            return true;
        }
        if (!regex_next_rune(&p->c, &rune) || !push_rune(p, rune))
            return false;
    }
    return true;
}

static bool read_backslash(struct parser *p)
{
    struct str rest = str_from(p->c.pattern, p->c.at);
    struct rune_set set = { 0 };
    uint32_t rune;
    bool known = false;
    switch (rest.n > 1 ? rest.p[1] : '\0') {
    case 'A':
        p->c.at += 2;
        return push_op(p, REGEX_TEXT_START);
    case 'z':
        p->c.at += 2;
        return push_op(p, REGEX_TEXT_END);
    case 'b':
        p->c.at += 2;
        return push_op(p, REGEX_WORD_EDGE);
    case 'B':
        p->c.at += 2;
        return push_op(p, REGEX_NO_WORD_EDGE);
    case 'Q':
        return read_quoted(p);
    default:
        break;
    }
    p->c.folded = p->flags.folded;
    bool ok = regex_read_class_escape(&p->c, &set, &known);
    if (ok && known) {
        rune_set_clean(&set);
        return push_class(p, &set);
    }
    vec_fini(&set.ranges);
    return ok && regex_read_escape(&p->c, &rune) && push_rune(p, rune);
}

static bool read_class(struct parser *p)
{
    struct rune_set set = { 0 };
    p->c.folded = p->flags.folded;
    if (regex_read_brackets(&p->c, &set))
        return push_class(p, &set);
    vec_fini(&set.ranges);
    return false;
}

static bool read_operator(struct parser *p, char c)
{
    size_t at = p->c.at++;
    switch (c) {
    case '|':
        return finish_alternative(p, innermost(p).items);
    case '^':
        return push_op(p, p->flags.multi_line ? REGEX_LINE_START : REGEX_TEXT_START);
    case '$':
        return push_op(p, p->flags.multi_line ? REGEX_LINE_END : REGEX_TEXT_END);
    case '.':
        return push_dot(p);
    default: {
        bool ok = repeat(p, at, c == '+', c == '?' ? 1 : REGEX_UNBOUNDED, false);
        p->after_repeat = true;
        return ok;
    }
    }
}

static bool read_next(struct parser *p)
{
    char c = p->c.pattern.p[p->c.at];
    uint32_t rune;
    bool is_repeat = c == '*' || c == '+' || c == '?' || c == '{';
    if (!is_repeat)
        p->after_repeat = false;
    switch (c) {
    case '(':
        return read_open(p);
    case ')':
        return close_group(p);
    case '[':
        return read_class(p);
    case '{':
        return read_brace(p);
    case '\\':
        return read_backslash(p);
    case '|':
    case '^':
    case '$':
    case '.':
    case '*':
    case '+':
    case '?':
        return read_operator(p, c);
    default:
        return regex_next_rune(&p->c, &rune) && push_rune(p, rune);
    }
}

static const struct regex_node *parse(struct parser *p)
{
    if (p->c.pattern.n > MAX_BYTES) {
        fail_too_large(p);
        return NULL;
    }
    while (p->c.at < p->c.pattern.n)
        if (!read_next(p))
            return NULL;
    if (p->groups.n) {
        p->c.at = innermost(p).at + 1;
        fail(p, innermost(p).at, "this ( is not closed", ")");
        return NULL;
    }
    return finish_group(p, 0, 0);
}

const struct regex_node *regex_tree_parse(struct arena *arena, struct str pattern, struct regex_fault *fault)
{
    *fault = (struct regex_fault){ 0 };
    struct parser p = { .arena = arena, .c = { .pattern = pattern, .fault = fault } };
    const struct regex_node *root = parse(&p);
    vec_fini(&p.items);
    vec_fini(&p.choices);
    vec_fini(&p.groups);
    return root;
}
