/* What is known of a tree: where it can match, what it begins and ends with. */
#include "route/regex_tree.h"

bool regex_is_zero_width(const struct regex_node *node)
{
    if (node->op == REGEX_CLASS)
        return false;
    if (node->op == REGEX_REPEAT && node->max == 0)
        return true;
    bool inner = node->op == REGEX_CONCAT || node->op == REGEX_CHOICE || node->op == REGEX_REPEAT;
    for (size_t i = 0; inner && i < node->n; i++)
        if (!regex_is_zero_width(node->parts[i]))
            return false;
    return true;
}

bool regex_is_nullable(const struct regex_node *node)
{
    switch (node->op) {
    case REGEX_EMPTY:
        return true;
    case REGEX_REPEAT:
        return node->min == 0 || regex_is_nullable(node->parts[0]);
    case REGEX_CONCAT:
        for (size_t i = 0; i < node->n; i++)
            if (!regex_is_nullable(node->parts[i]))
                return false;
        return true;
    case REGEX_CHOICE:
        for (size_t i = 0; i < node->n; i++)
            if (regex_is_nullable(node->parts[i]))
                return true;
        return false;
    default:
        return false;
    }
}

/* Cannot match but at the start of the text. */
static bool is_anchored(const struct regex_node *node)
{
    switch (node->op) {
    case REGEX_TEXT_START:
        return true;
    case REGEX_REPEAT:
        return node->min > 0 && is_anchored(node->parts[0]);
    case REGEX_CONCAT:
        for (size_t i = 0; i < node->n; i++) {
            if (is_anchored(node->parts[i]))
                return true;
            if (!regex_is_zero_width(node->parts[i]))
                return false;
        }
        return false;
    case REGEX_CHOICE:
        for (size_t i = 0; i < node->n; i++)
            if (!is_anchored(node->parts[i]))
                return false;
        return true;
    default:
        return false;
    }
}

/* Whether the node can match from the middle of a character on: *passes says whether it may match nothing
 * there. */
bool regex_enters_middle(const struct regex_node *node, bool *passes)
{
    bool enters = false, part;
    *passes = false;
    switch (node->op) {
    case REGEX_EMPTY:
        *passes = true;
        return false;
    case REGEX_CLASS:
        return regex_class_has(node, UTF8_INVALID);
    case REGEX_NO_WORD_EDGE:
        return true;
    case REGEX_REPEAT:
        enters = regex_enters_middle(node->parts[0], &part);
        *passes = part || node->min == 0;
        return enters;
    case REGEX_CONCAT:
        for (size_t i = 0; i < node->n; i++) {
            if (regex_enters_middle(node->parts[i], &part))
                return true;
            if (!part)
                return false;
        }
        *passes = true;
        return false;
    case REGEX_CHOICE:
        for (size_t i = 0; i < node->n; i++) {
            enters = regex_enters_middle(node->parts[i], &part) || enters;
            *passes = *passes || part;
        }
        return enters;
    default:
        return false;
    }
}

/* Whether parts, and then what follows them, cannot match from the middle of a character on. */
bool regex_is_closed(const struct regex_node *const *parts, size_t n, bool closed_behind)
{
    for (size_t i = 0; i < n; i++) {
        bool passes;
        if (regex_enters_middle(parts[i], &passes))
            return false;
        if (!passes)
            return true;
    }
    return closed_behind;
}

/* A copy of a repetition that says no more than how often at least. */
static const struct regex_node *at_least(struct arena *arena, const struct regex_node *repeat)
{
    if (repeat->min == 1)
        return repeat->parts[0];
    struct regex_node *node = ARENA_NEW(arena, struct regex_node);
    *node = *repeat;
    node->max = node->min;
    return node;
}

typedef VEC(const struct regex_node *) nodes;

