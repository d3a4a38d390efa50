#include "control/guard.h"

#include <stdlib.h>

#include "base/vec.h"

enum { FREE_HAND = 10 }; /* so many routers go without a question */

typedef VEC(struct str) name_vec;

/* "traefik/http/routers/a/rule" → "http/routers/a"; empty: no router's key. */
static struct str router_of(const struct kv_snapshot *tree, struct str key)
{
    struct str rest = str_from(key, tree->root.n);
    if (!str_starts(key, tree->root) || rest.n == 0 || rest.p[0] != '/')
        return (struct str){ 0 };
    rest = str_from(rest, 1);
    struct str whole = rest;
    struct str protocol = str_cut(&rest, '/'), kind = str_cut(&rest, '/'), name = str_cut(&rest, '/');
    if (protocol.n == 0 || name.n == 0 || !str_eq_nocase(kind, STR("routers")))
        return (struct str){ 0 };
    return str_head(whole, (size_t)(name.p + name.n - whole.p));
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Sorted, each once. A router's keys stand together. */
static void gather(const struct kv_snapshot *tree, name_vec *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < tree->n; i++) {
        struct str name = router_of(tree, tree->pairs[i].key);
        if (name.n && (out->n == 0 || !str_eq(out->p[out->n - 1], name)))
            vec_push(out, name);
    }
    if (out->n)
        qsort(out->p, out->n, sizeof *out->p, compare_names);
    for (size_t i = 0; i < out->n; i++)
        if (kept == 0 || !str_eq(out->p[kept - 1], out->p[i]))
            out->p[kept++] = out->p[i];
    out->n = kept;
}

struct guard_verdict guard_judge(const struct kv_snapshot *served, const struct kv_snapshot *next,
                                 const struct guard_rule *rule)
{
    name_vec old = { 0 }, new = { 0 };
    struct guard_verdict verdict = { 0 };
    gather(served, &old);
    gather(next, &new);
    for (size_t i = 0, j = 0; i < old.n; i++) {
        while (j < new.n && str_cmp(new.p[j], old.p[i]) < 0)
            j++;
        verdict.removed += j == new.n || !str_eq(new.p[j], old.p[i]);
    }
    verdict.routers = old.n;
    bool many = verdict.removed * 100 > old.n * (size_t)rule->most_percent;
    bool asked = verdict.removed > FREE_HAND || rule->holding || (rule->listed && new.n == 0);
    verdict.hold = rule->most_percent < 100 && many && asked;
    vec_fini(&old);
    vec_fini(&new);
    return verdict;
}
