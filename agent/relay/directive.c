#include "relay/directive.h"

#include "base/escape.h"
#include "relay/expression.h"

enum { MOST_ARGUMENTS = 4096, MOST_DIRECTIVES = 64 };

/* The arguments of one op, unquoted. */
struct arguments {
    struct str *p;
    size_t n;
};

static size_t count(struct str s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == c;
    return n;
}

static bool read_arguments(struct arena *arena, struct str rest, struct arguments *out)
{
    size_t most = 1 + count(rest, '?');
    if (most > MOST_ARGUMENTS)
        return false;
    *out = (struct arguments){ .p = ARENA_ARRAY(arena, struct str, most) };
    while (rest.p)
        out->p[out->n++] = escape_decode(arena, str_cut(&rest, '?'));
    return true;
}

static bool read_status(struct str s, int *out)
{
    int64_t n;
    if (s.n == 0 || s.n > 9 || !ascii_is_digit(s.p[0]) || !str_to_int64(s, &n))
        return false;
    *out = (int)n;
    return true;
}

static bool read_statuses(struct arena *arena, struct str text, struct status_list *out)
{
    struct status_range *p = ARENA_ARRAY(arena, struct status_range, 1 + count(text, ','));
    size_t n = 0;
    while (text.p && text.n) {
        struct str to = str_cut(&text, ','), from = str_cut(&to, '-');
        if (!read_status(from, &p[n].from) || !read_status(to.p ? to : from, &p[n].to))
            return false;
        n++;
    }
    *out = (struct status_list){ p, n };
    return true;
}

static bool is_target(struct str s)
{
    return s.n > (s.n && s.p[0] == '}') && str_find(s, ';') == s.n;
}

static bool read_mirror(const struct arguments *a, struct directive *out)
{
    if (a->n < 3 || !str_to_int64(a->p[1], &out->max_body))
        return false;
    out->mirror.with_body = str_eq(a->p[0], STR("1"));
    out->mirror.targets = a->p + 2;
    out->mirror.n_targets = a->n - 2;
    for (size_t i = 2; i < a->n; i++)
        if (!is_target(a->p[i]))
            return false;
    return true;
}

static bool read_failover(struct arena *arena, const struct arguments *a, struct directive *out)
{
    if (a->n != 3 || !str_to_int64(a->p[0], &out->max_body))
        return false;
    out->failover.target = a->p[2];
    return is_target(a->p[2]) && read_statuses(arena, a->p[1], &out->statuses);
}

static bool read_rewrites(struct arena *arena, struct str text, struct directive *out)
{
    struct status_rewrite *p = ARENA_ARRAY(arena, struct status_rewrite, 1 + count(text, ','));
    size_t n = 0;
    while (text.p && text.n) {
        struct str rest = str_cut(&text, ','), from = str_cut(&rest, '-'), to = str_cut(&rest, '-');
        struct status_rewrite *r = &p[n++];
        if (!read_status(from, &r->range.from) || !read_status(to, &r->range.to) ||
            !read_status(rest, &r->to) || r->to < 100 || r->to > 999)
            return false;
    }
    out->errors.rewrites = p;
    out->errors.n_rewrites = n;
    return true;
}

static bool read_errors(struct arena *arena, const struct arguments *a, struct directive *out)
{
    if (a->n < 5)
        return false;
    out->errors.target = a->p[2];
    out->errors.query = a->p[3];
    out->errors.all_headers = str_eq(a->p[4], STR("all"));
    out->errors.headers = a->p + 5;
    out->errors.n_headers = a->n - 5;
    return is_target(a->p[2]) && read_statuses(arena, a->p[0], &out->statuses) &&
           read_rewrites(arena, a->p[1], out);
}

