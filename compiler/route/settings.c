#include "route/settings.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/hex.h"
#include "route/setting_check.h"
#include "route/setting_value.h"

struct reader {
    struct arena *arena;
    struct diag *diag;
    const struct choices *choices;
    struct settings *settings;
};

/* Values that are not of their type. Of a level Traefik makes ERROR, and starts. */
static void report_bad(struct reader *r, const struct choice *c)
{
    enum { LONGEST = 120 };
    const struct setting_row *row = c->given.match.row;
    bool group = row->type == SETTING_GROUP || row->type == SETTING_MAP;
    bool hidden =
        group || row->type == SETTING_SECRET; /* what was meant for something below may be a secret */
    struct str value = c->given.value, shown = str_head(value, hidden ? 0 : LONGEST);
    struct finding f = { .code = FINDING_BAD_SETTING,
                         .key = str_head(c->given.label, 200),
                         .text = shown,
                         .length = shown.n,
                         .message = value.n ? STR("a value that it cannot have") : STR("the value is empty"),
                         .expected = str_c(setting_expected(row->type)) };
    if (row->type == SETTING_LEVEL) {
        f.code = FINDING_IGNORED_SETTING;
        f.message = STR("no such level: it is ERROR");
    } else if (group) {
        f.message = STR("has no value of its own");
    }
    diag_add(r->diag, f);
}

/* Without effect, and not the default anyway. */
static bool is_told(const struct choice *c)
{
    const struct setting_row *row = c->given.match.row;
    return row->use == SETTING_IGNORED && !str_eq_nocase(c->given.value, str_c(row->fallback));
}

static void store(struct reader *r, const struct choice *c, void *base)
{
    struct str *elements = ARENA_ARRAY(r->arena, struct str, c->elements.n);
    for (size_t i = 0; i < c->elements.n; i++)
        elements[i] = arena_copy(r->arena, c->elements.p[i]);
    struct str value = arena_copy(r->arena, c->given.value);
    const struct setting_match *match = &c->given.match;
    bool nameless = match->row->type == SETTING_MAP && match->entry.n == 0;
    if (nameless || !setting_store(match->row, value, elements, c->elements.n, base))
        report_bad(r, c);
    else if (is_told(c))
        diag_report(r->diag, FINDING_IGNORED_SETTING, str_head(c->given.label, 200),
                    "known, but without effect here: %s", match->row->meaning);
}

/* A setting switches on what stands above it in the same struct. */
static void switch_on_above(struct reader *r, const struct given *g, void *base)
{
    for (struct setting_path above = g->path; --above.n > 0;) {
        struct setting_match match = setting_find(r->arena, &above);
        const struct setting_row *row = match.row;
        bool group = row && (row->type == SETTING_SWITCH || row->type == SETTING_GROUP);
        if (group && row->at != SETTING_NO_FIELD && match.table->entry_point == g->match.table->entry_point)
            *(bool *)(void *)((char *)base + row->at) = true;
    }
}

static void store_settings(struct reader *r)
{
    setting_store_defaults(r->arena, false, r->settings);
    for (size_t i = 0; i < r->choices->n; i++) {
        const struct choice *c = r->choices->p[i];
        if (c->off || c->given.match.table->entry_point)
            continue;
        if (!c->given.match.table->own)
            switch_on_above(r, &c->given, r->settings);
        store(r, c, r->settings);
    }
    struct str *root = &r->settings->etcd.root_key;
    while (root->n && root->p[root->n - 1] == '/')
        root->n--;
}

typedef VEC(struct entry_point) entry_points;

static struct entry_point *find_entry_point(entry_points *list, struct str name)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq_nocase(list->p[i].name, name))
            return &list->p[i];
    return NULL;
}

static struct entry_point *add_entry_point(struct reader *r, entry_points *list, struct str name,
                                           struct str address)
{
    struct entry_point fresh = { 0 };
    setting_store_defaults(r->arena, true, &fresh);
    fresh.name = arena_copy(r->arena, name);
    fresh.address = address;
    vec_push(list, fresh);
    return &list->p[list->n - 1];
}

