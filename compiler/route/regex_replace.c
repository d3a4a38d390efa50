/* Programs run, and replacements. */
#include <stdlib.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "route/regex_program.h"

/* A place to go on at when what is tried now fails: a step at a position, or (slot < SIZE_MAX) a slot to put
 * back. */
struct pending {
    uint32_t step;
    size_t at, slot, value;
};

struct run {
    const struct regex_program *program;
    struct str text;
    size_t *slots;
    unsigned char *visited; /* a bit for each step and position */
    VEC(struct pending) pending;
};

static bool is_word(struct str text, size_t at)
{
    if (at >= text.n)
        return false;
    return text.p[at] == '_' || ascii_is_alnum(text.p[at]);
}

static bool holds(const struct run *run, enum regex_step_kind kind, size_t at)
{
    struct str text = run->text;
    bool edge = (at > 0 && is_word(text, at - 1)) != is_word(text, at);
    switch (kind) {
    case STEP_TEXT_START:
        return at == 0;
    case STEP_TEXT_END:
        return at == text.n;
    case STEP_LINE_START:
        return at == 0 || text.p[at - 1] == '\n';
    case STEP_LINE_END:
        return at == text.n || text.p[at] == '\n';
    case STEP_WORD_EDGE:
        return edge;
    default:
        return !edge;
    }
}

static bool set_has(const struct regex_set *set, uint32_t rune)
{
    size_t low = 0, high = set->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rune > set->p[middle].hi)
            low = middle + 1;
        else if (rune < set->p[middle].lo)
            high = middle;
        else
            return true;
    }
    return false;
}

static bool visit(struct run *run, uint32_t step, size_t at)
{
    size_t bit = (size_t)step * (run->text.n + 1) + at;
    bool seen = run->visited[bit / 8] >> (bit % 8) & 1;
    run->visited[bit / 8] |= (unsigned char)(1u << (bit % 8));
    return !seen;
}

/* Follows one thread from a step; true at a match. */
static bool follow(struct run *run, uint32_t step, size_t at)
{
    for (;;) {
        const struct regex_step *s = &run->program->steps[step];
        struct str rest = str_from(run->text, at);
        size_t length = 0;
        if (s->kind == STEP_MATCH)
            return true;
        if (s->kind == STEP_EITHER && !visit(run, step, at))
            return false;
        if (s->kind == STEP_EITHER) {
            vec_push(&run->pending, (struct pending){ s->other, at, SIZE_MAX, 0 });
        } else if (s->kind == STEP_SAVE) {
            vec_push(&run->pending, (struct pending){ 0, 0, s->number, run->slots[s->number] });
            run->slots[s->number] = at;
        } else if (s->kind == STEP_TEXT) {
            if (!str_starts(rest, s->text))
                return false;
            at += s->text.n;
        } else if (s->kind == STEP_CLASS) {
            if (rest.n == 0 || !set_has(&run->program->sets[s->number], utf8_decode(rest, &length)))
                return false;
            at += length;
        } else if (!holds(run, s->kind, at)) {
            return false;
        }
        step = s->next;
    }
}

static bool try_at(struct run *run, size_t at)
{
    bool found = follow(run, run->program->start, at);
    while (!found && run->pending.n) {
        struct pending p = run->pending.p[--run->pending.n];
        if (p.slot < SIZE_MAX)
            run->slots[p.slot] = p.value;
        else
            found = follow(run, p.step, p.at);
    }
    run->pending.n = 0;
    return found;
}

bool regex_program_find(const struct regex_program *program, struct str text, size_t from, size_t *slots)
{
    struct run run = { .program = program, .text = text, .slots = slots };
    size_t bytes = program->n_steps * (text.n + 1) / 8 + 1;
    run.visited = xmalloc(bytes);
    memset(run.visited, 0, bytes);
    bool found = false;
    for (size_t at = from; at <= text.n && !found;) {
        for (size_t i = 0; i < 2 * program->n_groups; i++)
            slots[i] = SIZE_MAX;
        found = try_at(&run, at);
        size_t length = 1;
        if (at < text.n)
            utf8_decode(str_from(text, at), &length);
        at += length;
    }
    vec_fini(&run.pending);
    free(run.visited);
    return found;
}

