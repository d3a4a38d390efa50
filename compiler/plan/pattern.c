#include "plan/pattern.h"

#include "base/address.h"
#include "route/regex.h"

static void put_byte(struct buf *out, unsigned char c)
{
    if (ascii_is_alnum((char)c))
        buf_putc(out, (char)c);
    else
        buf_printf(out, "\\x%02X", (unsigned)c);
}

/* Text as it stands in the canonical line. */
static void put_text(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        put_byte(out, c == '\n' ? 0xff : c >= 0xfd ? 0xfe : c);
    }
}

static void open_look(struct buf *out, const struct rule_literal *l)
{
    buf_puts(out, l->negated ? "(?!" : "(?=");
}

/* One more or one less dot at its end makes no difference to a host (Traefik's host matcher). */
static void put_host(struct buf *out, struct str host, size_t dots)
{
    put_text(out, host);
    buf_printf(out, "\\.{%zu,%zu}\\n", dots ? dots - 1 : 0, dots + 1);
}

static void put_host_look(struct buf *out, const struct rule_literal *l)
{
    bool host = l->matcher == MATCHER_HOST, wild = l->matcher == MATCHER_HOST_WILDCARD;
    if (!host && !wild && l->matcher != MATCHER_HOST_REGEXP)
        return;
    open_look(out, l);
    if (l->matcher == MATCHER_HOST_REGEXP) {
        regex_put(out, l->regex, "(?<=\\|)");
    } else {
        buf_puts(out, wild ? "[^.\\n]*+\\." : "");
        put_host(out, l->args[0], l->dots);
    }
    buf_putc(out, ')');
}

static void put_method(struct buf *out, const struct conjunct *c)
{
    for (size_t i = 0; i < c->rest.n; i++) {
        if (c->rest.p[i]->matcher != MATCHER_METHOD)
            continue;
        open_look(out, c->rest.p[i]);
        put_text(out, c->rest.p[i]->args[0]);
        buf_puts(out, "\\n)");
    }
    buf_puts(out, "[^\\n]*+\\n>");
}

static void put_path_look(struct buf *out, const struct rule_literal *l)
{
    if (l->matcher != MATCHER_PATH && l->matcher != MATCHER_PATH_PREFIX && l->matcher != MATCHER_PATH_REGEXP)
        return;
    open_look(out, l);
    if (l->matcher == MATCHER_PATH_REGEXP)
        regex_put(out, l->regex, "(?<=\\n>)");
    else
        put_text(out, l->args[0]);
    buf_puts(out, l->matcher == MATCHER_PATH ? "\\n)" : ")");
}

/* A line of a header or parameter: what it begins with, and its value. */
static void put_field_look(struct buf *out, const struct rule_literal *l, const char *mark, const char *parts)
{
    struct buf start = { 0 };
    open_look(out, l);
    buf_puts(out, "(?:[^\\n]*+\\n)*?");
    buf_printf(&start, "(?<=\\n%s", mark);
    buf_puts(out, mark);
    put_text(&start, l->args[0]);
    put_text(out, l->args[0]);
    buf_printf(&start, "%s)", parts);
    buf_puts(out, parts);
    if (l->regex) {
        regex_put(out, l->regex, start.p);
    } else if (l->matcher != MATCHER_QUERY_FIRST || l->n_args > 1) {
        put_text(out, l->n_args > 1 ? l->args[1] : STR(""));
        buf_puts(out, "\\n");
    }
    buf_putc(out, ')');
    buf_fini(&start);
}

static void put_fields(struct buf *out, const struct conjunct *c)
{
    bool begun = false;
    for (size_t i = 0; i < c->rest.n; i++) {
        const struct rule_literal *l = c->rest.p[i];
        bool header = l->matcher == MATCHER_HEADER || l->matcher == MATCHER_HEADER_REGEXP;
        bool query = l->matcher == MATCHER_QUERY || l->matcher == MATCHER_QUERY_REGEXP;
        if (!header && !query && l->matcher != MATCHER_QUERY_FIRST)
            continue;
        if (!begun)
            buf_puts(out, "[^\\n]*+\\n");
        begun = true;
        put_field_look(out, l, header ? "" : query ? "\\?" : "<", header ? ":" : "\\xFD");
    }
}

void pattern_put_path(struct buf *out, const struct conjunct *c)
{
    if (!c->span.exact && c->span.path.n == 1)
        return;
    buf_puts(out, "(?=");
    put_text(out, c->span.path);
    buf_puts(out, c->span.exact ? "\\n)" : ")");
}

/* A range as the digits that its addresses begin with; in between the class of those that one may be. */
static void put_range(struct buf *out, const struct address_range *range)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t whole = range->bits / 4, left = range->bits % 4, n = range->address.n * 2;
    buf_puts(out, range->address.n == 4 ? "(?:0{20}FFFF)?" : "");
    for (size_t i = 0; i < whole + (left > 0); i++) {
        unsigned digit = range->address.bytes[i / 2] >> (i % 2 ? 0 : 4) & 15u;
        if (i < whole)
            buf_putc(out, digits[digit]);
        else
            buf_printf(out, "[%.*s]", 1 << (4 - left), digits + digit);
    }
    buf_printf(out, "[0-9A-F]{%zu}\\|", n - whole - (left > 0));
}

static void put_ranges(struct buf *out, const struct conjunct *c)
{
    for (size_t i = 0; i < c->rest.n; i++) {
        struct address_range range;
        if (c->rest.p[i]->matcher != MATCHER_CLIENT_IP)
            continue;
        open_look(out, c->rest.p[i]);
        if (address_range_read(c->rest.p[i]->args[0], &range))
            put_range(out, &range);
        else
            buf_puts(out, "(?!)"); /* rule_check lets nothing else pass */
        buf_putc(out, ')');
    }
    buf_puts(out, "[^|]*+\\|");
}

struct pattern pattern_of(struct arena *arena, const struct conjunct *c)
{
    struct buf text = { 0 };
    put_ranges(&text, c);
    for (size_t i = 0; i < c->rest.n; i++)
        put_host_look(&text, c->rest.p[i]);
    buf_puts(&text, "[^\\n]*+\\n");
    put_method(&text, c);
    size_t head = text.n;
    for (size_t i = 0; i < c->rest.n; i++)
        put_path_look(&text, c->rest.p[i]);
    put_fields(&text, c);
    struct str all = arena_copy(arena, buf_str(&text));
    buf_fini(&text);
    return (struct pattern){ str_head(all, head), str_from(all, head) };
}