/* Those that are given, and those that Traefik makes by itself. */
static void collect_entry_points(struct reader *r, entry_points *list)
{
    const struct settings *s = r->settings;
    for (size_t i = 0; i < r->choices->n; i++) {
        const struct choice *c = r->choices->p[i];
        if (c->off || !c->given.match.table->entry_point)
            continue;
        struct str name = c->given.match.name;
        struct entry_point *e = find_entry_point(list, name);
        e = e ? e : add_entry_point(r, list, name, (struct str){ 0 });
        switch_on_above(r, &c->given, e);
        store(r, c, e);
    }
    if (list->n == 0)
        add_entry_point(r, list, STR("http"), STR(":80"));
    const struct str internal = STR("traefik");
    bool wanted = (s->api.on && s->api.insecure) ||
                  (s->ping.on && !s->ping.manual_routing && str_eq(s->ping.entry_point, internal));
    if (wanted && !find_entry_point(list, internal))
        add_entry_point(r, list, internal, STR(":8080"))->internal = true;
}

static int compare_entry_points(const void *a, const void *b)
{
    const struct entry_point *x = a, *y = b;
    return str_cmp(x->name, y->name);
}

static void report_address(struct reader *r, const struct entry_point *e)
{
    struct str shown = str_head(e->address, 120);
    diag_add(r->diag, (struct finding){ .code = FINDING_BAD_SETTING,
                                        .key = entry_point_label(r->arena, r->choices, e->name),
                                        .text = shown,
                                        .length = shown.n,
                                        .message = shown.n ? STR("not an address to listen on")
                                                           : STR("the entry point has no address"),
                                        .expected = STR("[host]:port, with /udp behind it for UDP") });
}

static struct str refused_codes(struct arena *arena, const struct entry_point *e)
{
    const struct {
        bool allowed;
        const char *code;
    } all[] = {
        { e->allow_encoded.slash, "2F" },   { e->allow_encoded.backslash, "5C" },
        { e->allow_encoded.null, "00" },    { e->allow_encoded.semicolon, "3B" },
        { e->allow_encoded.percent, "25" }, { e->allow_encoded.question_mark, "3F" },
        { e->allow_encoded.hash, "23" },
    };
    struct str codes = { 0 };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!all[i].allowed)
            codes = arena_printf(arena, "%.*s%s", STR_ARG(codes), all[i].code);
    return codes;
}

static void store_entry_points(struct reader *r)
{
    entry_points list = { 0 };
    collect_entry_points(r, &list);
    qsort(list.p, list.n, sizeof *list.p, compare_entry_points);
    for (size_t i = 0; i < list.n; i++)
        if (!setting_parse_address(&list.p[i]))
            report_address(r, &list.p[i]);
    for (size_t i = 0; i < list.n; i++)
        list.p[i].refused_codes = refused_codes(r->arena, &list.p[i]);
    struct entry_point *kept = ARENA_ARRAY(r->arena, struct entry_point, list.n);
    memcpy(kept, list.p, list.n * sizeof *kept);
    r->settings->entry_points = kept;
    r->settings->n_entry_points = list.n;
    vec_fini(&list);
}

struct settings *settings_read(struct arena *arena, const struct settings_sources *sources, struct diag *diag)
{
    struct settings *settings = ARENA_NEW(arena, struct settings);
    struct givens givens = { 0 };
    givens_from_flags(arena, sources->flags, sources->n_flags, &givens, diag);
    if (sources->file.p)
        givens_from_file(arena, sources->file, sources->file_name, &givens, diag);
    givens_from_environment(arena, sources->environment, &givens, diag);
    struct choices choices = choices_of(arena, &givens, sources->file.p != NULL, diag);
    struct reader reader = { arena, diag, &choices, settings };
    store_settings(&reader);
    store_entry_points(&reader);
    settings_check(arena, settings, &choices, diag);
    choices_fini(&choices);
    vec_fini(&givens);
    return settings;
}

static void add_part(struct sha256 *h, struct str s)
{
    sha256_add(h, s);
    sha256_add(h, str_of("", 1)); /* the NUL parts them */
}

void settings_instance(const struct settings *settings, char out[static 13])
{
    unsigned char sum[SHA256_SIZE];
    struct sha256 h;
    sha256_init(&h);
    for (size_t i = 0; i < settings->n_entry_points; i++) {
        add_part(&h, settings->entry_points[i].name);
        add_part(&h, settings->entry_points[i].address);
    }
    add_part(&h, STR(""));
    for (size_t i = 0; settings->etcd.on && i < settings->etcd.n_endpoints; i++)
        add_part(&h, settings->etcd.endpoints[i]);
    add_part(&h, settings->etcd.on ? settings->etcd.root_key : STR(""));
    sha256_end(&h, sum);
    hex_write(out, sum, 12);
}
