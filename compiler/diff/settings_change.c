#include "diff/settings_change.h"

#include <stdlib.h>

#include "base/vec.h"
#include "route/schema.h"
#include "route/url.h"

/* A setting in the spelling that is compared. */
struct flat {
    struct str id;   /* canonical: letters of keys folded, names kept, no zeros in front of numbers */
    struct str path; /* as stored, below the root */
    struct str value;
    bool secret;
};

typedef VEC(struct flat) flats;

struct setting_list {
    const struct flat *p; /* by id, no id twice */
    size_t n;
};

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]))
            return false;
    return s.n > 0;
}

static struct str number_of(struct str segment)
{
    if (segment.n > 2 && segment.p[0] == '[' && segment.p[segment.n - 1] == ']')
        segment = str_of(segment.p + 1, segment.n - 2);
    while (segment.n > 1 && segment.p[0] == '0' && is_number(segment))
        segment = str_from(segment, 1);
    return segment;
}

static void put_folded(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_putc(out, ascii_lower(s.p[i]));
}

/* Where a path stands in the schema while it is walked. */
struct position {
    const struct schema *schema;
    const struct schema_row *row;
    bool named; /* the next segment is a name of the user's, or a number */
};

static void step(struct position *at, struct str segment)
{
    if (at->named) {
        at->named = false;
        at->schema = at->row ? at->row->below : NULL;
        return;
    }
    at->row = at->schema ? schema_find(at->schema, segment) : NULL;
    at->schema = at->row ? at->row->below : NULL;
    at->named = at->row && (at->row->type == SCHEMA_STRUCT_MAP || at->row->type == SCHEMA_STRUCT_LIST ||
                            at->row->type == SCHEMA_TEXT_MAP || at->row->type == SCHEMA_INT_MAP);
}

/* Values that are not shown: secrets, headers (they carry tokens), and what no row speaks of. */
static bool hides_value(const struct schema_row *row)
{
    return !row || row->type == SCHEMA_SECRET || row->type == SCHEMA_SECRETS ||
           row->type == SCHEMA_TEXT_MAP || row->type == SCHEMA_ANY;
}

/* The canonical form of a path. A number at its end is left out: it is a place in a list. */
static void canonical(struct buf *out, struct str path, bool *secret)
{
    struct position at = { .schema = schema_root() };
    bool first = true;
    while (path.p) {
        struct str segment = str_cut(&path, '/');
        if (segment.n == 0)
            continue;
        struct str number = number_of(segment);
        bool in_list =
            at.row && (at.row->type == SCHEMA_LIST || at.row->type == SCHEMA_SECRETS) && is_number(number);
        if (in_list && path.p == NULL)
            break;
        if (!first)
            buf_putc(out, '/');
        first = false;
        if (at.named && at.row->type != SCHEMA_STRUCT_LIST)
            buf_put(out, segment);
        else
            put_folded(out, number);
        step(&at, segment);
    }
    *secret = hides_value(at.row);
}

static int compare_flat(const void *a, const void *b)
{
    const struct flat *x = a, *y = b;
    int c = str_cmp(x->id, y->id);
    return c ? c : str_cmp(x->path, y->path);
}

/* Elements of one list stand side by side now: they become one value. */
static void join(struct arena *arena, flats *all)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; n++) {
        struct flat joined = all->p[i];
        struct buf value = { 0 };
        size_t from = i;
        for (; i < all->n && str_eq(all->p[i].id, joined.id); i++) {
            buf_puts(&value, i > from ? "," : "");
            buf_put(&value, all->p[i].value);
        }
        if (i - from > 1)
            joined.value = arena_copy(arena, buf_str(&value));
        buf_fini(&value);
        all->p[n] = joined;
    }
    all->n = n;
}

const struct setting_list *settings_of(struct arena *arena, const struct kv_snapshot *snapshot)
{
    struct setting_list *list = ARENA_NEW(arena, struct setting_list);
    struct buf id = { 0 };
    flats all = { 0 };
    for (size_t i = 0; i < snapshot->n; i++) {
        struct str key = snapshot->pairs[i].key;
        if (key.n <= snapshot->root.n + 1 || !str_starts(key, snapshot->root) ||
            key.p[snapshot->root.n] != '/')
            continue;
        struct flat flat = { .path = str_from(key, snapshot->root.n + 1), .value = snapshot->pairs[i].value };
        struct str rest = flat.path;
        if (!schema_find(schema_root(), str_cut(&rest, '/')))
            continue; /* not of the tree */
        buf_reset(&id);
        canonical(&id, flat.path, &flat.secret);
        flat.id = arena_copy(arena, buf_str(&id));
        vec_push(&all, flat);
    }
    buf_fini(&id);
    if (all.n)
        qsort(all.p, all.n, sizeof *all.p, compare_flat);
    join(arena, &all);
    struct flat *kept = ARENA_ARRAY(arena, struct flat, all.n);
    if (all.n)
        memcpy(kept, all.p, all.n * sizeof *kept);
    *list = (struct setting_list){ kept, all.n };
    vec_fini(&all);
    return list;
}

