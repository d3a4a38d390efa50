#include "kv/reader.h"
#include "route/setting_source.h"

struct str setting_label(struct arena *arena, enum setting_origin origin, struct str file_name,
                         const struct setting_path *path)
{
    struct str text = setting_path_text(arena, path);
    if (origin == FROM_FLAGS)
        return arena_printf(arena, "--%.*s", STR_ARG(text));
    if (origin == FROM_FILE)
        return arena_printf(arena, "%.*s: %.*s", STR_ARG(file_name), STR_ARG(text));
    const char *prefix = origin == FROM_TRAEFIK_ENVIRONMENT ? "TRAEFIK_" : "MAITRED_";
    struct str label = arena_printf(arena, "%s%.*s", prefix, STR_ARG(text));
    for (size_t i = 0; i < label.n; i++) {
        char *c = (char *)label.p + i;
        *c = *c == '.' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - ('a' - 'A')) : *c;
    }
    return label;
}

/* First segments that are none of ours are passed over, as Traefik does; those that look like a mistake are
 * told. */
static bool is_ours(struct arena *arena, const struct given *g, struct str file_name, struct str *told,
                    struct diag *diag)
{
    static const struct str dynamic[] = { STR("http"), STR("tcp"), STR("udp"), STR("tls") };
    struct str root = g->path.segments[0];
    if (setting_is_root(root, false) || setting_is_root(root, true))
        return true;
    struct finding f = { .code = FINDING_IGNORED_SETTING, .key = g->label };
    for (size_t i = 0; i < sizeof dynamic / sizeof *dynamic; i++)
        if (str_eq_nocase(root, dynamic[i]))
            f.message = STR("routes do not stand in this file");
    struct setting_path first = { .segments = { root }, .n = 1 }, nearest = setting_nearest(arena, &first);
    if (nearest.n && !f.message.n) {
        f.message = STR("no setting begins like this");
        f.nearest = setting_label(arena, FROM_FILE, file_name, &nearest);
    }
    if (f.message.n && !str_eq(root, *told)) {
        *told = root;
        diag_add(diag, f);
    }
    return false;
}

/* The row; for an element of a list, that of the list. */
static void find_row(struct arena *arena, struct given *g)
{
    g->match = setting_find(arena, &g->path);
    struct str last = g->path.segments[g->path.n - 1];
    if (g->match.row || g->path.n < 2 || !last.n || !ascii_is_digit(last.p[0]))
        return;
    struct setting_path above = g->path;
    above.n--;
    struct setting_match match = setting_find(arena, &above);
    bool list = match.row && (match.row->type == SETTING_LIST || match.row->type == SETTING_IPS ||
                              match.row->type == SETTING_FLOATS);
    if (list) {
        g->match = match;
        g->path = above;
        g->element = true;
    }
}

void givens_from_file(struct arena *arena, struct str bytes, struct str name, struct givens *out,
                      struct diag *diag)
{
    const struct str root = STR("static");
    struct kv_snapshot snapshot;
    struct str told = { 0 };
    if (!name.n)
        name = STR("configuration file");
    if (str_ends(name, STR(".toml"))) {
        diag_report(diag, FINDING_BAD_SOURCE, name, "TOML is not read; a YAML or JSON file can say the same");
        return;
    }
    if (!kv_read(arena, bytes, KV_FORMAT_FILE, name, root, &snapshot, diag))
        return;
    for (size_t i = 0; i < snapshot.n; i++) {
        struct given g = { .origin = FROM_FILE, .value = snapshot.pairs[i].value };
        g.path = setting_path_of(str_from(snapshot.pairs[i].key, root.n + 1), "/");
        g.label = setting_label(arena, FROM_FILE, name, &g.path);
        if (!is_ours(arena, &g, name, &told, diag))
            continue;
        find_row(arena, &g);
        vec_push(out, g);
    }
}
