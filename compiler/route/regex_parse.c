/* Patterns to trees: the grammar of Go's regexp/syntax with the flags that regexp.Compile uses. One pass with
 * a list of open groups, no recursion. What Go refuses is refused, for whatever reason comes first. */
#include "route/regex_parser.h"

static struct regex_group innermost(const struct regex_parser *p)
{
    return p->groups.n ? p->groups.p[p->groups.n - 1] : (struct regex_group){ 0 };
}

static void open_group(struct regex_parser *p, size_t at, bool captured, struct regex_flags outer)
{
    vec_push(
        &p->groups,
        (struct regex_group){
            .items = p->items.n, .choices = p->choices.n, .at = at, .captured = captured, .outer = outer });
}

static bool close_group(struct regex_parser *p)
{
    struct regex_group group = innermost(p);
    size_t at = p->c.at++;
    if (p->groups.n == 0)
        return regex_parser_fail(p, at, "no ( belongs to this )", "\\)");
    p->groups.n--;
    const struct regex_node *inner = regex_finish_group(p, group.items, group.choices);
    if (!inner)
        return false;
    p->flags = group.outer;
    if (!group.captured)
        return regex_push(p, inner);
    struct regex_node *node = regex_node_create(p, inner->op);
    *node = *inner;
    node->captured = true;
    node->height = inner->height + 1;
    return regex_push(p, node);
}

/* "(?P<name>" and "(?<name>". */
static bool open_named(struct regex_parser *p, size_t name_at)
{
    size_t at = p->c.at, end = str_find(str_from(p->c.pattern, name_at), '>');
    struct str name = str_head(str_from(p->c.pattern, name_at), end);
    bool valid = name.n > 0 && name_at + end < p->c.pattern.n && str_is_of(name, "_");
    p->c.at = name_at + end;
    if (!valid && name.n && (name.p[0] == '=' || name.p[0] == '!')) {
        p->c.at = name_at + 1;
        return regex_parser_fail(p, at, "Go has no look-behind", NULL);
    }
    if (!valid)
        return regex_parser_fail(p, at, "a group's name has letters, digits and _ only", "(?P<name>…)");
    p->c.at++;
    open_group(p, at, true, p->flags);
    return true;
}

static bool fail_flags(struct regex_parser *p, size_t at, uint32_t rune)
{
    if (p->c.at == at + 3 && (rune == '=' || rune == '!'))
        return regex_parser_fail(p, at, "Go has no look-ahead", NULL);
    if (p->c.at == at + 3 && rune == '>')
        return regex_parser_fail(p, at, "Go has no atomic groups", "(?:…)");
    return regex_parser_fail(p, at, "Go knows no such group", "(?:…), (?P<name>…) or flags as in (?i)");
}

