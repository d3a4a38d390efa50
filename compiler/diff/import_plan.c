#include "diff/import_plan.h"

#include <stdlib.h>

#include "base/strmap.h"
#include "base/vec.h"
#include "route/schema.h"

/* The key of an object, letters of all but its name folded: root/http/routers/a. Empty where the key is none
 * of a tree's. */
static struct str object_key(struct buf *scratch, const struct kv_snapshot *snapshot, struct str key)
{
    if (!str_starts(key, snapshot->root) || key.n <= snapshot->root.n + 1 || key.p[snapshot->root.n] != '/')
        return (struct str){ 0 };
    struct str rest = str_from(key, snapshot->root.n + 1), section = str_cut(&rest, '/'),
               group = str_cut(&rest, '/');
    if (!schema_find(schema_root(), section))
        return (struct str){ 0 };
    struct str name = rest.p ? str_cut(&rest, '/') : STR("");
    buf_reset(scratch);
    for (size_t i = 0; i < section.n; i++)
        buf_putc(scratch, ascii_lower(section.p[i]));
    buf_putc(scratch, '/');
    for (size_t i = 0; i < group.n; i++)
        buf_putc(scratch, ascii_lower(group.p[i]));
    buf_putc(scratch, '/');
    buf_put(scratch, name);
    return buf_str(scratch);
}

static bool is_router(struct str object)
{
    struct str rest = object;
    str_cut(&rest, '/');
    return str_eq(str_cut(&rest, '/'), STR("routers"));
}

struct planner {
    struct arena *arena;
    const struct kv_snapshot *wanted;
    struct strmap *objects; /* those of `wanted` */
    struct buf scratch;
    bool prune;
    bool open; /* the last op is a deletion that may take in the next key */
    VEC(struct import_op) ops;
    struct import_ops out;
};

static void put(struct planner *p, const struct kv_pair *pair, bool is_new)
{
    struct str object = object_key(&p->scratch, p->wanted, pair->key);
    p->open = false;
    vec_push(&p->ops,
             (struct import_op){ .phase = is_router(object) ? IMPORT_PUT_ROUTERS : IMPORT_PUT_OBJECTS,
                                 .is_new = is_new,
                                 .key = pair->key,
                                 .value = pair->value });
    if (is_new)
        p->out.n_added++;
    else
        p->out.n_changed++;
}

/* A key of the store that the tree lacks: neighbours are deleted as one range. */
static void drop(struct planner *p, struct str key)
{
    struct str object = object_key(&p->scratch, p->wanted, key);
    bool goes = object.n && (p->prune || strmap_get(p->objects, object));
    if (!goes) {
        p->open = false;
        return;
    }
    enum import_phase phase = is_router(object) ? IMPORT_DELETE_ROUTERS : IMPORT_DELETE_OBJECTS;
    struct str end =
        str_of(arena_copy(p->arena, key).p, key.n + 1); /* the NUL behind counts: the next key there can be */
    p->out.n_deleted++;
    struct import_op *last = p->ops.n ? &p->ops.p[p->ops.n - 1] : NULL;
    if (p->open && last->phase == phase) {
        last->end = end;
        last->n++;
    } else {
        vec_push(&p->ops, (struct import_op){ .phase = phase, .key = key, .end = end, .n = 1 });
    }
    p->open = true;
}

static int compare_ops(const void *a, const void *b)
{
    const struct import_op *x = a, *y = b;
    return x->phase != y->phase ? (int)x->phase - (int)y->phase : str_cmp(x->key, y->key);
}

static void note_objects(struct planner *p)
{
    for (size_t i = 0; i < p->wanted->n; i++) {
        struct str object = object_key(&p->scratch, p->wanted, p->wanted->pairs[i].key);
        if (!strmap_get(p->objects, object))
            strmap_put(p->objects, arena_copy(p->arena, object), (void *)(uintptr_t)p->wanted);
    }
}

struct import_ops import_plan(struct arena *arena, const struct kv_snapshot *store,
                              const struct kv_snapshot *wanted, bool prune)
{
    struct planner p = {
        .arena = arena, .wanted = wanted, .prune = prune, .objects = strmap_create(arena, 64)
    };
    note_objects(&p);
    size_t i = 0, j = 0;
    while (i < store->n || j < wanted->n) {
        const struct kv_pair *old = i < store->n ? &store->pairs[i] : NULL;
        const struct kv_pair *new = j < wanted->n ? &wanted->pairs[j] : NULL;
        int order = !old ? 1 : !new ? -1 : str_cmp(old->key, new->key);
        if (order < 0)
            drop(&p, old->key);
        else if (order > 0 || !str_eq(old->value, new->value))
            put(&p, new, order > 0);
        else
            p.open = false;
        i += order <= 0;
        j += order >= 0;
    }
    struct import_op *ops = ARENA_ARRAY(arena, struct import_op, p.ops.n);
    if (p.ops.n) {
        memcpy(ops, p.ops.p, p.ops.n * sizeof *ops);
        qsort(ops, p.ops.n, sizeof *ops, compare_ops);
    }
    p.out.p = ops;
    p.out.n = p.ops.n;
    vec_fini(&p.ops);
    buf_fini(&p.scratch);
    return p.out;
}

/* The row of the schema that a path below the root leads to, names of the user's passed over; or NULL. */
static const struct schema_row *row_at(struct str path)
{
    const struct schema *schema = schema_root();
    const struct schema_row *row = NULL;
    bool named = false;
    while (path.p && (schema || named)) {
        struct str segment = str_cut(&path, '/');
        if (named) {
            named = false;
            continue;
        }
        row = schema_find(schema, segment);
        schema = row ? row->below : NULL;
        named = row && (row->type == SCHEMA_STRUCT_MAP || row->type == SCHEMA_STRUCT_LIST);
    }
    return row;
}

size_t import_check(const struct kv_snapshot *wanted, struct diag *diag)
{
    size_t n = 0;
    for (size_t i = 0; wanted->literal_lists && i < wanted->n; i++) {
        const struct kv_pair *pair = &wanted->pairs[i];
        if (str_find(pair->value, ',') == pair->value.n || pair->key.n <= wanted->root.n + 1)
            continue;
        const struct schema_row *row = row_at(str_from(pair->key, wanted->root.n + 1));
        if (!row || (row->type != SCHEMA_LIST && row->type != SCHEMA_SECRETS))
            continue;
        if (ascii_is_digit(
                pair->key.p[pair->key.n - 1])) { /* one element; a plain value is cut in a file, too */
            diag_report(diag, FINDING_BAD_VALUE, pair->key,
                        "a store parts lists at commas: it cannot hold this element");
            n++;
        }
    }
    return n;
}
