#include "relay/directive.h"

#include "base/vec.h"

enum { MOST_ARGUMENTS = 4096, MOST_DIRECTIVES = 64 };

/* The arguments of one op, unquoted. */
struct arguments {
    struct str *p;
    size_t n;
};

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static struct str unquote(struct arena *arena, struct str s)
{
    char *out = arena_alloc(arena, s.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? digit_of(s.p[i + 1]) : -1;
        int low = high >= 0 ? digit_of(s.p[i + 2]) : -1;
        out[n++] = low >= 0 ? (char)(high * 16 + low) : s.p[i];
        i += low >= 0 ? 2 : 0;
    }
    return str_of(out, n);
}

static bool read_arguments(struct arena *arena, struct str rest, struct arguments *out)
{
    size_t most = 1;
    for (size_t i = 0; i < rest.n; i++)
        most += rest.p[i] == '?';
    if (most > MOST_ARGUMENTS)
        return false;
    *out = (struct arguments){ .p = ARENA_ARRAY(arena, struct str, most) };
    while (rest.p)
        out->p[out->n++] = unquote(arena, str_cut(&rest, '?'));
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
    size_t most = 1;
    for (size_t i = 0; i < text.n; i++)
        most += text.p[i] == ',';
    struct status_range *p = ARENA_ARRAY(arena, struct status_range, most);
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
    return s.n > 1 && s.p[0] == '}';
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
    return is_target(a->p[2]) && read_statuses(arena, a->p[1], &out->failover.statuses);
}

static bool read_one(struct arena *arena, struct str text, struct directive *out)
{
    struct arguments arguments;
    struct str name = str_cut(&text, '?');
    if (!read_arguments(arena, text, &arguments))
        return false;
    if (str_eq(name, STR("mirror"))) {
        out->kind = DIRECTIVE_MIRROR;
        return read_mirror(&arguments, out);
    }
    if (str_eq(name, STR("failover"))) {
        out->kind = DIRECTIVE_FAILOVER;
        return read_failover(arena, &arguments, out);
    }
    return false;
}

bool directives_read(struct arena *arena, struct str text, struct directives *out)
{
    *out = (struct directives){ 0 };
    size_t most = 0;
    for (size_t i = 0; i < text.n; i++)
        most += text.p[i] == ';';
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
