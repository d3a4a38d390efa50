#include "kv/node.h"

#include <stdlib.h>

#include "base/vec.h"

enum {
    FREE_BYTES = 16 << 20, /* what a document of any size may expand to */
    BYTES_PER_BYTE = 64,   /* and this much more for each of its bytes: "a: 1" below long names */
};

struct budget budget_of(size_t input_size)
{
    return (struct budget){ FREE_BYTES + input_size * BYTES_PER_BYTE };
}

bool budget_spend(struct budget *budget, size_t bytes)
{
    bool enough = bytes <= budget->left;
    budget->left = enough ? budget->left - bytes : 0;
    return enough;
}

/* A map or list that is open: its members are those of builder.members from `first` on. */
struct frame {
    enum node_kind kind;
    size_t first;
    struct str name; /* p == NULL: a name is what comes next */
    size_t line;     /* of the name */
};

struct builder {
    struct arena *arena;
    struct budget *budget;
    struct str source;
    struct diag *diag;
    const char *error;
    size_t error_line; /* 0: that of the event */
    const struct node *root;
    size_t depth;
    struct frame frames[KV_MAX_DEPTH];
    VEC(struct member) members; /* of all open maps and lists, the innermost last */
};

/* Stands in for the name of what is to be merged; told by its address. */
static const char merge_mark[] = "<<";

static bool is_merge(const struct member *member)
{
    return member->name.p == merge_mark;
}

struct builder *builder_create(struct arena *arena, struct budget *budget, struct str source,
                               struct diag *diag)
{
    struct builder *b = ARENA_NEW(arena, struct builder);
    b->arena = arena;
    b->budget = budget;
    b->source = source;
    b->diag = diag;
    return b;
}

void builder_destroy(struct builder *b)
{
    vec_fini(&b->members);
}

const struct node *builder_root(const struct builder *b)
{
    return b->root;
}

const char *builder_error(const struct builder *b, size_t *line)
{
    *line = b->error_line ? b->error_line : *line;
    return b->error;
}

static bool fail(struct builder *b, const char *error)
{
    if (!b->error)
        b->error = error;
    return false;
}

static struct frame *innermost(struct builder *b)
{
    return b->depth ? &b->frames[b->depth - 1] : NULL;
}

bool builder_wants_name(const struct builder *b)
{
    return b->depth && b->frames[b->depth - 1].kind == NODE_MAP && !b->frames[b->depth - 1].name.p;
}

static bool add_node(struct builder *b, const struct node *node, size_t line)
{
    struct frame *frame = innermost(b);
    if (b->error)
        return false;
    if (!frame) {
        b->root = node;
        return true;
    }
    if (!builder_wants_name(b)) {
        vec_push(&b->members,
                 (struct member){ frame->name, node, frame->kind == NODE_MAP ? frame->line : line });
        frame->name.p = NULL;
        return true;
    }
    if (node->kind == NODE_MAP || node->kind == NODE_LIST)
        return fail(b, "a name must be a plain word, not a map or list");
    frame->name = node->text;
    frame->line = line;
    return true;
}

bool builder_open(struct builder *b, enum node_kind kind, size_t line)
{
    if (b->error)
        return false;
    if (b->depth == KV_MAX_DEPTH)
        return fail(b, "it is nested too deeply");
    if (builder_wants_name(b))
        return fail(b, "a name must be a plain word, not a map or list");
    b->frames[b->depth++] = (struct frame){ .kind = kind, .first = b->members.n, .line = line };
    return true;
}

bool builder_text(struct builder *b, enum node_kind kind, struct str text, size_t line)
{
    struct node *node = ARENA_NEW(b->arena, struct node);
    *node = (struct node){ .kind = kind, .text = text.p ? text : STR("") };
    return add_node(b, node, line);
}

bool builder_share(struct builder *b, const struct node *node, size_t line)
{
    return add_node(b, node, line);
}

bool builder_merge(struct builder *b, size_t line)
{
    struct frame *frame = innermost(b);
    frame->name = str_of(merge_mark, 2);
    frame->line = line;
    return !b->error;
}

/* By name; of equal names the later one first. The lines cannot tell: one line holds many names. */
static int compare(const void *a, const void *b)
{
    const struct member *const *x = a, *const *y = b;
    int c = str_cmp((*x)->name, (*y)->name);
    return c ? c : *x > *y ? -1 : *x < *y;
}

/* The members' own names in order, each once; of equal ones the last, and a finding. */
static size_t sort_own(struct builder *b, const struct member *members, size_t n, struct member *out)
{
    const struct member **order = xmalloc(n * sizeof *order);
    size_t own = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!is_merge(&members[i]))
            order[own++] = &members[i];
    qsort(order, own, sizeof *order, compare);
    for (size_t i = 0; i < own; i++) {
        if (kept && str_eq(out[kept - 1].name, order[i]->name))
            diag_report(
                b->diag, FINDING_DUPLICATE_KEY, b->source,
                "line %zu: the name %.*s occurs again on line %zu of the same map, and that one counts",
                order[i]->line, (int)(order[i]->name.n < 100 ? order[i]->name.n : 100), order[i]->name.p,
                out[kept - 1].line);
        else
            out[kept++] = *order[i];
    }
    free(order);
    return kept;
}

/* Takes over into *to what it lacks of `from`. Both are sorted. */
static bool take_over(struct builder *b, struct node *to, const struct node *from)
{
    if (from->kind != NODE_MAP)
        return fail(b, "only a map, or a list of maps, can be merged by <<");
    if (!budget_spend(b->budget, (to->n + from->n) * sizeof *to->members))
        return fail(b, "its aliases expand to too much");
    struct member *all = ARENA_ARRAY(b->arena, struct member, to->n + from->n);
    size_t n = 0, i = 0, j = 0;
    while (i < to->n || j < from->n) {
        int c = i == to->n ? 1 : j == from->n ? -1 : str_cmp(to->members[i].name, from->members[j].name);
        all[n++] = c <= 0 ? to->members[i] : from->members[j];
        i += c <= 0;
        j += c >= 0;
    }
    to->members = all;
    to->n = n;
    return true;
}

static bool merge_others(struct builder *b, const struct member *members, size_t n, struct node *map)
{
    for (size_t i = 0; i < n; i++) {
        const struct node *other = members[i].node;
        if (!is_merge(&members[i]))
            continue;
        b->error_line = members[i].line;
        if (other->kind != NODE_LIST && !take_over(b, map, other))
            return false;
        for (size_t j = 0; other->kind == NODE_LIST && j < other->n; j++)
            if (!take_over(b, map, other->members[j].node))
                return false;
    }
    b->error_line = 0;
    return true;
}

const struct node *builder_close(struct builder *b)
{
    if (b->error)
        return NULL;
    struct frame frame = b->frames[--b->depth];
    size_t n = b->members.n - frame.first;
    const struct member *members = n ? b->members.p + frame.first : NULL;
    struct node *node = ARENA_NEW(b->arena, struct node);
    struct member *out = n ? ARENA_ARRAY(b->arena, struct member, n) : NULL;
    *node = (struct node){ .kind = frame.kind, .members = out, .n = n };
    if (n && frame.kind == NODE_LIST)
        memcpy(out, members, n * sizeof *out);
    if (n && frame.kind == NODE_MAP)
        node->n = sort_own(b, members, n, out);
    if (n && frame.kind == NODE_MAP && !merge_others(b, members, n, node))
        return NULL;
    b->members.n = frame.first;
    return add_node(b, node, frame.line) ? node : NULL;
}
