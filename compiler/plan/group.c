#include "plan/group.h"

#include <stdlib.h>

#include "base/hash.h"

enum { DIGEST_DIGITS = 14 };

/* What is tried at one place, best first. */
struct gathered {
    const struct clause **clauses;
    size_t n;
    struct str name;
};

/* Merges two lists by rank. */
static struct gathered merge(struct arena *arena, const struct clause *own, size_t n_own,
                             const struct gathered *around)
{
    struct gathered out = { .clauses = ARENA_ARRAY(arena, const struct clause *, n_own + around->n) };
    size_t i = 0, j = 0;
    while (i < n_own || j < around->n) {
        bool mine = j == around->n || (i < n_own && own[i].router <= around->clauses[j]->router);
        out.clauses[out.n++] = mine ? &own[i++] : around->clauses[j++];
    }
    return out;
}

static struct str name_of(struct arena *arena, char kind, struct str text)
{
    char digest[DIGEST_DIGITS + 1];
    sha256_hex(text, digest, DIGEST_DIGITS);
    return arena_printf(arena, "%c%s", kind, digest);
}

/* Whether it is the first time that the name is seen. */
static bool is_new(struct group_set *set, struct str name)
{
    if (strmap_get(set->known, name))
        return false;
    strmap_put(set->known, name, set);
    return true;
}

static void put_clause(struct buf *out, const struct clause *clause)
{
    buf_put(out, clause->pattern.head);
    buf_put(out, clause->path);
    buf_put(out, clause->pattern.tail);
}

static void add_line(struct group_set *set, struct entry_list *to, struct buf *scratch, struct str value)
{
    vec_push(&to->entries, (struct plan_entry){ arena_copy(set->arena, buf_str(scratch)), value });
}

/* The name of a group of regular expressions; its lines are added where it is new. They are tried in the
 * order of the map, which is sorted by key: so each has its number in front. */
static struct str group_name(struct group_set *set, const struct clause *const *clauses, size_t n, bool full)
{
    const struct str *values = full ? set->router_ranks : set->router_keys;
    struct buf text = { 0 };
    if (n == 0)
        return (struct str){ 0 };
    for (size_t i = 0; i < n; i++) {
        put_clause(&text, clauses[i]);
        buf_putc(&text, ' ');
        buf_put(&text, values[clauses[i]->router]);
        buf_putc(&text, '\n');
    }
    struct str name = name_of(set->arena, full ? 'f' : 's', buf_str(&text));
    bool fresh = is_new(set, name);
    for (size_t i = 0; i < n && fresh; i++) {
        buf_reset(&text);
        buf_printf(&text, "^%.*s\\|(?#%06zu)", STR_ARG(name), i);
        put_clause(&text, clauses[i]);
        add_line(set, full ? &set->full_lines : &set->short_lines, &text, values[clauses[i]->router]);
    }
    buf_fini(&text);
    return name;
}

static int label_compare(const void *a, const void *b)
{
    const struct clause *x = *(const struct clause *const *)a, *y = *(const struct clause *const *)b;
    int c = str_cmp(x->label, y->label);
    return c ? c : x->router < y->router ? -1 : x->router > y->router;
}

/* One label: "RANK;NAME" of the best router that it decides for, and the group of those better ones that must
 * be tried. */
static struct str label_value(struct group_set *set, const struct clause *const *clauses, size_t n)
{
    size_t tried = 0;
    while (tried < n && !clauses[tried]->decided)
        tried++;
    struct str decided = tried < n ? set->router_ranks[clauses[tried]->router] : STR(RANK_NOBODY ";");
    struct str group = group_name(set, clauses, tried, true);
    return arena_printf(set->arena, "%.*s;%.*s", STR_ARG(decided), STR_ARG(group));
}

static struct str table_name(struct group_set *set, const struct clause *const *clauses, size_t n)
{
    if (n == 0)
        return (struct str){ 0 };
    const struct clause **sorted = ARENA_ARRAY(set->arena, const struct clause *, n);
    struct entry_list lines = { 0 };
    struct buf text = { 0 };
    memcpy(sorted, clauses, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, label_compare);
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && str_eq(sorted[next]->label, sorted[i]->label);)
            next++;
        struct plan_entry line = { sorted[i]->label, label_value(set, &sorted[i], next - i) };
        vec_push(&lines.entries, line);
        buf_printf(&text, "%.*s %.*s\n", STR_ARG(line.key), STR_ARG(line.value));
    }
    struct str name = name_of(set->arena, 't', buf_str(&text));
    bool fresh = is_new(set, name);
    for (size_t i = 0; i < lines.entries.n && fresh; i++) {
        buf_reset(&text);
        buf_printf(&text, "%.*s/%.*s", STR_ARG(name), STR_ARG(lines.entries.p[i].key));
        add_line(set, &set->tables, &text, lines.entries.p[i].value);
    }
    vec_fini(&lines.entries);
    buf_fini(&text);
    return name;
}

static int entry_compare(const void *a, const void *b)
{
    return str_cmp(((const struct plan_entry *)a)->key, ((const struct plan_entry *)b)->key);
}

static void sort_entries(struct entry_list *list)
{
    if (list->entries.n)
        qsort(list->entries.p, list->entries.n, sizeof *list->entries.p, entry_compare);
}

const struct str *group_places(struct group_set *set, const struct place_list *places,
                               const struct clause_list *clauses)
{
    const struct gathered nothing = { 0 };
    size_t n = places->places.n, next = 0;
    const struct clause *all = clauses->clauses.p;
    struct gathered *at = ARENA_ARRAY(set->arena, struct gathered, n);
    struct str *names = ARENA_ARRAY(set->arena, struct str, n);
    for (size_t i = 0; i < n; i++) {
        const struct place *place = &places->places.p[i];
        const struct gathered *around = place->parent == NOBODY ? &nothing : &at[place->parent];
        size_t first = next;
        while (next < clauses->clauses.n && str_eq(all[next].key, place->key))
            next++;
        if (next == first) {
            at[i] = *around;
        } else {
            at[i] = merge(set->arena, &all[first], next - first, around);
            at[i].name = place->key.p[0] == '>' ? group_name(set, at[i].clauses, at[i].n, false)
                                                : table_name(set, at[i].clauses, at[i].n);
        }
        names[i] = at[i].name;
    }
    sort_entries(&set->short_lines);
    sort_entries(&set->full_lines);
    sort_entries(&set->tables);
    return names;
}
