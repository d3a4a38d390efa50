#include "suite.h"

#include <stdlib.h>

#include "diff/dual.h"

/* map_beg, the slow way. */
static struct str look(const struct plan_entry *entries, size_t n, struct str line)
{
    struct str best = { 0 };
    size_t longest = 0;
    for (size_t i = 0; i < n; i++)
        if (str_starts(line, entries[i].key) && entries[i].key.n >= longest) {
            longest = entries[i].key.n;
            best = entries[i].value;
        }
    return best;
}

static int compare(const void *a, const void *b)
{
    return str_cmp(((const struct plan_entry *)a)->key, ((const struct plan_entry *)b)->key);
}

/* Sorted keys of up to four letters of two, about half of them. */
static struct runtime_state random_routes(struct arena *arena, unsigned *seed)
{
    struct plan_entry *entries = ARENA_ARRAY(arena, struct plan_entry, 40);
    size_t n = 0;
    for (unsigned length = 1; length <= 4; length++)
        for (unsigned bits = 0; bits < 1u << length; bits++) {
            char key[4];
            for (unsigned i = 0; i < length; i++)
                key[i] = bits >> i & 1 ? 'b' : 'a';
            if (rand_r(seed) % 3 == 0)
                entries[n++] = (struct plan_entry){ arena_copy(arena, str_of(key, length)),
                                                    arena_printf(arena, ".;%d", rand_r(seed) % 4) };
        }
    qsort(entries, n, sizeof *entries, compare);
    return (struct runtime_state){ .routes = entries, .n_routes = n };
}

static struct str meaning_of(struct str value, bool new)
{
    if (!str_starts(value, STR(DUAL_MARK)))
        return value;
    (void)str_cut(&value, '^');
    ck_assert(str_eq(str_cut(&value, '^'), STR("77")));
    int64_t length;
    ck_assert(str_to_int64(str_cut(&value, '^'), &length) && (size_t)length <= value.n);
    return new ? str_head(value, (size_t)length) : str_from(value, (size_t)length);
}

static const struct step *switching(const struct steps *steps)
{
    return steps->n == 1 && steps->p[0].kind == STEP_SWITCH_ROUTES ? &steps->p[0] : NULL;
}

/* The map with the records of both meanings in it. */
static struct plan_entry *put_duals(struct arena *arena, const struct runtime_state *before,
                                    const struct dual *duals, size_t n_duals, size_t *n)
{
    struct plan_entry *all = ARENA_ARRAY(arena, struct plan_entry, before->n_routes + n_duals);
    memcpy(all, before->routes, before->n_routes * sizeof *all);
    *n = before->n_routes;
    for (size_t i = 0; i < n_duals; i++) {
        struct buf value = { 0 };
        dual_put(&value, &duals[i], 77);
        size_t at = 0;
        while (at < *n && !str_eq(all[at].key, duals[i].key))
            at++;
        ck_assert_int_eq(at < *n, duals[i].was);
        *n += at == *n;
        all[at] = (struct plan_entry){ duals[i].key, arena_copy(arena, buf_str(&value)) };
        buf_fini(&value);
    }
    return all;
}

START_TEST(every_line_finds_what_it_found_before_and_finds_behind)
{
    unsigned seed = 11;
    size_t switched = 0;
    for (int round = 0; round < 300; round++) {
        struct arena *arena = arena_create();
        struct runtime_state before = random_routes(arena, &seed), after = random_routes(arena, &seed);
        struct steps steps = diff_runtime(arena, &before, &after);
        const struct step *step = switching(&steps);
        if (step) {
            size_t n;
            struct dual *duals = dual_of_changes(arena, step->changes, step->n_changes, &before, &after);
            struct plan_entry *all = put_duals(arena, &before, duals, step->n_changes, &n);
            for (unsigned bits = 0; bits < 32; bits++) {
                char line[5];
                for (unsigned i = 0; i < 5; i++)
                    line[i] = bits >> i & 1 ? 'b' : 'a';
                struct str found = look(all, n, str_of(line, 5));
                ck_assert(
                    str_eq(meaning_of(found, false), look(before.routes, before.n_routes, str_of(line, 5))));
                ck_assert(
                    str_eq(meaning_of(found, true), look(after.routes, after.n_routes, str_of(line, 5))));
            }
            switched++;
        }
        arena_destroy(arena);
    }
    ck_assert_uint_gt(switched, 250);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { every_line_finds_what_it_found_before_and_finds_behind, 0 },
        { NULL, 0 },
    };
    return run_suite("dual", rows);
}
