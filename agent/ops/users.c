#include "ops/users.h"

#include <stdio.h>
#include <stdlib.h>

#include "ops/fields.h"

static int compare(const void *a, const void *b)
{
    return str_cmp(((const struct user *)a)->name, ((const struct user *)b)->name);
}

struct ranked {
    struct user user; /* first: for compare */
    size_t order;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    int c = compare(&x->user, &y->user);
    return c ? c : x->order < y->order ? -1 : x->order > y->order;
}

static bool read_user(struct arena *arena, struct json_object *from, struct user *out)
{
    if (!json_object_is_type(from, json_type_string))
        return false;
    struct str line = arena_copy(arena, field_str(from));
    size_t colon = line.n;
    while (colon > 0 && line.p[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    *out = (struct user){ str_head(line, colon - 1), str_from(line, colon) };
    return true;
}

bool users_read(struct json_object *array, struct users *out, char error[static 256])
{
    size_t n = json_object_array_length(array);
    out->arena = arena_create();
    out->p = ARENA_ARRAY(out->arena, struct user, n);
    struct ranked *all = ARENA_ARRAY(out->arena, struct ranked, n);
    for (size_t i = 0; i < n; i++) {
        all[i].order = i;
        if (!read_user(out->arena, json_object_array_get_idx(array, i), &all[i].user)) {
            snprintf(error, 256, "user %zu is not name:secret", i + 1);
            return false;
        }
    }
    if (n)
        qsort(all, n, sizeof *all, compare_ranked);
    for (size_t i = 0; i < n; i++) {
        if (out->n && str_eq(out->p[out->n - 1].name, all[i].user.name))
            out->n--;
        out->p[out->n++] = all[i].user;
    }
    return true;
}

void users_fini(struct users *users)
{
    if (users->arena)
        arena_destroy(users->arena);
    *users = (struct users){ 0 };
}

const struct user *users_find(const struct users *users, struct str name)
{
    struct user key = { .name = name };
    return users->n ? bsearch(&key, users->p, users->n, sizeof key, compare) : NULL;
}