static struct str shown(struct arena *arena, const struct flat *flat)
{
    if (!flat)
        return (struct str){ 0 };
    if (flat->secret)
        return STR("(not shown)");
    /* A key may stand where a certificate belongs. */
    if (str_search(flat->value, STR("-----BEGIN ")) != SIZE_MAX)
        return STR("(PEM text)");
    return flat->value.n ? url_shown(arena, flat->value) : STR("\"\"");
}

static struct setting_object object_of(struct str id, struct str *setting)
{
    struct str rest = id;
    struct setting_object object = { .section = str_cut(&rest, '/') };
    object.group = str_cut(&rest, '/');
    object.name = str_cut(&rest, '/');
    object.id = rest.p ? str_head(id, (size_t)(rest.p - id.p) - 1) : id;
    *setting = rest;
    return object;
}

struct setting_changes settings_compare(struct arena *arena, const struct setting_list *before,
                                        const struct setting_list *after)
{
    struct setting_change *found = ARENA_ARRAY(arena, struct setting_change, before->n + after->n);
    struct setting_changes out = { .p = found };
    size_t i = 0, j = 0;
    while (i < before->n || j < after->n) {
        const struct flat *a = i < before->n ? &before->p[i] : NULL, *b = j < after->n ? &after->p[j] : NULL;
        int order = !a ? 1 : !b ? -1 : str_cmp(a->id, b->id);
        i += order <= 0;
        j += order >= 0;
        if (order == 0 && str_eq(a->value, b->value))
            continue;
        a = order <= 0 ? a : NULL;
        b = order >= 0 ? b : NULL;
        struct setting_change *change = &found[out.n++];
        *change = (struct setting_change){ .before = shown(arena, a), .after = shown(arena, b) };
        change->object = object_of(b ? b->id : a->id, &change->setting);
    }
    return out;
}

/* Where ids that are not below `id` begin. */
static size_t lower_bound(const struct setting_list *list, struct str id)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(list->p[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What stands behind GROUP/NAME in the first setting of that object: "/rule", "", or p == NULL. */
static struct str behind_object(const struct setting_list *list, const char *group, struct str name)
{
    struct buf id = { 0 };
    buf_printf(&id, "http/%s/%.*s", group, STR_ARG(name));
    struct str wanted = buf_str(&id), found = { 0 };
    /* Names that only begin like this one may stand between, as far as their next byte sorts before '/'. */
    for (size_t i = lower_bound(list, wanted); i < list->n && str_starts(list->p[i].id, wanted) && !found.p;
         i++) {
        struct str rest = str_from(list->p[i].id, wanted.n);
        if (rest.n == 0 || rest.p[0] == '/')
            found = rest;
    }
    buf_fini(&id);
    return found;
}

struct str settings_value(const struct setting_list *list, const char *group, struct str name,
                          const char *setting)
{
    struct buf id = { 0 };
    buf_printf(&id, "http/%s/%.*s/%s", group, STR_ARG(name), setting);
    size_t i = lower_bound(list, buf_str(&id));
    bool found = i < list->n && str_eq(list->p[i].id, buf_str(&id));
    buf_fini(&id);
    return found ? list->p[i].value : (struct str){ 0 };
}

bool settings_have(const struct setting_list *list, const char *group, struct str name)
{
    return behind_object(list, group, name).p != NULL;
}

struct str settings_middleware_type(const struct setting_list *list, struct str name)
{
    struct str rest = str_from(behind_object(list, "middlewares", name), 1);
    const struct schema_row *http = schema_find(schema_root(), STR("http"));
    const struct schema_row *group = schema_find(http->below, STR("middlewares"));
    const struct schema_row *row = rest.n ? schema_find(group->below, str_cut(&rest, '/')) : NULL;
    return row ? row->name : (struct str){ 0 };
}
