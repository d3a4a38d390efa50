/* Places against their definition, tried one by one. */
#include "suite.h"

#include "plan/place.h"

enum { ROUNDS = 400, PLACES = 24, LETTERS = 2, LONGEST = 5, ASKED = 60 };

static unsigned roll(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % n;
}

static struct str random_key(struct arena *arena, unsigned *seed)
{
    char text[LONGEST + 1];
    size_t n = roll(seed, LONGEST + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + (int)roll(seed, LETTERS));
    return arena_copy(arena, str_of(text, n));
}

struct given {
    struct str key;
    size_t router;
};

/* The longest given key that is a prefix of `key`, or NULL. */
static const struct given *longest(const struct given *given, size_t n, struct str key)
{
    const struct given *found = NULL;
    for (size_t i = 0; i < n; i++)
        if (str_starts(key, given[i].key) && (!found || given[i].key.n > found->key.n))
            found = &given[i];
    return found;
}

static void compare(const struct place_list *list, const struct given *given, size_t n, struct str key)
{
    size_t around = NOBODY, touching = NOBODY, at = place_list_find(list, key);
    for (size_t i = 0; i < n; i++) {
        bool above = str_starts(key, given[i].key), below = str_starts(given[i].key, key);
        around = above && given[i].router < around ? given[i].router : around;
        touching = (above || below) && given[i].router < touching ? given[i].router : touching;
    }
    const struct given *want = longest(given, n, key);
    ck_assert_int_eq(want != NULL, at != NOBODY);
    if (want) {
        ck_assert(str_eq(list->places.p[at].key, want->key));
        ck_assert_uint_eq(list->places.p[at].router, around);
    }
    ck_assert_uint_eq(place_list_best(list, key), touching);
}

START_TEST(what_is_found_is_what_applies)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned seed = round * 7919 + 3;
        struct arena *arena = arena_create();
        struct place_list list = { 0 };
        struct given given[PLACES];
        size_t n = roll(&seed, PLACES + 1);
        for (size_t i = 0; i < n; i++) {
            given[i] = (struct given){ random_key(arena, &seed), roll(&seed, 10) ? roll(&seed, 50) : NOBODY };
            place_list_add(&list, arena, given[i].key, 0, given[i].router);
        }
        place_list_fold(&list, arena);
        for (size_t i = 0; i < list.places.n; i++) {
            const struct place *place = &list.places.p[i];
            ck_assert(i == 0 || str_cmp(list.places.p[i - 1].key, place->key) < 0);
            ck_assert(place->parent == NOBODY ||
                      (place->parent < i && str_starts(place->key, list.places.p[place->parent].key)));
        }
        for (unsigned i = 0; i < ASKED; i++)
            compare(&list, given, n, random_key(arena, &seed));
        place_list_fini(&list);
        arena_destroy(arena);
    }
}
END_TEST

START_TEST(nowhere_is_nobody)
{
    struct arena *arena = arena_create();
    struct place_list list = { 0 };
    place_list_fold(&list, arena);
    ck_assert(place_list_find(&list, STR("a")) == NOBODY && place_list_best(&list, STR("a")) == NOBODY);
    place_list_fini(&list);
    arena_destroy(arena);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { what_is_found_is_what_applies, 0 }, { nowhere_is_nobody, 0 }, { 0 } };
    return run_suite("place", rows);
}