/* Puts the node, or its parts where it is a concat, to the end. */
static void push_parts(nodes *out, const struct regex_node *node)
{
    if (node->op != REGEX_CONCAT)
        vec_push(out, node);
    for (size_t i = 0; node->op == REGEX_CONCAT && i < node->n; i++)
        push_parts(out, node->parts[i]);
}

/* What the node may be replaced by at an end of the expression, where more than it needs does not count.
 * NULL: nothing at all; the node itself: it stays. */
static const struct regex_node *lessen(struct arena *arena, const struct regex_node *node)
{
    if (regex_is_nullable(node))
        return NULL;
    return node->op == REGEX_REPEAT && node->max != node->min ? at_least(arena, node) : node;
}

/* Lessens what stands at the end, until it stays. */
static void trim_end(struct arena *arena, nodes *parts)
{
    while (parts->n) {
        const struct regex_node *last = parts->p[parts->n - 1], *less = lessen(arena, last);
        if (less == last)
            return;
        parts->n--;
        if (less)
            push_parts(parts, less);
    }
}

static void reverse(nodes *parts)
{
    for (size_t i = 0; i < parts->n / 2; i++) {
        const struct regex_node *other = parts->p[parts->n - 1 - i];
        parts->p[parts->n - 1 - i] = parts->p[i];
        parts->p[i] = other;
    }
}

/* The same in front. */
static void trim_front(struct arena *arena, nodes *parts)
{
    nodes fresh = { 0 };
    reverse(parts);
    while (parts->n) {
        const struct regex_node *first = parts->p[parts->n - 1], *less = lessen(arena, first);
        if (less == first)
            break;
        parts->n--;
        if (!less)
            continue;
        fresh.n = 0;
        push_parts(&fresh, less);
        for (size_t i = fresh.n; i > 0; i--)
            vec_push(parts, fresh.p[i - 1]);
    }
    reverse(parts);
    vec_fini(&fresh);
}

/* The alternative without what says nothing about whether it matches: at the end, what may be missing; in
 * front too, where it may match anywhere. */
static struct regex_branch trim(struct arena *arena, const struct regex_node *node)
{
    nodes parts = { 0 };
    struct regex_branch out = { .anchored = is_anchored(node) };
    push_parts(&parts, node);
    trim_end(arena, &parts);
    if (!out.anchored)
        trim_front(arena, &parts);
    size_t from = 0;
    while (out.anchored && from < parts.n && parts.p[from]->op == REGEX_TEXT_START)
        from++;
    out.n = parts.n - from;
    const struct regex_node **kept = ARENA_ARRAY(arena, const struct regex_node *, out.n);
    if (out.n)
        memcpy(kept, parts.p + from, out.n * sizeof *kept);
    out.parts = kept;
    vec_fini(&parts);
    return out;
}

void regex_branches(struct arena *arena, struct regex *re)
{
    const struct regex_node *root = re->root;
    size_t n = root->op == REGEX_CHOICE ? root->n : 1;
    struct regex_branch *branches = ARENA_ARRAY(arena, struct regex_branch, n);
    for (size_t i = 0; i < n; i++) {
        branches[i] = trim(arena, root->op == REGEX_CHOICE ? root->parts[i] : root);
        re->always = re->always || branches[i].n == 0;
    }
    re->branches = branches;
    re->n_branches = n;
}

static bool accepts_nothing(const struct regex_node *node)
{
    switch (node->op) {
    case REGEX_CLASS:
    case REGEX_WORD_EDGE:
        return false;
    case REGEX_REPEAT:
        return node->min == 0 || accepts_nothing(node->parts[0]);
    case REGEX_CONCAT:
        for (size_t i = 0; i < node->n; i++)
            if (!accepts_nothing(node->parts[i]))
                return false;
        return true;
    case REGEX_CHOICE:
        for (size_t i = 0; i < node->n; i++)
            if (accepts_nothing(node->parts[i]))
                return true;
        return false;
    default:
        return true;
    }
}

bool regex_matches_empty(const struct regex *re)
{
    return accepts_nothing(re->root);
}

