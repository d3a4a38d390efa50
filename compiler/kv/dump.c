/* etcdctl get --prefix, plain: a line with the key, then the value as it is, then a line end.
 *
 * Values are not quoted, so one that holds line ends (a certificate) cannot be told for certain from the
 * pairs behind it. The first line behind a key is always its value. A later line begins a new key where it
 * looks like one: a word that starts like the root and holds a slash ("traefik/…", "traefik2/…": all that
 * Traefik's own read fetches), or that starts like the first key of the dump up to its slash. Else it belongs
 * to the value. So it goes wrong where a value of several lines holds a line that looks like a key, and where
 * keys of other folders follow in one dump (they become lines of the value before them). The JSON form has no
 * such doubts. */
#include "kv/input.h"

/* A dump that went through Windows has CRs before all of its line ends. */
static struct str drop_return(struct str line, bool returns)
{
    return returns && str_ends(line, STR("\r")) ? str_head(line, line.n - 1) : line;
}

static bool has_key_shape(struct str line, struct str start, struct str root)
{
    if (start.n && str_starts(line, start))
        return true;
    if (!root.n || !str_starts(line, root))
        return false;
    size_t slash = str_find(line, '/'), blank = str_find(line, ' ');
    return slash < line.n && slash < blank;
}

/* "/a/b/c" -> "/a/", "a/b" -> "a/", "a" -> "" */
static struct str start_of(struct str key)
{
    size_t slash = 1 + str_find(str_from(key, 1), '/');
    return slash < key.n ? str_head(key, slash + 1) : STR("");
}

/* The value at the front of *rest: a line, and the lines behind it until one looks like a key. */
static struct str cut_value(struct str *rest, struct str start, struct str root)
{
    const char *p = rest->p;
    size_t n = str_cut(rest, '\n').n;
    while (rest->n && !has_key_shape(str_head(*rest, str_find(*rest, '\n')), start, root))
        n += 1 + str_cut(rest, '\n').n;
    return str_of(p, n);
}

bool kv_read_dump(const struct kv_input *in, struct pair_list *out)
{
    struct str rest = arena_copy(in->arena, in->bytes); /* the pairs are parts of it */
    struct str first = str_head(rest, str_find(rest, '\n'));
    bool returns = str_ends(first, STR("\r"));
    struct str start = start_of(drop_return(first, returns));
    while (rest.n) {
        struct str key = drop_return(str_cut(&rest, '\n'), returns);
        if (key.n == 0)
            return input_fail(in, 1, "a key was expected");
        struct str value = rest.n ? drop_return(cut_value(&rest, start, in->root), returns) : STR("");
        if (!input_add(in, out, key, value))
            return false;
    }
    return true;
}
