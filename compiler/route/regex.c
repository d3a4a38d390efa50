/* Trees to PCRE2. Big sets that are used more than once are written once, in groups in front that are never
 * entered, and called: (?:(?J)(?<x>…)){0} and (?-1). */
#include "route/regex_run.h"
#include "route/regex_tree.h"

/* A set that is worth a group of its own if it occurs more often than once. */
enum { BIG_CLASS = 100, MANY = 1 << 20 };

/* Upper bounds of what things are in PCRE2's compiled form, in bytes. */
enum {
    HEAD_SIZE = 200,
    CALL_SIZE = 16,
    GROUP_SIZE = 14,
    ATOM_SIZE = 4,
    ASSERTION_SIZE = 100,
    TOO_LARGE = 1 << 20
};

/* What is let through without a look at what PCRE2 says to it; and the depth of parentheses (of 250). */
enum { SAFE_SIZE = 20000, MAX_DEPTH = 200, CLASS_DEPTH = 6 };

struct shared {
    const struct regex_node *class;
    size_t size, uses; /* compiled; how often it would stand in the compiled form */
    size_t index;      /* among those that are written in front, from 1; 0: it is not */
};

struct emitter {
    struct buf *out;
    const char *start;
    bool ascii;
    bool counting; /* what is written is thrown away: the first pass */
    size_t times;  /* how often what is being written stands in the compiled form */
    VEC(struct shared) shared;
    size_t n_defined;
    size_t depth, deepest;
    size_t size; /* of the compiled form, an upper bound */
};

/* Where a node stands. */
struct place {
    bool at_start; /* nothing was consumed before */
    bool closed;   /* what follows cannot match from the middle of a character on */
};

static bool same_class(const struct regex_node *a, const struct regex_node *b)
{
    return a == b ||
           (a->n == b->n && (a->n == 0 || memcmp(a->ranges, b->ranges, a->n * sizeof *a->ranges) == 0));
}

static struct shared *shared_find(struct emitter *e, const struct regex_node *class)
{
    for (size_t i = 0; i < e->shared.n; i++)
        if (same_class(e->shared.p[i].class, class))
            return &e->shared.p[i];
    return NULL;
}

static bool is_single(const struct regex_node *node)
{
    return node->op == REGEX_CLASS && node->n == 1 && node->ranges[0].lo == node->ranges[0].hi &&
           node->ranges[0].lo != UTF8_INVALID &&
           (node->ranges[0].lo < 0xd800 || node->ranges[0].lo >= 0xe000);
}

static void add_size(struct emitter *e, size_t size)
{
    e->size = e->size + size < TOO_LARGE ? e->size + size : TOO_LARGE;
}

static void open_paren(struct emitter *e, const char *text)
{
    buf_puts(e->out, text);
    add_size(e, GROUP_SIZE);
    if (++e->depth > e->deepest)
        e->deepest = e->depth;
}

static void close_paren(struct emitter *e)
{
    buf_putc(e->out, ')');
    e->depth--;
}

static void put_rune(struct emitter *e, uint32_t rune)
{
    char bytes[4];
    size_t n = utf8_encode(bytes, rune);
    add_size(e, n * ATOM_SIZE);
    for (size_t i = 0; i < n; i++)
        regex_byte_put(e->out, rune == '\n' ? 0xff : (unsigned char)bytes[i]);
}

static void count_use(struct emitter *e, const struct regex_node *class)
{
    struct shared *shared = shared_find(e, class);
    if (shared)
        shared->uses += e->times;
    else if (regex_class_size(class, e->ascii) > BIG_CLASS)
        vec_push(
            &e->shared,
            (struct shared){ .class = class, .size = regex_class_size(class, e->ascii), .uses = e->times });
}

/* One character, in one piece. */
static void put_class(struct emitter *e, const struct regex_node *node)
{
    if (e->counting) {
        count_use(e, node);
        return;
    }
    struct shared *shared = shared_find(e, node);
    if (shared && shared->index)
        buf_printf(e->out, "(?-%zu)", e->n_defined + 1 - shared->index);
    else
        regex_class_put(e->out, node, e->ascii);
    add_size(e, shared && shared->index ? CALL_SIZE : shared ? shared->size : BIG_CLASS);
    if (shared && e->depth + CLASS_DEPTH > e->deepest)
        e->deepest = e->depth + CLASS_DEPTH;
}

static void put_class_byte(struct emitter *e, const struct regex_node *node)
{
    regex_class_put_byte(e->out, node);
    add_size(e, BIG_CLASS);
}

static void put_node(struct emitter *e, const struct regex_node *node, struct place place);