bool regex_is_always(const struct regex *re)
{
    return re->always;
}

/* The one byte sequence that a class stands for, if it does: p == NULL else. */
static struct str single(const struct regex_node *node, char bytes[4])
{
    if (node->op != REGEX_CLASS || node->n != 1 || node->ranges[0].lo != node->ranges[0].hi ||
        node->ranges[0].lo == UTF8_INVALID || (node->ranges[0].lo >= 0xd800 && node->ranges[0].lo < 0xe000))
        return (struct str){ 0 };
    return str_of(bytes, utf8_encode(bytes, node->ranges[0].lo));
}

enum { MAX_TEXT = 1 << 12 };

static bool put_prefix(struct buf *out, const struct regex_node *node);

/* What all parts begin with. */
static void put_common_prefix(struct buf *out, const struct regex_node *choice)
{
    struct buf all = { 0 }, one = { .limit = MAX_TEXT };
    for (size_t i = 0; i < choice->n; i++) {
        buf_reset(&one);
        put_prefix(&one, choice->parts[i]);
        size_t n = 0;
        while (n < one.n && n < all.n && one.p[n] == all.p[n])
            n++;
        if (i == 0)
            buf_put(&all, buf_str(&one));
        else
            all.n = n;
    }
    buf_put(out, buf_str(&all));
    buf_fini(&all);
    buf_fini(&one);
}

/* Appends what every match of the node begins with; whether that is all that it matches. */
static bool put_prefix(struct buf *out, const struct regex_node *node)
{
    char bytes[4];
    struct str text = single(node, bytes);
    if (text.p)
        buf_put(out, text);
    if (text.p || node->op == REGEX_EMPTY)
        return !out->failed;
    if (node->op == REGEX_CONCAT) {
        for (size_t i = 0; i < node->n; i++)
            if (!put_prefix(out, node->parts[i]))
                return false;
        return true;
    }
    if (node->op == REGEX_CHOICE)
        put_common_prefix(out, node);
    if (node->op != REGEX_REPEAT)
        return false;
    for (uint32_t i = 0; i < node->min; i++)
        if (!put_prefix(out, node->parts[0]))
            return false;
    return node->min == node->max;
}

struct str regex_prefix(struct arena *arena, const struct regex *re)
{
    struct buf out = { .limit = MAX_TEXT };
    bool known = re->n_branches == 1 && re->branches[0].anchored;
    for (size_t i = 0; known && i < re->branches[0].n; i++)
        known = put_prefix(&out, re->branches[0].parts[i]);
    struct str prefix = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return prefix;
}

/* The single characters in front of the end, last first: the rest is not looked into. */
struct str regex_suffix(struct arena *arena, const struct regex *re)
{
    struct regex_branch b = re->n_branches ? re->branches[0] : (struct regex_branch){ 0 };
    struct buf out = { 0 };
    char bytes[4];
    if (re->n_branches == 1 && b.n && b.parts[b.n - 1]->op == REGEX_TEXT_END) {
        size_t from = b.n - 1;
        while (from && single(b.parts[from - 1], bytes).p)
            from--;
        for (; from + 1 < b.n; from++)
            buf_put(&out, single(b.parts[from], bytes));
    }
    struct str suffix = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return suffix;
}

bool regex_is_text(struct arena *arena, const struct regex *re, struct str *text, bool *whole)
{
    char bytes[4];
    struct buf out = { 0 };
    struct regex_branch b = re->n_branches ? re->branches[0] : (struct regex_branch){ 0 };
    bool known = re->n_branches == 1 && b.anchored && b.n > 0;
    *whole = known && b.parts[b.n - 1]->op == REGEX_TEXT_END;
    size_t n = b.n - *whole;
    for (size_t i = 0; known && i < n; i++) {
        struct str one = single(b.parts[i], bytes);
        known = one.p != NULL;
        if (known)
            buf_put(&out, one);
    }
    if (known)
        *text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return known;
}
