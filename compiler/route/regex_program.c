/* Patterns to programs, and programs to text. regex_parse has checked the pattern before: what is read here
 * is right. */
#include "route/regex_program.h"

#include "base/utf8.h"
#include "route/regex_tree.h"

enum { LONGEST_TEXT = 200 }; /* bytes of one step, about */

enum node_kind { NODE_EMPTY, NODE_CLASS, NODE_PLACE, NODE_GROUP, NODE_REPEAT, NODE_CONCAT, NODE_CHOICE };

struct node {
    enum node_kind kind;
    enum regex_step_kind place; /* NODE_PLACE */
    bool nullable, lazy;
    uint32_t min, max; /* NODE_REPEAT */
    uint32_t number;   /* NODE_GROUP; NODE_CLASS: which set */
    uint32_t literal;  /* NODE_CLASS of one character: that one */
    bool single;
    const struct node **parts;
    size_t n;
};

struct flags {
    bool folded, multi_line, dot_all, lazy;
};

typedef VEC(const struct node *) node_list;

struct reader {
    struct arena *arena;
    struct regex_cursor c;
    struct flags flags;
    VEC(struct regex_set) sets;
    VEC(struct str) names;
};

static struct node *node_new(struct reader *r, enum node_kind kind)
{
    struct node *node = ARENA_NEW(r->arena, struct node);
    node->kind = kind;
    node->nullable = kind == NODE_EMPTY || kind == NODE_PLACE;
    return node;
}

static bool at_text(const struct reader *r, const char *text)
{
    return str_starts(str_from(r->c.pattern, r->c.at), str_c(text));
}

static const struct node *place(struct reader *r, enum regex_step_kind kind)
{
    struct node *node = node_new(r, NODE_PLACE);
    node->place = kind;
    return node;
}

/* Takes over the set, cleaned. */
static const struct node *class_of(struct reader *r, struct rune_set *set)
{
    struct node *node = node_new(r, NODE_CLASS);
    size_t n = set->ranges.n;
    struct regex_range *ranges = ARENA_ARRAY(r->arena, struct regex_range, n);
    for (size_t i = 0; i < n; i++)
        ranges[i] = (struct regex_range){ set->ranges.p[i].lo, set->ranges.p[i].hi };
    /* U+FFFD also stands for bytes that are no UTF-8. */
    node->single = n == 1 && ranges[0].lo == ranges[0].hi && ranges[0].lo != UTF8_INVALID;
    node->literal = node->single ? ranges[0].lo : 0;
    if (!node->single) {
        node->number = (uint32_t)r->sets.n;
        vec_push(&r->sets, (struct regex_set){ ranges, n });
    }
    vec_fini(&set->ranges);
    return node;
}

static const struct node *rune_of(struct reader *r, uint32_t rune)
{
    struct rune_set set = { 0 };
    (r->flags.folded ? rune_set_add_folded : rune_set_add)(&set, rune, rune);
    rune_set_clean(&set);
    return class_of(r, &set);
}

static const struct node *dot(struct reader *r)
{
    struct rune_set set = { 0 };
    rune_set_add(&set, 0, r->flags.dot_all ? UTF8_MAX : '\n' - 1);
    if (!r->flags.dot_all)
        rune_set_add(&set, '\n' + 1, UTF8_MAX);
    rune_set_clean(&set);
    return class_of(r, &set);
}

static const struct node *join(struct reader *r, enum node_kind kind, const node_list *list)
{
    if (list->n == 1)
        return list->p[0];
    struct node *node = node_new(r, list->n ? kind : NODE_EMPTY);
    node->parts = ARENA_ARRAY(r->arena, const struct node *, list->n);
    node->n = list->n;
    node->nullable = kind == NODE_CONCAT || list->n == 0;
    for (size_t i = 0; i < list->n; i++) {
        node->parts[i] = list->p[i];
        node->nullable = kind == NODE_CONCAT ? node->nullable && list->p[i]->nullable
                                             : node->nullable || list->p[i]->nullable;
    }
    return node;
}

static const struct node *read_choice(struct reader *r);

static const struct node *read_inside(struct reader *r)
{
    struct flags outer = r->flags;
    const struct node *inner = read_choice(r);
    r->c.at++; /* ')' */
    r->flags = outer;
    return inner;
}