static void put_parts(struct emitter *e, const struct regex_node *const *parts, size_t n, struct place place)
{
    for (size_t i = 0; i < n; i++) {
        struct place at = { .at_start = place.at_start,
                            .closed = regex_is_closed(parts + i + 1, n - i - 1, place.closed) };
        place.at_start = place.at_start && regex_is_zero_width(parts[i]);
        if (is_single(parts[i]))
            put_rune(e, parts[i]->ranges[0].lo);
        else if (parts[i]->op == REGEX_CHOICE) {
            open_paren(e, "(?:");
            put_node(e, parts[i], at);
            close_paren(e);
        } else {
            put_node(e, parts[i], at);
        }
    }
}

static void put_quantifier(struct emitter *e, uint32_t min, uint32_t max)
{
    add_size(e, ATOM_SIZE * 2);
    if (min == 1 && max == 1)
        return;
    if (max == REGEX_UNBOUNDED && min < 2)
        buf_putc(e->out, min ? '+' : '*');
    else if (min == 0 && max == 1)
        buf_putc(e->out, '?');
    else if (max == REGEX_UNBOUNDED)
        buf_printf(e->out, "{%u,}", min);
    else if (min == max)
        buf_printf(e->out, "{%u}", min);
    else
        buf_printf(e->out, "{%u,%u}", min, max);
}

/* Something that a quantifier may follow. PCRE2 copies it unless it is a byte or a set of bytes. */
static void put_repeated(struct emitter *e, const struct regex_node *node, uint32_t min, uint32_t max,
                         struct place place)
{
    size_t times = e->times, before = e->size, copies = max == REGEX_UNBOUNDED ? min + 1 : max;
    e->times = times * copies < MANY ? times * copies : MANY;
    bool one = node->op == REGEX_CLASS && (!is_single(node) || node->ranges[0].lo < 0x80);
    bool bytes = one && regex_class_size(node, e->ascii) <= BIG_CLASS;
    if (one && is_single(node)) {
        put_rune(e, node->ranges[0].lo);
    } else if (one) {
        put_class(e, node);
    } else {
        open_paren(e, "(?:");
        put_node(e, node, place);
        close_paren(e);
    }
    e->times = times;
    size_t size = e->size - before + GROUP_SIZE;
    if (!bytes)
        e->size = before;
    if (!bytes)
        add_size(e, size < TOO_LARGE / copies ? size * copies : TOO_LARGE);
    put_quantifier(e, min, max);
}

/* Where what follows cannot begin in the middle of a character, an endless repetition of a class that has all
 * of them needs not look at characters: bytes do. */
static void put_repeat(struct emitter *e, const struct regex_node *node, struct place place)
{
    const struct regex_node *inner = node->parts[0];
    uint32_t min = node->min, max = node->max;
    bool passes;
    if (max == 0 || (min == 0 && regex_is_zero_width(inner)))
        return;
    if (regex_is_zero_width(inner))
        min = max = 1;
    bool endless = max == REGEX_UNBOUNDED;
    if (inner->op == REGEX_CLASS && endless && place.closed && !e->ascii && regex_class_is_open(inner)) {
        if (min > 1)
            put_repeated(e, inner, min - 1, min - 1, place);
        put_class_byte(e, inner);
        put_quantifier(e, min > 0, max);
        return;
    }
    struct place at = { .at_start = place.at_start && max == 1,
                        .closed = place.closed && !(max > 1 && regex_enters_middle(inner, &passes)) };
    put_repeated(e, inner, min, max, at);
}

static void put_choice(struct emitter *e, const struct regex_node *node, struct place place)
{
    for (size_t i = 0; i < node->n; i++) {
        buf_puts(e->out, i ? "|" : "");
        add_size(e, ATOM_SIZE);
        put_node(e, node->parts[i], place);
    }
}

static void put_node(struct emitter *e, const struct regex_node *node, struct place place)
{
    if (node->op >= REGEX_TEXT_START && node->op <= REGEX_NO_WORD_EDGE)
        add_size(e, ASSERTION_SIZE);
    switch (node->op) {
    case REGEX_EMPTY:
        break;
    case REGEX_CLASS:
        if (is_single(node))
            put_rune(e, node->ranges[0].lo);
        else
            put_class(e, node);
        break;
    case REGEX_TEXT_START:
        buf_puts(e->out, place.at_start ? "" : e->start);
        break;
    case REGEX_TEXT_END:
        buf_puts(e->out, "(?=\\x0a)");
        break;
    case REGEX_LINE_START:
        if (!place.at_start)
            buf_printf(e->out, "(?:%s|(?<=\\xff))", e->start);
        break;
    case REGEX_LINE_END:
        buf_puts(e->out, "(?=[\\x0a\\xff])");
        break;
    case REGEX_WORD_EDGE:
        buf_puts(e->out, "\\b");
        break;
    case REGEX_NO_WORD_EDGE:
        buf_puts(e->out, "\\B");
        break;
    case REGEX_REPEAT:
        put_repeat(e, node, place);
        break;
    case REGEX_CONCAT:
        put_parts(e, node->parts, node->n, place);
        break;
    case REGEX_CHOICE:
        put_choice(e, node, place);
        break;
    }
}

