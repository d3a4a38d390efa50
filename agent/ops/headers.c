#include "ops/decide.h"
#include "ops/verdict.h"

/* A variable-length number as HAProxy writes it (reference/spop.md 1); false where the block ends before the
 * number does. Lengths beyond 4 GB are none. */
static bool take_length(struct str *block, size_t *out)
{
    uint64_t n = 0;
    for (unsigned i = 0, shift = 0; i < 5 && i < block->n; i++, shift += i == 1 ? 4 : 7) {
        unsigned char c = (unsigned char)block->p[i];
        n += (uint64_t)c << shift;
        if (c < (i == 0 ? 240 : 128)) {
            *block = str_from(*block, i + 1);
            *out = (size_t)n;
            return true;
        }
    }
    return false;
}

static bool take_text(struct str *block, struct str *out)
{
    size_t n;
    if (!take_length(block, &n) || n > block->n)
        return false;
    *out = str_head(*block, n);
    *block = str_from(*block, n);
    return true;
}

bool headers_next(struct str *block, struct str *name, struct str *value)
{
    return take_text(block, name) && take_text(block, value) && name->n > 0;
}

struct str headers_find(struct str block, struct str name)
{
    struct str found, value;
    while (headers_next(&block, &found, &value))
        if (str_eq_nocase(found, name))
            return value;
    return (struct str){ 0 };
}

struct str request_authorization(const struct request *request)
{
    return request->headers.p ? headers_find(request->headers, STR("authorization")) : request->authorization;
}

/* As take_length reads it. */
static void put_length(struct buf *out, size_t n)
{
    if (n < 240) {
        buf_putc(out, (char)n);
        return;
    }
    buf_putc(out, (char)(n | 240));
    n = (n - 240) >> 4;
    for (; n >= 128; n = (n - 128) >> 7)
        buf_putc(out, (char)(n | 128));
    buf_putc(out, (char)n);
}

static void put_header(struct buf *out, struct str name, struct str value)
{
    put_length(out, name.n);
    buf_put(out, name);
    put_length(out, value.n);
    buf_put(out, value);
}

static void copy_without(struct buf *out, struct str block, struct str left_out)
{
    struct str name, value;
    while (headers_next(&block, &name, &value))
        if (!str_eq_nocase(name, left_out))
            put_header(out, name, value);
}

static void take_over(struct decision *d, struct buf changed)
{
    buf_puts(&changed, ""); /* has memory even if nothing is left: there are headers, just none in it */
    buf_fini(&d->headers);
    d->headers = changed;
    d->request.headers = str_of(changed.p ? changed.p : "", changed.n);
}

void request_add_header(struct decision *d, struct str name, struct str value)
{
    struct buf changed = { 0 };
    if (!d->request.headers.p)
        return;
    copy_without(&changed, d->request.headers, STR(""));
    put_header(&changed, name, value);
    take_over(d, changed);
}

/* One line of verdict.request. */
static void apply_change(struct decision *d, struct str line)
{
    size_t colon = str_find(line, ':');
    if (str_starts(line, STR("-"))) {
        struct buf changed = { 0 };
        copy_without(&changed, d->request.headers, str_from(line, 1));
        take_over(d, changed);
    } else {
        request_add_header(d, str_head(line, colon), str_from(line, colon + 2));
    }
}

void request_apply(struct decision *d)
{
    struct str changes = str_from(buf_str(&d->verdict->request), d->n_applied);
    d->n_applied = d->verdict->request.n;
    while (changes.n > 0) {
        struct str line = str_cut(&changes, '\n');
        if (d->request.headers.p)
            apply_change(d, line);
        else if (str_eq_nocase(line, STR("-authorization")))
            d->request.authorization = (struct str){ 0 };
    }
}