static const struct node *read_captured(struct reader *r, struct str name)
{
    struct node *node = node_new(r, NODE_GROUP);
    node->number = (uint32_t)r->names.n;
    vec_push(&r->names, name);
    node->parts = ARENA_ARRAY(r->arena, const struct node *, 1);
    node->parts[0] = read_inside(r);
    node->n = 1;
    node->nullable = node->parts[0]->nullable;
    return node;
}

/* "(?flags)" changes what follows, "(?flags:…)" what is inside: NULL for the former. */
static const struct node *read_flags(struct reader *r)
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
    const struct node *inner = read_inside(r);
    r->flags = outer;
    return inner;
}

static const struct node *read_group(struct reader *r)
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

static const struct node *read_escape(struct reader *r)
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

static const struct node *read_brackets(struct reader *r)
{
    struct rune_set set = { 0 };
    r->c.folded = r->flags.folded;
    regex_read_brackets(&r->c, &set);
    return class_of(r, &set);
}

/* Reads {n}, {n,} or {n,m} if there is one. */
static bool read_bounds(struct reader *r, uint32_t *min, uint32_t *max)
{
    struct str s = str_from(r->c.pattern, r->c.at);
    size_t at = 1;
    uint32_t *count = min;
    *min = *max = 0;
    bool digits = false, comma = false;
    for (; at < s.n && s.p[at] != '}'; at++) {
        if (s.p[at] == ',' && !comma && digits) {
            comma = true;
            count = max;
            digits = false;
        } else if (ascii_is_digit(s.p[at])) {
            *count = *count * 10 + (uint32_t)(s.p[at] - '0');
            digits = true;
            if (*count > 1000)
                return false;
        } else {
            return false;
        }
    }
    if (at >= s.n || (!comma && !digits))
        return false;
    if (comma && !digits)
        *max = REGEX_UNBOUNDED;
    else if (!comma)
        *max = *min;
    r->c.at += at + 1;
    return true;
}

