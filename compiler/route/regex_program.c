/* Patterns to programs, and programs to text. */
#include "route/regex_program.h"

#include "base/hex.h"
#include "base/utf8.h"
#include "route/regex_program_tree.h"

enum { LONGEST_TEXT = 200 }; /* bytes of one step, about */

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

static uint32_t write_node(struct writer *w, const struct program_node *node, uint32_t next);

/* One time or more. */
static uint32_t write_plus(struct writer *w, const struct program_node *body, uint32_t next, bool lazy)
{
    uint32_t loop = either(w, 0, next, lazy), first = write_node(w, body, loop);
    if (lazy)
        w->steps.p[loop].other = first;
    else
        w->steps.p[loop].next = first;
    return first;
}

static uint32_t write_star(struct writer *w, const struct program_node *body, uint32_t next, bool lazy)
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

static uint32_t write_repeat(struct writer *w, const struct program_node *node, uint32_t next)
{
    const struct program_node *body = node->parts[0];
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

static uint32_t write_node(struct writer *w, const struct program_node *node, uint32_t next)
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

static struct regex_set set_copy(struct arena *arena, const struct regex_set *set)
{
    struct regex_range *ranges = ARENA_ARRAY(arena, struct regex_range, set->n);
    if (set->n)
        memcpy(ranges, set->p, set->n * sizeof *ranges);
    return (struct regex_set){ ranges, set->n };
}

static void write_program(struct writer *w, const struct program_tree *tree, struct regex_program *out)
{
    const struct program_node whole = { .kind = NODE_GROUP,
                                        .n = 1,
                                        .parts = (const struct program_node *[]){ tree->root } };
    uint32_t match = step(w, (struct regex_step){ .kind = STEP_MATCH });
    out->start = write_node(w, &whole, match);
    out->n_steps = w->steps.n;
    if (w->steps.n <= REGEX_MAX_STEPS)
        keep_reachable(w, out);
    struct regex_set *sets = ARENA_ARRAY(w->arena, struct regex_set, tree->sets.n);
    for (size_t i = 0; i < tree->sets.n; i++)
        sets[i] = set_copy(w->arena, &tree->sets.p[i]);
    struct str *names = ARENA_ARRAY(w->arena, struct str, tree->names.n);
    for (size_t i = 0; i < tree->names.n; i++)
        names[i] = arena_copy(w->arena, tree->names.p[i]);
    out->sets = sets;
    out->n_sets = tree->sets.n;
    out->names = names;
    out->n_groups = tree->names.n;
}

const struct regex_program *regex_program_compile(struct arena *arena, struct str pattern,
                                                  struct regex_fault *fault)
{
    struct arena *scratch = arena_create();
    struct regex_program *program = NULL;
    if (regex_tree_parse(scratch, pattern, fault)) {
        struct writer w = { .arena = arena };
        struct program_tree tree;
        program_tree_read(scratch, pattern, &tree);
        program = ARENA_NEW(arena, struct regex_program);
        write_program(&w, &tree, program);
        program_tree_fini(&tree);
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
        hex_put(out, s->text);
    }
}