static bool read_retry(struct arena *arena, const struct arguments *a, struct directive *out)
{
    if (a->n != 6 || !str_to_int64(a->p[0], &out->retry.attempts) ||
        !str_to_int64(a->p[1], &out->retry.interval_ns) || !str_to_int64(a->p[2], &out->retry.timeout_ns) ||
        !str_to_int64(a->p[3], &out->max_body))
        return false;
    out->retry.on_network_error = str_find(a->p[5], 'n') < a->p[5].n;
    out->retry.non_idempotent = str_find(a->p[5], 'i') < a->p[5].n;
    return read_statuses(arena, a->p[4], &out->statuses);
}

static bool read_buffer(const struct arguments *a, struct directive *out)
{
    if (a->n != 5 || !str_to_int64(a->p[0], &out->max_body) || !str_to_int64(a->p[1], &out->buffer.memory) ||
        !str_to_int64(a->p[2], &out->buffer.max_answer) || !str_to_int64(a->p[3], &out->buffer.answer_memory))
        return false;
    out->max_body = out->max_body > 0 ? out->max_body : -1;
    out->buffer.max_answer = out->buffer.max_answer > 0 ? out->buffer.max_answer : -1;
    out->buffer.again = a->p[4];
    return a->p[4].n == 0 || expression_check(a->p[4]);
}

static bool read_compress(struct arena *arena, const struct arguments *a, struct directive *out)
{
    if (a->n < 4 || !str_to_int64(a->p[0], &out->compress.min_size))
        return false;
    struct str *encodings = ARENA_ARRAY(arena, struct str, 1 + count(a->p[2], ',')), rest = a->p[2];
    while (rest.p)
        encodings[out->compress.n_encodings++] = str_cut(&rest, ',');
    out->compress.encodings = encodings;
    out->compress.default_encoding = a->p[1];
    out->compress.only = str_eq(a->p[3], STR("only"));
    out->compress.types = a->p + 4;
    out->compress.n_types = a->n - 4;
    return true;
}

static bool read_one(struct arena *arena, struct str text, struct directive *out)
{
    static const struct str names[] = {
        [DIRECTIVE_MIRROR] = STR("mirror"), [DIRECTIVE_FAILOVER] = STR("failover"),
        [DIRECTIVE_ERRORS] = STR("errors"), [DIRECTIVE_RETRY] = STR("retry"),
        [DIRECTIVE_BUFFER] = STR("buffer"), [DIRECTIVE_COMPRESS] = STR("compress")
    };
    struct arguments arguments;
    struct str name = str_cut(&text, '?');
    size_t kind = 0;
    while (kind < sizeof names / sizeof *names && !str_eq(name, names[kind]))
        kind++;
    if (!read_arguments(arena, text, &arguments))
        return false;
    out->kind = (enum directive_kind)kind;
    out->max_body = -1;
    switch (kind) {
    case DIRECTIVE_MIRROR:
        return read_mirror(&arguments, out);
    case DIRECTIVE_FAILOVER:
        return read_failover(arena, &arguments, out);
    case DIRECTIVE_ERRORS:
        return read_errors(arena, &arguments, out);
    case DIRECTIVE_RETRY:
        return read_retry(arena, &arguments, out);
    case DIRECTIVE_BUFFER:
        return read_buffer(&arguments, out);
    case DIRECTIVE_COMPRESS:
        return read_compress(arena, &arguments, out);
    default:
        return false;
    }
}

bool directives_read(struct arena *arena, struct str text, struct directives *out)
{
    *out = (struct directives){ 0 };
    size_t most = count(text, ';');
    if (most == 0 || most > MOST_DIRECTIVES || text.p[text.n - 1] != ';')
        return false;
    struct directive *p = ARENA_ARRAY(arena, struct directive, most);
    for (size_t i = 0; i < most; i++)
        if (!read_one(arena, str_cut(&text, ';'), &p[i]))
            return false;
    *out = (struct directives){ p, most };
    return true;
}

bool status_list_has(const struct status_list *list, int status)
{
    for (size_t i = 0; i < list->n; i++)
        if (status >= list->p[i].from && status <= list->p[i].to)
            return true;
    return false;
}