static const struct rune_range all_runes[] = { { 0, UTF8_MAX } };
static const struct regex_node any_rune = { .op = REGEX_CLASS, .n = 1, .ranges = all_runes };

/* An alternative that matches at the start or, unless it is anchored, at any later character. */
static void put_branch(struct emitter *e, struct regex_branch b)
{
    struct place place = { .at_start = b.anchored, .closed = true };
    if (b.anchored) {
        put_parts(e, b.parts, b.n, place);
        return;
    }
    bool leads = b.parts[0]->op == REGEX_CLASS && !e->ascii && regex_is_closed(b.parts + 1, b.n - 1, true) &&
                 regex_class_is_open(b.parts[0]);
    if (leads || e->ascii || regex_is_closed(b.parts, b.n, true)) {
        buf_puts(e->out, "[^\\x0a]*?");
        add_size(e, BIG_CLASS);
    } else {
        put_repeated(e, &any_rune, 0, REGEX_UNBOUNDED, place);
        buf_putc(e->out, '?');
    }
    if (leads) /* its last byte does as well */
        put_class_byte(e, b.parts[0]);
    put_parts(e, b.parts + leads, b.n - leads, place);
}

static void put_shared(struct emitter *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->shared.n; i++)
        n += e->shared.p[i].uses > 1;
    if (n == 0)
        return;
    buf_puts(e->out, "(?:(?J)");
    for (size_t i = 0; i < e->shared.n; i++) {
        struct shared *s = &e->shared.p[i];
        if (s->uses < 2)
            continue;
        buf_puts(e->out, "(?<x>");
        regex_class_put(e->out, s->class, e->ascii);
        buf_putc(e->out, ')');
        add_size(e, s->size + GROUP_SIZE);
        s->index = ++e->n_defined;
    }
    buf_puts(e->out, "){0}");
}

static void put_branches(struct emitter *e, const struct regex *re)
{
    bool several = re->n_branches > 1;
    if (several)
        open_paren(e, "(?:");
    for (size_t i = 0; i < re->n_branches; i++) {
        buf_puts(e->out, i ? "|" : "");
        add_size(e, ATOM_SIZE);
        put_branch(e, re->branches[i]);
    }
    if (several)
        close_paren(e);
}

/* Twice: first to see which sets are worth a group of their own. */
static void put_all(struct emitter *e, const struct regex *re)
{
    struct buf thrown_away = { 0 }, *out = e->out;
    if (re->always)
        return;
    e->out = &thrown_away;
    e->times = 1;
    e->counting = true;
    put_branches(e, re);
    buf_fini(&thrown_away);
    e->out = out;
    e->counting = false;
    e->size = e->depth = e->deepest = 0;
    put_shared(e);
    put_branches(e, re);
}

void regex_put(struct buf *out, const struct regex *re, const char *start)
{
    struct emitter e = { .out = out, .start = start, .ascii = re->ascii };
    put_all(&e, re);
    vec_fini(&e.shared);
}

static void measure(struct regex *re)
{
    struct buf out = { 0 };
    struct emitter e = { .out = &out, .start = "(?<=\\x0a)", .ascii = re->ascii };
    put_all(&e, re);
    re->depth = e.deepest;
    re->size = e.size + HEAD_SIZE;
    buf_fini(&out);
    vec_fini(&e.shared);
}

const struct regex *regex_parse(struct arena *arena, struct str pattern, enum regex_alphabet alphabet,
                                struct regex_fault *fault)
{
    const struct regex_node *root = regex_tree_parse(arena, pattern, fault);
    if (!root)
        return NULL;
    struct regex *re = ARENA_NEW(arena, struct regex);
    *re = (struct regex){ .root = root, .ascii = alphabet == REGEX_ASCII };
    regex_branches(arena, re);
    measure(re);
    if (re->size > SAFE_SIZE && re->depth <= MAX_DEPTH)
        re->size = regex_compiled_size(re);
    if (re->size > 0 && re->depth <= MAX_DEPTH)
        return re;
    *fault = (struct regex_fault){ .length = pattern.n, .too_large = true };
    fault->message = re->depth > MAX_DEPTH ? "the pattern nests too deeply for PCRE2"
                                           : "the pattern is too large for PCRE2";
    return NULL;
}

size_t regex_size(const struct regex *re)
{
    return re->size;
}

void regex_field_put(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        buf_putc(out, (char)(c == '\n' ? 0xff : c >= 0xfd ? 0xfe : c));
    }
}
