#include "emit/change.h"

#include "base/vec.h"

typedef VEC(struct str) lines;

static int compare_lines(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static lines sorted_lines(struct str bytes)
{
    lines out = { 0 };
    while (bytes.n)
        vec_push(&out, str_cut(&bytes, '\n'));
    if (out.n)
        qsort(out.p, out.n, sizeof *out.p, compare_lines);
    return out;
}

static struct artifact_change count_lines(struct str name, struct str before, struct str after)
{
    struct artifact_change change = { .name = name };
    lines old = sorted_lines(before), new = sorted_lines(after);
    size_t i = 0, j = 0;
    while (i < old.n || j < new.n) {
        int order = i == old.n ? 1 : j == new.n ? -1 : str_cmp(old.p[i], new.p[j]);
        change.removed += order < 0;
        change.added += order > 0;
        i += order <= 0;
        j += order >= 0;
    }
    vec_fini(&old);
    vec_fini(&new);
    return change;
}

const struct artifact *artifact_find(const struct artifacts *artifacts, struct str name)
{
    for (size_t i = 0; i < artifacts->n; i++)
        if (str_eq(artifacts->p[i].name, name))
            return &artifacts->p[i];
    return NULL;
}

struct artifact_changes artifacts_compare(struct arena *arena, const struct artifacts *before,
                                          const struct artifacts *after)
{
    struct artifact_change *changes = ARENA_ARRAY(arena, struct artifact_change, before->n + after->n);
    struct artifact_changes out = { .p = changes };
    for (size_t i = 0; i < after->n; i++) {
        const struct artifact *new = &after->p[i], *old = artifact_find(before, new->name);
        if (!old || !str_eq(old->bytes, new->bytes))
            changes[out.n++] = count_lines(new->name, old ? old->bytes : STR(""), new->bytes);
    }
    for (size_t i = 0; i < before->n; i++)
        if (!artifact_find(after, before->p[i].name))
            changes[out.n++] = count_lines(before->p[i].name, before->p[i].bytes, STR(""));
    return out;
}
