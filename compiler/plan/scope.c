#include "plan/scope.h"

#include "base/quote.h"
#include "plan/key.h"

static bool put_path(struct buf *out, const struct span *span)
{
    if (!key_put_path(out, span->path, !span->exact))
        return false;
    if (span->exact)
        buf_putc(out, '?');
    return true;
}

static bool put_host(struct buf *out, const struct conjunct *c, size_t dots)
{
    switch (c->host_kind) {
    case HOST_EXACT:
        return key_put_host(out, c->host, dots);
    case HOST_WILD:
        buf_puts(out, "*.");
        return key_put_host(out, c->host, dots);
    case HOST_SUFFIX:
        buf_putc(out, '>');
        quote_map_key(out, c->host);
        return true;
    default:
        return true;
    }
}

bool scope_is_root(const struct conjunct *c)
{
    return c->host_kind == HOST_ANY && !c->span.exact && c->span.path.n == 1;
}

static bool put_scope(struct buf *out, const struct conjunct *c, size_t entry_point, size_t dots,
                      size_t *path_at)
{
    if (!put_host(out, c, dots))
        return false;
    buf_printf(out, "|%zu", entry_point);
    *path_at = out->n;
    return put_path(out, &c->span);
}

bool scope_put_first_key(struct buf *out, const struct conjunct *c, size_t entry_point, size_t dots,
                         size_t *path_at)
{
    if (c->host_kind == HOST_EXACT)
        return put_scope(out, c, entry_point, dots, path_at);
    buf_printf(out, "|%zu", entry_point);
    *path_at = out->n;
    return put_path(out, &c->span);
}

bool scope_put_key(struct buf *out, const struct conjunct *c, size_t entry_point, size_t dots,
                   size_t *path_at)
{
    static const char marks[] = {
        [CLASS_METHOD] = '<', [CLASS_LABEL] = '@', [CLASS_SHORT] = '>', [CLASS_FULL] = '@'
    };
    if (c->class != CLASS_PLAIN)
        buf_putc(out, marks[c->class]);
    if (c->class == CLASS_METHOD) {
        quote_map_key(out, c->label);
        buf_putc(out, '/');
    } else if (c->host_kind == HOST_PREFIX || (c->class != CLASS_PLAIN && scope_is_root(c))) {
        buf_printf(out, c->host_kind == HOST_PREFIX ? "^%zu^" : "=%zu=", entry_point);
        quote_map_key(out, c->host);
        *path_at = out->n;
        return true;
    }
    return put_scope(out, c, entry_point, dots, path_at);
}

size_t scope_dots(const struct conjunct *c, size_t out[static 3])
{
    size_t n = 0;
    bool hosted = c->host_kind == HOST_EXACT || c->host_kind == HOST_WILD;
    if (!hosted || c->dots < 2)
        out[n++] = 0;
    if (hosted && c->dots > 2)
        out[n++] = c->dots - 1;
    if (hosted && c->dots > 1)
        out[n++] = c->dots;
    if (hosted && c->dots > 0)
        out[n++] = c->dots + 1;
    return n;
}