/* "(?" with flags, then ':' or ')'. */
static bool open_flags(struct regex_parser *p)
{
    size_t at = p->c.at;
    struct regex_flags flags = p->flags;
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

static bool read_open(struct regex_parser *p)
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
static bool repeat(struct regex_parser *p, size_t at, uint32_t min, uint32_t max, bool counted)
{
    if (str_starts(str_from(p->c.pattern, p->c.at), STR("?")))
        p->c.at++;
    if (p->after_repeat)
        return regex_parser_fail(p, at, "two repetitions behind each other", "parentheses around the first");
    if (p->items.n == innermost(p).items)
        return regex_parser_fail(p, at, "nothing stands before the repetition", NULL);
    const struct regex_node *inner = p->items.p[--p->items.n];
    struct regex_node *node = regex_node_create(p, REGEX_REPEAT);
    const struct regex_node **parts = ARENA_ARRAY(p->arena, const struct regex_node *, 1);
    parts[0] = inner;
    node->parts = parts;
    node->n = 1;
    node->min = min;
    node->max = max;
    node->counted = counted;
    node->height = inner->height + 1;
    if (!regex_push(p, node))
        return false;
    bool copies = counted && (min >= 2 || (max >= 2 && max != REGEX_UNBOUNDED));
    return !copies || repeats_are_few(node, MAX_REPEAT) ||
           regex_parser_fail(p, at, "more than 1,000 repetitions within each other", NULL);
}

/* {n}, {n,} or {n,m}; anything else is a brace that stands for itself. */
static bool read_brace(struct regex_parser *p)
{
    size_t at = p->c.at;
    uint32_t min, max;
    if (!regex_read_bounds(&p->c, &min, &max)) {
        p->c.at++;
        p->after_repeat = false;
        return regex_push_rune(p, '{');
    }
    bool too_many = min > MAX_REPEAT || (max != REGEX_UNBOUNDED && max > MAX_REPEAT);
    if (too_many)
        return regex_parser_fail(p, at, "more than 1,000 repetitions", NULL);
    if (max < min)
        return regex_parser_fail(p, at, "the repetition's bounds are the wrong way round", NULL);
    bool ok = repeat(p, at, min, max, true);
    p->after_repeat = true;
    return ok;
}

/* "\Q": all up to "\E" stands for itself. */
static bool read_quoted(struct regex_parser *p)
{
    p->c.at += 2;
    while (p->c.at < p->c.pattern.n) {
        uint32_t rune;
        if (str_starts(str_from(p->c.pattern, p->c.at), STR("\\E"))) {
            p->c.at += 2;
            return true;
        }
        if (!regex_next_rune(&p->c, &rune) || !regex_push_rune(p, rune))
            return false;
    }
    return true;
}

static bool read_backslash(struct regex_parser *p)
{
    struct str rest = str_from(p->c.pattern, p->c.at);
    struct rune_set set = { 0 };
    uint32_t rune;
    bool known = false;
    switch (rest.n > 1 ? rest.p[1] : '\0') {
    case 'A':
        p->c.at += 2;
        return regex_push_op(p, REGEX_TEXT_START);
    case 'z':
        p->c.at += 2;
        return regex_push_op(p, REGEX_TEXT_END);
    case 'b':
        p->c.at += 2;
        return regex_push_op(p, REGEX_WORD_EDGE);
    case 'B':
        p->c.at += 2;
        return regex_push_op(p, REGEX_NO_WORD_EDGE);
    case 'Q':
        return read_quoted(p);
    default:
        break;
    }
    p->c.folded = p->flags.folded;
    bool ok = regex_read_class_escape(&p->c, &set, &known);
    if (ok && known) {
        rune_set_clean(&set);
        return regex_push_class(p, &set);
    }
    vec_fini(&set.ranges);
    return ok && regex_read_escape(&p->c, &rune) && regex_push_rune(p, rune);
}

static bool read_class(struct regex_parser *p)
{
    struct rune_set set = { 0 };
    p->c.folded = p->flags.folded;
    if (regex_read_brackets(&p->c, &set))
        return regex_push_class(p, &set);
    vec_fini(&set.ranges);
    return false;
}

static bool read_operator(struct regex_parser *p, char c)
{
    size_t at = p->c.at++;
    switch (c) {
    case '|':
        return regex_finish_alternative(p, innermost(p).items);
    case '^':
        return regex_push_op(p, p->flags.multi_line ? REGEX_LINE_START : REGEX_TEXT_START);
    case '$':
        return regex_push_op(p, p->flags.multi_line ? REGEX_LINE_END : REGEX_TEXT_END);
    case '.':
        return regex_push_dot(p);
    default: {
        bool ok = repeat(p, at, c == '+', c == '?' ? 1 : REGEX_UNBOUNDED, false);
        p->after_repeat = true;
        return ok;
    }
    }
}

static bool read_next(struct regex_parser *p)
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
        return regex_next_rune(&p->c, &rune) && regex_push_rune(p, rune);
    }
}

static const struct regex_node *parse(struct regex_parser *p)
{
    if (p->c.pattern.n > MAX_BYTES) {
        regex_parser_too_large(p);
        return NULL;
    }
    while (p->c.at < p->c.pattern.n)
        if (!read_next(p))
            return NULL;
    if (p->groups.n) {
        p->c.at = innermost(p).at + 1;
        regex_parser_fail(p, innermost(p).at, "this ( is not closed", ")");
        return NULL;
    }
    return regex_finish_group(p, 0, 0);
}

const struct regex_node *regex_tree_parse(struct arena *arena, struct str pattern, struct regex_fault *fault)
{
    *fault = (struct regex_fault){ 0 };
    struct regex_parser p = { .arena = arena, .c = { .pattern = pattern, .fault = fault } };
    const struct regex_node *root = parse(&p);
    vec_fini(&p.items);
    vec_fini(&p.choices);
    vec_fini(&p.groups);
    return root;
}
