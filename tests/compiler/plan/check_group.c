/* Clauses and groups: who is tried where, in which order, and how much that may come to. */
#include "plan/group.h"

#include <stdio.h>

#include "suite.h"

struct scene {
    struct arena *arena;
    struct place_list places;
    struct clause_list clauses;
    struct group_set set;
    struct str routers[512], ranks[512];
};

static void open_scene(struct scene *s)
{
    *s = (struct scene){ .arena = arena_create() };
    for (size_t i = 0; i < 512; i++) {
        s->routers[i] = arena_printf(s->arena, "{r%03zu", i);
        s->ranks[i] = arena_printf(s->arena, "R%03zu;r%03zu", i, i);
    }
    s->set = (struct group_set){ .arena = s->arena,
                                 .known = strmap_create(s->arena, 16),
                                 .router_keys = s->routers,
                                 .router_ranks = s->ranks };
}

static void add(struct scene *s, struct str key, size_t router, const char *label, bool decided)
{
    struct str pattern = arena_printf(s->arena, "p%03zu", router);
    place_list_add(&s->places, s->arena, key, 0, NOBODY);
    vec_push(&s->clauses.clauses, (struct clause){ .key = key,
                                                   .router = router,
                                                   .label = str_c(label),
                                                   .decided = decided,
                                                   .pattern = { pattern, STR("") },
                                                   .scope_path = STR("(?=x)") });
}

static const struct str *settle(struct scene *s)
{
    place_list_fold(&s->places, s->arena);
    clause_list_settle(&s->clauses, s->arena, &s->places);
    return group_places(&s->set, &s->places, &s->clauses);
}

static void close_scene(struct scene *s)
{
    vec_fini(&s->set.short_lines.entries);
    vec_fini(&s->set.full_lines.entries);
    vec_fini(&s->set.tables.entries);
    clause_list_fini(&s->clauses);
    place_list_fini(&s->places);
    arena_destroy(s->arena);
}

START_TEST(a_place_is_tried_with_those_around_it_best_first)
{
    struct scene s;
    open_scene(&s);
    add(&s, STR(">h|0/"), 2, "", false);
    add(&s, STR(">h|0/a"), 3, "", false);
    add(&s, STR(">h|0/a"), 1, "", false);
    const struct str *names = settle(&s);
    ck_assert_uint_eq(s.places.places.n, 2);
    ck_assert(names[0].p[0] == 's' && !str_eq(names[0], names[1]));
    ck_assert_uint_eq(s.set.short_lines.entries.n, 4);
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        const struct plan_entry *line = &s.set.short_lines.entries.p[i];
        if (!str_starts(str_from(line->key, 1), names[1]))
            continue;
        ck_assert_msg(str_eq(line->value, s.routers[++at]), "line %zu is of %.*s", at, STR_ARG(line->value));
    }
    ck_assert_uint_eq(at, 3);
    close_scene(&s);
}
END_TEST

START_TEST(equal_groups_have_one_name_and_its_lines_once)
{
    struct scene s;
    open_scene(&s);
    add(&s, STR(">a|0/"), 1, "", false);
    add(&s, STR(">b|0/"), 1, "", false);
    const struct str *names = settle(&s);
    ck_assert(str_eq(names[0], names[1]));
    ck_assert_uint_eq(s.set.short_lines.entries.n, 1);
    close_scene(&s);
}
END_TEST

START_TEST(a_label_names_who_it_decides_for_and_only_better_ones_to_try)
{
    struct scene s;
    open_scene(&s);
    add(&s, STR("@h|0/"), 4, "x-a=1", false);
    add(&s, STR("@h|0/"), 5, "x-a=1", true);
    add(&s, STR("@h|0/"), 6, "x-a=1", false);
    add(&s, STR("@h|0/"), 7, "x-b=1", true);
    add(&s, STR("@h|0/"), 8, "x-c:", false);
    const struct str *names = settle(&s);
    ck_assert(names[0].p[0] == 't');
    ck_assert_uint_eq(s.set.tables.entries.n, 3);
    ck_assert(str_starts(s.set.tables.entries.p[0].value, STR("R005;r005;f")));
    ck_assert(str_eq(s.set.tables.entries.p[1].value, STR("R007;r007;")));
    ck_assert(str_starts(s.set.tables.entries.p[2].value, STR(RANK_NOBODY ";;f")));
    ck_assert_msg(s.set.full_lines.entries.n == 2, "one that is worse than the decided one is never tried");
    close_scene(&s);
}
END_TEST

/* n places, each inside the one before. */
static size_t lines_of_nested(size_t n, size_t *at_the_widest)
{
    struct scene s;
    open_scene(&s);
    for (size_t i = 0; i < n; i++) {
        struct buf key = { 0 };
        buf_puts(&key, ">h|0/");
        for (size_t j = 0; j < i; j++)
            buf_putc(&key, 'a');
        add(&s, arena_copy(s.arena, buf_str(&key)), i, "", false);
        buf_fini(&key);
    }
    settle(&s);
    *at_the_widest = 0;
    for (size_t i = 0; i < s.clauses.clauses.n; i++) {
        const struct clause *c = &s.clauses.clauses.p[i];
        bool widest = str_eq(c->key, STR(">h|0/"));
        *at_the_widest += widest;
        ck_assert_msg(!widest || c->router == 0 || str_eq(c->path, c->scope_path),
                      "what is moved asks for its own paths");
    }
    size_t lines = s.set.short_lines.entries.n;
    close_scene(&s);
    return lines;
}

START_TEST(repetition_is_bounded)
{
    size_t widest;
    ck_assert_uint_eq(lines_of_nested(10, &widest), 55);
    ck_assert_uint_eq(widest, 1);
    for (size_t n = 1; n <= 400; n += 7)
        ck_assert_uint_le(lines_of_nested(n, &widest), n * 8 + 64);
    ck_assert_uint_eq(lines_of_nested(400, &widest), 400);
    ck_assert_uint_eq(widest, 400);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_place_is_tried_with_those_around_it_best_first, 0 },
        { equal_groups_have_one_name_and_its_lines_once, 0 },
        { a_label_names_who_it_decides_for_and_only_better_ones_to_try, 0 },
        { repetition_is_bounded, 0 },
        { 0 },
    };
    return run_suite("group", rows);
}
