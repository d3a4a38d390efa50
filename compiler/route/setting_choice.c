#include "route/setting_choice.h"

#include "route/setting_value.h"

static bool is_own(const struct given *g)
{
    return g->match.row ? g->match.table->own : setting_is_root(g->path.segments[0], true);
}

/* Traefik reads the first of file, flags, environment that says anything. */
static enum setting_origin find_winner(const struct givens *givens, bool has_file)
{
    if (has_file)
        return FROM_FILE;
    for (size_t i = 0; i < givens->n; i++)
        if (givens->p[i].origin == FROM_FLAGS && !is_own(&givens->p[i]))
            return FROM_FLAGS;
    return FROM_TRAEFIK_ENVIRONMENT;
}

static bool counts(const struct given *g, enum setting_origin winner)
{
    bool removed =
        g->match.row && g->match.row->use == SETTING_REMOVED; /* looked for everywhere, as Traefik does */
    return g->origin == winner || g->origin == FROM_MAITRED_ENVIRONMENT || removed || is_own(g);
}

/* One warning for each source that says something in vain. */
static void report_passed_over(const struct givens *givens, enum setting_origin winner, struct diag *diag)
{
    bool told[N_ORIGINS] = { false };
    for (size_t i = 0; i < givens->n; i++) {
        const struct given *g = &givens->p[i];
        bool config_file = g->match.row && str_eq(g->match.id, STR("configfile"));
        if (counts(g, winner) || config_file || told[g->origin])
            continue;
        told[g->origin] = true;
        diag_report(diag, FINDING_IGNORED_SETTING, str_head(g->label, 200), "%s are not read where %s given",
                    g->origin == FROM_FLAGS ? "Traefik's flags" : "TRAEFIK_ variables",
                    winner == FROM_FILE ? "a configuration file is" : "flags are");
    }
}

static void report_unknown(struct arena *arena, const struct given *g, struct diag *diag)
{
    struct finding f = { .code = FINDING_UNKNOWN_SETTING, .key = str_head(g->label, 200) };
    if (g->match.row) {
        f.message = STR("removed in Traefik 3");
    } else if (setting_is_group(&g->path)) {
        f.code = FINDING_BAD_SETTING;
        f.message = STR("has no value of its own");
        f.expected = STR("a setting below it");
    } else {
        struct str file_name =
            str_head(g->label, g->origin == FROM_FILE ? str_search(g->label, STR(": ")) : 0);
        struct setting_path nearest = setting_nearest(arena, &g->path);
        f.message = STR("no such setting");
        if (nearest.n)
            f.nearest = setting_label(arena, g->origin, file_name, &nearest);
    }
    diag_add(diag, f);
}

static void add_elements(struct choice *c, const struct given *g)
{
    if (g->element) {
        vec_push(&c->elements, g->value);
        return;
    }
    size_t n = setting_split(g->value, NULL);
    struct str *elements = xmalloc(n * sizeof *elements);
    setting_split(g->value, elements);
    for (size_t i = 0; i < n; i++)
        vec_push(&c->elements, elements[i]);
    free(elements);
}

/* Sources come in their order: the first that has a setting keeps it; within one source lists add up, and of
 * other settings the last counts. */
static void choose(struct arena *arena, struct choices *choices, const struct given *g)
{
    struct choice *c = strmap_get(choices->by_id, g->match.id);
    if (c && (c->given.origin != g->origin || g->match.row->type == SETTING_ANY))
        return;
    if (!c) {
        c = ARENA_NEW(arena, struct choice);
        strmap_put(choices->by_id, g->match.id, c);
        vec_push(choices, c);
        c->given = *g;
    }
    struct str name = c->given.match.name; /* the first spelling of a name stays */
    c->given = *g;
    c->given.match.name = name;
    if (setting_is_list(g->match.row->type))
        add_elements(c, g);
}

/* Whether the switch of that name, if it is given, is off. */
static bool is_switched_off(const struct choices *choices, struct str id)
{
    const struct choice *c = strmap_get(choices->by_id, id);
    return c && c->given.match.row->type == SETTING_SWITCH && !setting_is_on(c->given.value);
}

static void mark_off(struct choices *choices, struct diag *diag)
{
    for (size_t i = 0; i < choices->n; i++) {
        struct choice *c = choices->p[i];
        struct str id = c->given.match.id;
        if (is_switched_off(choices, id) && !str_eq_nocase(c->given.value, STR("false")))
            diag_report(diag, FINDING_MARKER_IGNORED, str_head(c->given.label, 200),
                        "neither true nor empty: it is switched off");
        for (size_t n = 1; n <= id.n && !c->off; n++)
            if (n == id.n || id.p[n] == '.')
                c->off = is_switched_off(choices, str_head(id, n));
    }
}

struct choices choices_of(struct arena *arena, const struct givens *givens, bool has_file, struct diag *diag)
{
    struct choices choices = { .by_id = strmap_create(arena, givens->n) };
    enum setting_origin winner = find_winner(givens, has_file);
    report_passed_over(givens, winner, diag);
    for (int origin = 0; origin < N_ORIGINS; origin++)
        for (size_t i = 0; i < givens->n; i++) {
            const struct given *g = &givens->p[i];
            if ((int)g->origin != origin || !counts(g, winner))
                continue;
            if (!g->match.row || g->match.row->use == SETTING_REMOVED)
                report_unknown(arena, g, diag);
            else
                choose(arena, &choices, g);
        }
    mark_off(&choices, diag);
    return choices;
}

void choices_fini(struct choices *choices)
{
    for (size_t i = 0; i < choices->n; i++)
        vec_fini(&choices->p[i]->elements);
    vec_fini(choices);
}

const struct choice *choices_get(const struct choices *choices, const char *id)
{
    const struct choice *c = strmap_get(choices->by_id, str_c(id));
    return c && !c->off ? c : NULL;
}

struct str choices_label(const struct choices *choices, struct arena *arena, const char *id)
{
    const struct choice *c = choices_get(choices, id);
    return c ? c->given.label : arena_printf(arena, "--%s", id);
}

struct str entry_point_label(struct arena *arena, const struct choices *choices, struct str name)
{
    struct str id = arena_printf(arena, "entrypoints.%.*s.address", STR_ARG(name));
    for (size_t i = 0; i < id.n; i++)
        ((char *)id.p)[i] = ascii_lower(id.p[i]);
    return choices_label(choices, arena, id.p);
}
