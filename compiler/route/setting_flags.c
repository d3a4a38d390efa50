#include "route/setting_source.h"

static bool is_flag(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static struct str flag_name(const char *flag, struct str *value)
{
    struct str rest = str_c(flag + (flag[1] == '-' ? 2 : 1)), name = str_cut(&rest, '=');
    *value = rest;
    return name;
}

/* Whether the next word is the value of a flag that has none behind '='. Not of switches, as in Traefik. */
static bool takes_word(const struct setting_row *row)
{
    return row && row->type != SETTING_BOOL && row->type != SETTING_SWITCH && row->type != SETTING_GROUP;
}

static void report_stray(struct str flag, struct diag *diag)
{
    diag_add(diag, (struct finding){ .code = FINDING_BAD_SETTING,
                                     .key = flag,
                                     .message = STR("a word behind it belongs to no flag"),
                                     .expected = STR("--name=value") });
}

/* Fills in the value of flags[i] and returns how many words were taken. */
static size_t take_value(struct given *g, const char *const *flags, size_t n, size_t i, struct diag *diag)
{
    bool next = i + 1 < n && !is_flag(flags[i + 1]);
    if (g->value.p)
        return 1;
    g->value = STR("true");
    if (!g->match.row) /* the word behind an unknown flag may be a password: not a stray one, to be shown */
        return next ? 2 : 1;
    if (!takes_word(g->match.row))
        return 1;
    if (!next) {
        diag_add(diag, (struct finding){ .code = FINDING_BAD_SETTING,
                                         .key = g->label,
                                         .message = STR("a value is missing"),
                                         .expected = str_c(setting_expected(g->match.row->type)) });
        g->match.row = NULL;
        return 1;
    }
    g->value = str_c(flags[i + 1]);
    return 2;
}

void givens_from_flags(struct arena *arena, const char *const *flags, size_t n, struct givens *out,
                       struct diag *diag)
{
    struct str before = STR("flags");
    for (size_t i = 0; i < n && strcmp(flags[i], "--") != 0;) {
        if (!is_flag(flags[i])) {
            report_stray(before, diag);
            i++;
            continue;
        }
        struct given g = { .origin = FROM_FLAGS };
        struct str name = flag_name(flags[i], &g.value);
        g.label = str_head(str_c(flags[i]), (size_t)(name.p + name.n - flags[i]));
        g.path = setting_path_of(name, ".");
        g.match = setting_find(arena, &g.path);
        bool known = g.match.row != NULL;
        i += take_value(&g, flags, n, i, diag);
        before = g.label;
        if (known == (g.match.row != NULL))
            vec_push(out, g);
    }
}

struct str settings_config_file(const char *const *flags, size_t n_flags)
{
    struct str found = { 0 };
    for (size_t i = 0; i < n_flags && strcmp(flags[i], "--") != 0; i++) {
        if (!is_flag(flags[i]))
            continue;
        struct str value, name = flag_name(flags[i], &value);
        if (!str_eq_nocase(name, STR("configfile")))
            continue;
        bool next = i + 1 < n_flags && !is_flag(flags[i + 1]);
        found = value.p || !next ? value : str_c(flags[i + 1]);
    }
    return found;
}
