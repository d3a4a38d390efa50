#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"

enum { DEFAULT_LIMIT = 1000, SHOWN_WIDTH = 100 };

struct diag {
    struct arena *arena;
    struct finding *p;
    size_t n, cap, limit;
    size_t seen[SEVERITY_ERROR + 1]; /* also those that were not kept */
};

static const struct {
    const char *name;
    enum severity severity;
    const char *meaning;
} codes[FINDING_COUNT] = {
#define X(id, name, severity, meaning) { name, SEVERITY_##severity, meaning },
    FINDING_CODES(X)
#undef X
};

const char *finding_name(enum finding_code code)
{
    return codes[code].name;
}

const char *finding_meaning(enum finding_code code)
{
    return codes[code].meaning;
}

enum severity finding_severity(enum finding_code code)
{
    return codes[code].severity;
}

enum finding_code finding_by_name(struct str name)
{
    for (size_t i = 0; i < FINDING_COUNT; i++)
        if (str_eq(name, str_c(codes[i].name)))
            return (enum finding_code)i;
    return FINDING_COUNT;
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = { "note", "warning", "error" };
    return names[severity];
}

struct diag *diag_create(struct arena *arena, size_t limit)
{
    struct diag *diag = ARENA_NEW(arena, struct diag);
    diag->arena = arena;
    diag->limit = limit ? limit : DEFAULT_LIMIT;
    return diag;
}

void diag_add(struct diag *diag, struct finding f)
{
    f.severity = codes[f.code].severity;
    diag->seen[f.severity]++;
    if (diag->n == diag->limit)
        return;
    if (diag->n == diag->cap) {
        size_t cap = diag->cap ? diag->cap * 2 : 16;
        struct finding *grown = ARENA_ARRAY(diag->arena, struct finding, cap);
        if (diag->n)
            memcpy(grown, diag->p, diag->n * sizeof *grown);
        diag->p = grown;
        diag->cap = cap;
    }
    f.key = arena_copy(diag->arena, f.key);
    f.text = arena_copy(diag->arena, f.text);
    f.message = arena_copy(diag->arena, f.message);
    f.expected = arena_copy(diag->arena, f.expected);
    f.nearest = arena_copy(diag->arena, f.nearest);
    diag->p[diag->n++] = f;
}

void diag_report(struct diag *diag, enum finding_code code, struct str key, const char *format, ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    diag_add(diag, (struct finding){ .code = code, .key = key, .message = str_c(message) });
}

size_t diag_count(const struct diag *diag, enum severity at_least)
{
    size_t n = 0;
    for (size_t s = at_least; s <= SEVERITY_ERROR; s++)
        n += diag->seen[s];
    return n;
}

size_t diag_total(const struct diag *diag)
{
    return diag->n;
}

const struct finding *diag_get(const struct diag *diag, size_t i)
{
    return &diag->p[i];
}

int finding_compare(const struct finding *x, const struct finding *y)
{
    int c = str_cmp(x->key, y->key);
    if (c == 0)
        c = (int)x->code - (int)y->code;
    if (c == 0)
        c = str_cmp(x->message, y->message);
    if (c == 0)
        c = str_cmp(x->text, y->text);
    if (c == 0)
        c = (x->at > y->at) - (x->at < y->at);
    if (c == 0)
        c = str_cmp(x->expected, y->expected);
    return c ? c : str_cmp(x->nearest, y->nearest);
}

static int compare(const void *a, const void *b)
{
    return finding_compare(a, b);
}

void diag_sort(struct diag *diag)
{
    if (diag->n)
        qsort(diag->p, diag->n, sizeof *diag->p, compare);
}

/* Bytes that a terminal would take as commands are shown as dots; the widths stay equal. */
static void put_visible(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool control = ascii_is_control(s.p[i]);
        bool c1 = s.p[i] == '\xc2' && i + 1 < s.n && (unsigned char)s.p[i + 1] >= 0x80 &&
                  (unsigned char)s.p[i + 1] < 0xa0;
        buf_putc(out, control || c1 ? '.' : s.p[i]);
        i += c1;
    }
}

/* Whether a UTF-8 character begins at this offset, or the text ends. */
static bool is_boundary(struct str s, size_t at)
{
    return at >= s.n || ((unsigned char)s.p[at] & 0xc0) != 0x80;
}

