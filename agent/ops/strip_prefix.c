/* stripPrefix in front of other ops: HAProxy cuts the path itself, later; what is computed here is what the
 * ops behind it see, and whether they are asked at all. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/escape.h"
#include "ops/fields.h"
#include "ops/op.h"
#include "ops/verdict.h"

static bool parse(struct json_object *from, struct op *op, char error[static 256])
{
    struct field fields[] = { { "op", json_type_string, true, NULL },
                              { "prefixes", json_type_array, true, NULL },
                              { "forceSlash", json_type_boolean, false, NULL } };
    if (!fields_read(from, fields, 3, error))
        return false;
    op->strip_prefix.force_slash = fields[2].value && json_object_get_boolean(fields[2].value);
    if (texts_read(fields[1].value, &op->strip_prefix.prefixes))
        return true;
    snprintf(error, 256, "a prefix is a string");
    return false;
}

static void fini(struct op *op)
{
    texts_fini(&op->strip_prefix.prefixes);
}

/* The length of the front of a path that says `prefix`, byte by byte or as codes; SIZE_MAX where it
 * does not. */
static size_t front(struct str path, struct str prefix)
{
    size_t at = 0;
    for (size_t i = 0; i < prefix.n; i++) {
        if (at >= path.n)
            return SIZE_MAX;
        bool code = escape_is_code(path, at);
        if ((code ? escape_byte(path, at) : path.p[at]) != prefix.p[i])
            return SIZE_MAX;
        at += code ? 3 : 1;
    }
    return at;
}

/* The path that is left, as net/url writes it; a NULL pointer where it is not in normal form. */
static struct str path_left(struct arena *arena, struct str rest)
{
    if (rest.n == 0)
        return STR("/");
    struct str path = rest;
    if (str_starts(rest, STR("%2F"))) /* that is its first slash */
        path = escape_encode(arena, escape_decode(arena, rest), ESCAPE_PATH_KEPT);
    else if (rest.p[0] != '/')
        path = arena_printf(arena, "/%.*s", STR_ARG(rest));
    return str_eq(escape_clean_path(arena, path), path) ? path : (struct str){ 0 };
}

/* As HAProxy will find, too: but nothing behind the strip may be asked before. */
static enum op_result refuse(struct decision *d)
{
    verdict_refuse_text(d->verdict, strip_prefix_op.name, 400, "Bad Request");
    return OP_REFUSE;
}

static enum op_result run(const struct op *op, struct decision *d)
{
    const struct texts *prefixes = &op->strip_prefix.prefixes;
    struct str path = str_head(d->request.url, str_find(d->request.url, '?')), query = d->request.url;
    query = str_from(query, path.n);
    for (size_t i = 0; i < prefixes->n; i++) {
        size_t n = front(path, prefixes->p[i]);
        if (n == SIZE_MAX)
            continue;
        struct arena *arena = arena_create();
        struct str left = path_left(arena, str_from(path, n));
        struct buf url = { 0 };
        buf_put(&url, left);
        buf_put(&url, query);
        arena_destroy(arena);
        if (!left.p) {
            buf_fini(&url);
            return refuse(d);
        }
        buf_fini(&d->url);
        d->url = url;
        d->request.url = buf_str(&url);
        request_add_header(d, STR("x-forwarded-prefix"), prefixes->p[i]);
        break;
    }
    return OP_PASS;
}

const struct op_type strip_prefix_op = { NUMBER_STRIP_PREFIX, "stripPrefix", parse, fini, run, NULL };