static void expand(struct buf *out, const struct regex_template *with, struct str text, const size_t *slots)
{
    for (size_t i = 0; i < with->n; i++) {
        size_t group = with->p[i].group;
        if (group == SIZE_MAX)
            buf_put(out, with->p[i].text);
        else if (slots[2 * group] != SIZE_MAX)
            buf_put(out, str_head(str_from(text, slots[2 * group]), slots[2 * group + 1] - slots[2 * group]));
    }
}

bool regex_program_replace(const struct regex_program *program, const struct regex_template *with,
                           struct str text, struct buf *out)
{
    size_t *slots = xmalloc(2 * program->n_groups * sizeof *slots);
    size_t from = 0, end = 0;
    bool any = false;
    while (from <= text.n && regex_program_find(program, text, from, slots)) {
        size_t width = 0;
        any = true;
        buf_put(out, str_head(str_from(text, end), slots[0] - end));
        if (slots[1] > end || slots[0] == 0)
            expand(out, with, text, slots);
        end = slots[1];
        if (from < text.n)
            utf8_decode(str_from(text, from), &width);
        from = from + width > end ? from + width : from + 1 > end ? from + 1 : end;
    }
    buf_put(out, str_from(text, end));
    free(slots);
    return any;
}

static bool is_name_byte(char c)
{
    return c == '_' || ascii_is_alnum(c) || (unsigned char)c >= 0x80;
}

/* The number of the group that a name means, or SIZE_MAX - 1 for none. */
static size_t group_named(const struct regex_program *program, struct str name)
{
    const size_t none = SIZE_MAX - 1;
    size_t number = 0;
    bool digits = name.n == 1 || name.p[0] != '0';
    for (size_t i = 0; i < name.n && digits; i++) {
        digits = ascii_is_digit(name.p[i]) && number < 100000000;
        number = number * 10 + (size_t)(name.p[i] - '0');
    }
    if (digits)
        return number < program->n_groups ? number : none;
    for (size_t i = 1; i < program->n_groups; i++)
        if (str_eq(program->names[i], name))
            return i;
    return none;
}

/* Behind a '$': how long the reference is, 0 where it is none; *name is what it names. */
static size_t reference_at(struct str s, struct str *name)
{
    size_t brace = s.n && s.p[0] == '{', n = 0;
    s = str_from(s, brace);
    while (n < s.n && is_name_byte(s.p[n]))
        n++;
    *name = str_head(s, n);
    if (n == 0 || (brace && (n >= s.n || s.p[n] != '}')))
        return 0;
    return n + 2 * brace;
}

struct regex_template regex_template_read(struct arena *arena, const struct regex_program *program,
                                          struct str text)
{
    VEC(struct regex_part) parts = { 0 };
    struct str name;
    while (text.n) {
        size_t at = str_find(text, '$');
        if (at > 0)
            vec_push(&parts, (struct regex_part){ arena_copy(arena, str_head(text, at)), SIZE_MAX });
        if (at == text.n)
            break;
        text = str_from(text, at + 1);
        size_t n = reference_at(text, &name);
        if (n == 0) {
            vec_push(&parts, (struct regex_part){ STR("$"), SIZE_MAX });
            n = text.n && text.p[0] == '$';
        } else {
            size_t group = group_named(program, name);
            if (group < program->n_groups)
                vec_push(&parts, (struct regex_part){ { 0 }, group });
        }
        text = str_from(text, n);
    }
    struct regex_part *copy = ARENA_ARRAY(arena, struct regex_part, parts.n);
    if (parts.n)
        memcpy(copy, parts.p, parts.n * sizeof *copy);
    struct regex_template out = { copy, parts.n };
    vec_fini(&parts);
    return out;
}