/* A repetition behind the last item, if one follows. */
static bool read_repeat(struct reader *r, node_list *items)
{
    uint32_t min = 0, max = REGEX_UNBOUNDED;
    if (r->c.at >= r->c.pattern.n || items->n == 0)
        return false;
    char c = r->c.pattern.p[r->c.at];
    if (c == '{') {
        if (!read_bounds(r, &min, &max))
            return false;
    } else if (c == '*' || c == '+' || c == '?') {
        r->c.at++;
        min = c == '+';
        max = c == '?' ? 1 : REGEX_UNBOUNDED;
    } else {
        return false;
    }
    struct node *node = node_new(r, NODE_REPEAT);
    bool marked = at_text(r, "?");
    r->c.at += marked;
    node->lazy = marked != r->flags.lazy;
    node->min = min;
    node->max = max;
    node->parts = ARENA_ARRAY(r->arena, const struct node *, 1);
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

static const struct node *read_item(struct reader *r)
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

static const struct node *read_concat(struct reader *r)
{
    node_list items = { 0 };
    while (r->c.at < r->c.pattern.n && !at_text(r, "|") && !at_text(r, ")")) {
        if (read_repeat(r, &items))
            continue;
        if (at_text(r, "\\Q")) {
            read_quoted(r, &items);
            continue;
        }
        const struct node *item = read_item(r);
        if (item)
            vec_push(&items, item);
    }
    const struct node *node = join(r, NODE_CONCAT, &items);
    vec_fini(&items);
    return node;
}

static const struct node *read_choice(struct reader *r)
{
    node_list choices = { 0 };
    for (;;) {
        vec_push(&choices, read_concat(r));
        if (!at_text(r, "|"))
            break;
        r->c.at++;
    }
    const struct node *node = join(r, NODE_CHOICE, &choices);
    vec_fini(&choices);
    return node;
}

/* From the tree to steps, back to front: where a part goes on is known when it is written. */
struct writer {
    struct arena *arena;
    VEC(struct regex_step) steps;
};

static uint32_t step(struct writer *w, struct regex_step s)
{
    if (w->steps.n <= REGEX_MAX_STEPS)
        vec_push(&w->steps, s);
    return (uint32_t)w->steps.n - 1;
}

static uint32_t either(struct writer *w, uint32_t body, uint32_t out, bool lazy)
{
    return step(
        w, (struct regex_step){ .kind = STEP_EITHER, .next = lazy ? out : body, .other = lazy ? body : out });
}

static uint32_t write_node(struct writer *w, const struct node *node, uint32_t next);

/* One time or more. */
static uint32_t write_plus(struct writer *w, const struct node *body, uint32_t next, bool lazy)
{
    uint32_t loop = either(w, 0, next, lazy), first = write_node(w, body, loop);
    if (lazy)
        w->steps.p[loop].other = first;
    else
        w->steps.p[loop].next = first;
    return first;
}

static uint32_t write_star(struct writer *w, const struct node *body, uint32_t next, bool lazy)
{
    if (body->nullable) /* as Go: (x+)? keeps the order of preference right */
        return either(w, write_plus(w, body, next, lazy), next, lazy);
    uint32_t loop = either(w, 0, next, lazy), first = write_node(w, body, loop);
    if (lazy)
        w->steps.p[loop].other = first;
    else
        w->steps.p[loop].next = first;
    return loop;
}

static uint32_t write_repeat(struct writer *w, const struct node *node, uint32_t next)
{
    const struct node *body = node->parts[0];
    uint32_t at = next, copies = node->min;
    if (node->max == REGEX_UNBOUNDED) {
        at = copies ? write_plus(w, body, next, node->lazy) : write_star(w, body, next, node->lazy);
        copies -= copies > 0;
    } else {
        for (uint32_t i = node->min; i < node->max && w->steps.n <= REGEX_MAX_STEPS; i++)
            at = either(w, write_node(w, body, at), next, node->lazy);
    }
    for (; copies > 0 && w->steps.n <= REGEX_MAX_STEPS; copies--)
        at = write_node(w, body, at);
    return at;
}

/* A character in front of a text becomes part of it. */
static uint32_t write_rune(struct writer *w, uint32_t rune, uint32_t next)
{
    char bytes[4];
    size_t n = utf8_encode(bytes, rune);
    struct str text = arena_copy(w->arena, str_of(bytes, n));
    struct regex_step *behind = next < w->steps.n ? &w->steps.p[next] : NULL;
    if (!behind || behind->kind != STEP_TEXT || behind->text.n > LONGEST_TEXT)
        return step(w, (struct regex_step){ .kind = STEP_TEXT, .text = text, .next = next });
    struct str joined = arena_printf(w->arena, "%.*s%.*s", STR_ARG(text), STR_ARG(behind->text));
    if (joined.n != text.n + behind->text.n) /* a NUL in it */
        return step(w, (struct regex_step){ .kind = STEP_TEXT, .text = text, .next = next });
    return step(w, (struct regex_step){ .kind = STEP_TEXT, .text = joined, .next = behind->next });
}

static uint32_t write_node(struct writer *w, const struct node *node, uint32_t next)
{
    if (w->steps.n > REGEX_MAX_STEPS)
        return next;
    switch (node->kind) {
    case NODE_EMPTY:
        return next;
    case NODE_CLASS:
        if (node->single)
            return write_rune(w, node->literal, next);
        return step(w, (struct regex_step){ .kind = STEP_CLASS, .number = node->number, .next = next });
    case NODE_PLACE:
        return step(w, (struct regex_step){ .kind = node->place, .next = next });
    case NODE_GROUP: {
        uint32_t end =
            step(w, (struct regex_step){ .kind = STEP_SAVE, .number = 2 * node->number + 1, .next = next });
        uint32_t body = write_node(w, node->parts[0], end);
        return step(w, (struct regex_step){ .kind = STEP_SAVE, .number = 2 * node->number, .next = body });
    }
    case NODE_REPEAT:
        return write_repeat(w, node, next);
    case NODE_CONCAT:
        for (size_t i = node->n; i-- > 0;)
            next = write_node(w, node->parts[i], next);
        return next;
    case NODE_CHOICE: {
        uint32_t at = write_node(w, node->parts[node->n - 1], next);
        for (size_t i = node->n - 1; i-- > 0;)
            at = either(w, write_node(w, node->parts[i], next), at, false);
        return at;
    }
    }
    return next;
}

/* Only the steps that can be reached, in the order in which they were written. */
static void keep_reachable(struct writer *w, struct regex_program *out)
{
    size_t n = w->steps.n, kept = 0;
    uint32_t *number = ARENA_ARRAY(w->arena, uint32_t, n); /* one more than the new number; 0: not reached */
    VEC(uint32_t) open = { 0 };
    vec_push(&open, out->start);
    while (open.n) {
        uint32_t at = open.p[--open.n];
        if (number[at])
            continue;
        number[at] = 1;
        if (w->steps.p[at].kind != STEP_MATCH)
            vec_push(&open, w->steps.p[at].next);
        if (w->steps.p[at].kind == STEP_EITHER)
            vec_push(&open, w->steps.p[at].other);
    }
    for (size_t i = 0; i < n; i++)
        if (number[i])
            number[i] = (uint32_t)++kept;
    struct regex_step *steps = ARENA_ARRAY(w->arena, struct regex_step, kept);
    for (size_t i = 0; i < n; i++) {
        if (!number[i])
            continue;
        struct regex_step s = w->steps.p[i];
        s.next = s.kind == STEP_MATCH ? 0 : number[s.next] - 1;
        s.other = s.kind == STEP_EITHER ? number[s.other] - 1 : 0;
        steps[number[i] - 1] = s;
    }
    out->steps = steps;
    out->n_steps = kept;
    out->start = number[out->start] - 1;
    vec_fini(&open);
}

static void write_program(struct reader *r, struct writer *w, struct regex_program *out)
{
    struct node whole = { .kind = NODE_GROUP, .n = 1 };
    const struct node *root = read_choice(r);
    whole.parts = &root;
    uint32_t match = step(w, (struct regex_step){ .kind = STEP_MATCH });
    out->start = write_node(w, &whole, match);
    struct regex_set *sets = ARENA_ARRAY(w->arena, struct regex_set, r->sets.n);
    struct str *names = ARENA_ARRAY(w->arena, struct str, r->names.n);
    if (r->sets.n)
        memcpy(sets, r->sets.p, r->sets.n * sizeof *sets);
    for (size_t i = 0; i < r->names.n; i++)
        names[i] = arena_copy(w->arena, r->names.p[i]);
    out->n_steps = w->steps.n;
    if (w->steps.n <= REGEX_MAX_STEPS)
        keep_reachable(w, out);
    out->sets = sets;
    out->n_sets = r->sets.n;
    out->names = names;
    out->n_groups = r->names.n;
}

const struct regex_program *regex_program_compile(struct arena *arena, struct str pattern,
                                                  struct regex_fault *fault)
{
    struct arena *scratch = arena_create();
    bool valid = regex_tree_parse(scratch, pattern, fault) != NULL;
    struct regex_program *program = NULL;
    if (valid) {
        struct regex_fault unused;
        struct reader r = { .arena = scratch, .c = { .pattern = pattern, .fault = &unused } };
        struct writer w = { .arena = arena };
        program = ARENA_NEW(arena, struct regex_program);
        vec_push(&r.names, (struct str){ 0 });
        write_program(&r, &w, program);
        struct regex_set *sets = (struct regex_set *)program->sets;
        for (size_t i = 0; i < program->n_sets; i++) {
            struct regex_range *copy = ARENA_ARRAY(arena, struct regex_range, sets[i].n);
            memcpy(copy, sets[i].p, sets[i].n * sizeof *copy);
            sets[i].p = copy;
        }
        vec_fini(&r.sets);
        vec_fini(&r.names);
        vec_fini(&w.steps);
    }
    arena_destroy(scratch);
    if (program && program->n_steps > REGEX_MAX_STEPS) {
        *fault = (struct regex_fault){ .length = pattern.n,
                                       .message = "the pattern is too large",
                                       .too_large = true };
        return NULL;
    }
    return program;
}

/* Text: groups/sets/start/steps; sets and steps parted by ',', their parts by '.', numbers in hexadecimal. */
void regex_program_put(struct buf *out, const struct regex_program *program)
{
    static const char letters[] = "mtceszZaAbB"; /* by enum regex_step_kind */
    buf_printf(out, "%zx/", program->n_groups);
    for (size_t i = 0; i < program->n_sets; i++) {
        buf_puts(out, i ? "," : "");
        for (size_t j = 0; j < program->sets[i].n; j++)
            buf_printf(out, "%s%x-%x", j ? "." : "", program->sets[i].p[j].lo, program->sets[i].p[j].hi);
    }
    buf_printf(out, "/%x/", program->start);
    for (size_t i = 0; i < program->n_steps; i++) {
        const struct regex_step *s = &program->steps[i];
        buf_printf(out, "%s%c%x", i ? "," : "", letters[s->kind], s->next);
        if (s->kind == STEP_EITHER)
            buf_printf(out, ".%x", s->other);
        if (s->kind == STEP_CLASS || s->kind == STEP_SAVE)
            buf_printf(out, ".%x", s->number);
        if (s->kind == STEP_TEXT)
            buf_putc(out, '.');
        for (size_t j = 0; j < s->text.n; j++)
            buf_printf(out, "%02x", (unsigned)(unsigned char)s->text.p[j]);
    }
}