static void put_columns(struct buf *out, char c, struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (is_boundary(text, i))
            buf_putc(out, c);
}

static void put_marked_text(struct buf *out, const struct finding *f)
{
    /* A long text is cut to a window around the fault, between characters. */
    size_t at = f->at < f->text.n ? f->at : f->text.n, from = at > SHOWN_WIDTH / 2 ? at - SHOWN_WIDTH / 2 : 0;
    size_t end = from + SHOWN_WIDTH < f->text.n ? from + SHOWN_WIDTH : f->text.n;
    while (!is_boundary(f->text, from) && from < at)
        from++;
    while (!is_boundary(f->text, end) && end > at)
        end--;
    buf_puts(out, from ? "    …" : "    ");
    put_visible(out, str_from(str_head(f->text, end), from));
    buf_puts(out, end < f->text.n ? "…\n" : "\n");
    if (f->length == 0)
        return;
    size_t marked = f->length < end - at ? at + f->length : end;
    buf_puts(out, from ? "     " : "    ");
    put_columns(out, ' ', str_from(str_head(f->text, at), from));
    buf_putc(out, '^');
    put_columns(out, '~', str_from(str_head(f->text, marked), at + 1));
    buf_putc(out, '\n');
}

void finding_print(struct buf *out, const struct finding *f, bool colour)
{
    static const char *const paint[] = { "\033[36m", "\033[33m", "\033[31m" };
    buf_printf(out, "%s%s%s[%s]", colour ? paint[f->severity] : "", severity_name(f->severity),
               colour ? "\033[0m" : "", finding_name(f->code));
    if (f->key.n) {
        buf_puts(out, " ");
        put_visible(out, f->key);
    }
    buf_puts(out, ": ");
    put_visible(out, f->message);
    buf_putc(out, '\n');
    if (f->text.n)
        put_marked_text(out, f);
    if (f->expected.n) {
        buf_puts(out, "    expected: ");
        put_visible(out, f->expected);
        buf_putc(out, '\n');
    }
    if (f->nearest.n) {
        buf_puts(out, "    did you mean: ");
        put_visible(out, f->nearest);
        buf_putc(out, '\n');
    }
}

void diag_print(struct buf *out, const struct diag *diag, bool colour)
{
    for (size_t i = 0; i < diag->n; i++) {
        finding_print(out, &diag->p[i], colour);
        buf_putc(out, '\n');
    }
    size_t total = diag_count(diag, SEVERITY_NOTE);
    if (total > diag->n)
        buf_printf(out, "(%zu more findings are not shown)\n", total - diag->n);
    if (total)
        buf_printf(out, "%zu errors, %zu warnings, %zu notes\n", diag->seen[SEVERITY_ERROR],
                   diag->seen[SEVERITY_WARNING], diag->seen[SEVERITY_NOTE]);
}

static void put_member(struct buf *out, const char *name, struct str value)
{
    if (value.n == 0)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, value);
}

void finding_put_json(struct buf *out, const struct finding *f)
{
    buf_printf(out, "{\"severity\":\"%s\",\"code\":\"%s\"", severity_name(f->severity),
               finding_name(f->code));
    put_member(out, "key", f->key);
    put_member(out, "message", f->message);
    put_member(out, "text", f->text);
    if (f->length)
        buf_printf(out, ",\"at\":%zu,\"length\":%zu", f->at, f->length);
    put_member(out, "expected", f->expected);
    put_member(out, "nearest", f->nearest);
}

void diag_print_json(struct buf *out, const struct diag *diag)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < diag->n; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        finding_put_json(out, &diag->p[i]);
        buf_putc(out, '}');
    }
    buf_puts(out, diag->n ? "\n]\n" : "]\n");
}

struct str nearest_name(struct str name, const struct str *candidates, size_t n)
{
    size_t limit = name.n / 3 ? name.n / 3 : 1, best = limit + 1;
    struct str found = { 0 };
    for (size_t i = 0; i < n; i++) {
        size_t distance = str_distance(name, candidates[i], limit);
        if (distance < best) {
            best = distance;
            found = candidates[i];
        }
    }
    return found;
}
