#include "relay/heading.h"

#include <stdlib.h>

#include "base/arena.h"

void heading_fini(struct heading *heading)
{
    buf_fini(&heading->text);
    free(heading->lines);
    *heading = (struct heading){ 0 };
}

void heading_reset(struct heading *heading)
{
    buf_reset(&heading->text);
    heading->n = 0;
}

void heading_add(struct heading *heading, struct str name, struct str value)
{
    if (heading->n == heading->cap) {
        heading->cap = heading->cap ? heading->cap * 2 : 16;
        heading->lines = xrealloc(heading->lines, heading->cap * sizeof *heading->lines);
    }
    struct heading_line line = { .name_at = heading->text.n, .name_n = name.n, .value_n = value.n };
    buf_put(&heading->text, name);
    line.value_at = heading->text.n;
    buf_put(&heading->text, value);
    heading->lines[heading->n++] = line;
}

void heading_copy(struct heading *to, const struct heading *from)
{
    heading_reset(to);
    for (size_t i = 0; i < from->n; i++)
        heading_add(to, heading_name(from, i), heading_value(from, i));
}

struct str heading_name(const struct heading *heading, size_t i)
{
    return str_of(heading->text.p + heading->lines[i].name_at, heading->lines[i].name_n);
}

struct str heading_value(const struct heading *heading, size_t i)
{
    return str_of(heading->text.p + heading->lines[i].value_at, heading->lines[i].value_n);
}

struct str heading_get(const struct heading *heading, struct str name)
{
    for (size_t i = 0; i < heading->n; i++)
        if (str_eq_nocase(heading_name(heading, i), name))
            return str_trim(heading_value(heading, i));
    return (struct str){ 0 };
}

void heading_drop(struct heading *heading, struct str name)
{
    size_t kept = 0;
    for (size_t i = 0; i < heading->n; i++)
        if (!str_eq_nocase(heading_name(heading, i), name))
            heading->lines[kept++] = heading->lines[i];
    heading->n = kept;
}

void heading_put_line(struct buf *out, struct str name, struct str value)
{
    buf_put(out, name);
    buf_puts(out, ": ");
    buf_put(out, value);
    buf_puts(out, "\r\n");
}

void heading_put(struct buf *out, const struct heading *heading)
{
    for (size_t i = 0; i < heading->n; i++)
        heading_put_line(out, heading_name(heading, i), heading_value(heading, i));
}
