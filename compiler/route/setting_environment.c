#include "route/setting_source.h"

static struct str lower(struct arena *arena, struct str s)
{
    struct str copy = arena_copy(arena, s);
    for (size_t i = 0; i < copy.n; i++)
        ((char *)copy.p)[i] = ascii_lower(copy.p[i]);
    return copy;
}

static bool is_upper(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 'a' && s.p[i] <= 'z')
            return false;
    return true;
}

/* Kubernetes tells containers of services by such variables: of one named "maitred-api", MAITRED_API_PORT. */
static bool is_service_link(struct str name)
{
    return str_search(name, STR("_SERVICE_")) != SIZE_MAX || str_search(name, STR("_PORT_")) != SIZE_MAX ||
           str_ends(name, STR("_PORT"));
}

/* One variable, its prefix cut off. Unknown first segments are other programs' business. */
static void add_variable(struct arena *arena, struct given g, struct str rest, struct givens *out,
                         struct diag *diag)
{
    struct str root = str_head(rest, str_find(rest, '_'));
    if (root.n == 0 || !is_upper(root))
        return;
    g.path = setting_path_of(lower(arena, rest), "_");
    if (!setting_is_root(root, false) && !setting_is_root(root, true)) {
        struct setting_path nearest = setting_nearest(arena, &g.path);
        if (nearest.n)
            diag_add(diag, (struct finding){ .code = FINDING_IGNORED_SETTING,
                                             .key = g.label,
                                             .message = STR("no setting begins like this"),
                                             .nearest = setting_label(arena, g.origin, STR(""), &nearest) });
        return;
    }
    g.match = setting_find(arena, &g.path);
    if (g.match.row || !is_service_link(g.label))
        vec_push(out, g);
}

void givens_from_environment(struct arena *arena, const char *const *environment, struct givens *out,
                             struct diag *diag)
{
    const struct str traefik = STR("TRAEFIK_"), maitred = STR("MAITRED_");
    for (; environment && *environment; environment++) {
        struct str value = str_c(*environment), name = str_cut(&value, '=');
        struct given g = { .label = name, .value = value.p ? value : STR("") };
        if (str_starts(name, traefik))
            g.origin = FROM_TRAEFIK_ENVIRONMENT;
        else if (str_starts(name, maitred))
            g.origin = FROM_MAITRED_ENVIRONMENT;
        else
            continue;
        add_variable(arena, g, str_from(name, traefik.n), out, diag);
    }
}
