#include "delta/object.h"

#include "base/hash.h"

static const struct str sections[] = { [SORT_ROUTER] = STR("routers"),
                                       [SORT_SERVICE] = STR("services"),
                                       [SORT_MIDDLEWARE] = STR("middlewares"),
                                       [SORT_TRANSPORT] = STR("serverstransports") };

/* Traefik's locks are nobody's. */
static bool is_lock(struct str key)
{
    return str_search(key, STR("___lock")) != SIZE_MAX;
}

/* Names of digits, with brackets or without, are places in lists (route/keytree). */
bool object_name_is_plain(struct str name)
{
    bool digits = true;
    for (size_t i = 0; i < name.n; i++)
        digits = digits && ascii_is_digit(name.p[i]);
    return name.n > 0 && !digits && name.p[0] != '[' && str_find(name, '/') == name.n;
}

enum object_sort object_of(struct str root, struct str key, struct str *prefix, bool *odd)
{
    *prefix = (struct str){ 0 };
    *odd = true;
    if (!str_starts(key, root) || key.n <= root.n || key.p[root.n] != '/' || is_lock(key)) {
        *odd = false;
        return SORT_OTHER;
    }
    struct str rest = str_from(key, root.n + 1);
    struct str protocol = str_cut(&rest, '/'), section = str_cut(&rest, '/'), name = str_cut(&rest, '/');
    if (!str_eq(protocol, STR("http"))) {
        *odd = protocol.n == 0 || str_eq_nocase(protocol, STR("http"));
        return SORT_OTHER;
    }
    enum object_sort sort = SORT_ROUTER;
    while (sort < SORT_OTHER && !str_eq_nocase(section, sections[sort]))
        sort++;
    bool plain = sort < SORT_OTHER && object_name_is_plain(name);
    *odd = !plain && (sort < SORT_OTHER || section.n == 0);
    if (!plain)
        return SORT_OTHER;
    *prefix = str_head(key, (size_t)(name.p + name.n - key.p));
    return sort;
}

struct str object_join(struct arena *arena, const struct str *parts)
{
    size_t n = 0;
    for (size_t i = 0; parts[i].p; i++)
        n += parts[i].n;
    char *p = arena_alloc(arena, n + 1, 1), *next = p;
    for (size_t i = 0; parts[i].p; i++) {
        if (parts[i].n)
            memcpy(next, parts[i].p, parts[i].n);
        next += parts[i].n;
    }
    return str_of(p, n);
}

uint64_t object_target(enum object_kind kind, struct str name, struct str provider)
{
    return hash_bytes(name) * 31 + hash_bytes(provider) * 7 + kind + 1;
}
