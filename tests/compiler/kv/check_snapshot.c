#include "kv/snapshot.h"

#include "kv.h"

static struct kv_test t;

static void setup(void)
{
    kv_test_init(&t);
}

static void teardown(void)
{
    kv_test_fini(&t);
}

static void make(struct kv_pair *pairs, size_t n)
{
    t.snapshot = kv_snapshot_of(pairs, n, STR("traefik"), STR("etcd"), t.diag);
}

START_TEST(no_pairs_make_an_empty_snapshot)
{
    make(NULL, 0);
    ck_assert_uint_eq(t.snapshot.n, 0);
    ck_assert_ptr_null(kv_snapshot_get(&t.snapshot, STR("a")).p);
    ck_assert(str_eq(t.snapshot.root, STR("traefik")));
    ck_assert(str_eq(t.snapshot.provider, STR("etcd")));
    ck_assert(!t.snapshot.literal_lists);
}
END_TEST

START_TEST(keys_stand_in_byte_order)
{
    struct kv_pair pairs[] = { { STR("a/b"), STR("1") },  { STR("a-b"), STR("2") }, { STR("a"), STR("3") },
                               { STR("\xff"), STR("4") }, { STR("B"), STR("5") },   { STR("a/"), STR("6") } };
    make(pairs, 6);
    ck_assert_str_eq(kv_test_show(&t), "B=5\na=3\na-b=2\na/=6\na/b=1\n\xff=4\n");
    ck_assert_uint_eq(diag_total(t.diag), 0);
}
END_TEST

START_TEST(of_a_repeated_key_the_last_counts_and_is_told_once)
{
    struct kv_pair pairs[] = { { STR("b"), STR("1") }, { STR("a"), STR("2") }, { STR("b"), STR("3") },
                               { STR("c"), STR("4") }, { STR("b"), STR("") },  { STR("c"), STR("4") } };
    make(pairs, 6);
    ck_assert_str_eq(kv_test_show(&t), "a=2\nb=\nc=4\n");
    ck_assert_str_eq(kv_test_findings(&t),
                     "warning[duplicate-key] b: the key occurs 3 times, and the last one counts\n"
                     "warning[duplicate-key] c: the key occurs 2 times, and the last one counts\n");
}
END_TEST

START_TEST(repetitions_in_order_are_found_too)
{
    struct kv_pair pairs[] = { { STR("a"), STR("1") }, { STR("a"), STR("2") }, { STR("b"), STR("3") } };
    make(pairs, 3);
    ck_assert_str_eq(kv_test_show(&t), "a=2\nb=3\n");
    ck_assert_uint_eq(diag_total(t.diag), 1);
}
END_TEST

START_TEST(every_key_is_found_and_no_other)
{
    struct kv_pair pairs[100];
    for (size_t i = 0; i < 100; i++)
        pairs[i] = (struct kv_pair){ arena_printf(t.arena, "k%02zu", i), arena_printf(t.arena, "%zu", i) };
    for (size_t n = 0; n <= 100; n += 11) {
        make(pairs, n);
        for (size_t i = 0; i < 100; i++) {
            struct str value = kv_snapshot_get(&t.snapshot, pairs[i].key);
            ck_assert(i < n ? str_eq(value, pairs[i].value) : value.p == NULL);
            ck_assert_ptr_null(kv_snapshot_get(&t.snapshot, arena_printf(t.arena, "k%02zux", i)).p);
        }
        ck_assert_ptr_null(kv_snapshot_get(&t.snapshot, STR("")).p);
        ck_assert_ptr_null(kv_snapshot_get(&t.snapshot, STR("z")).p);
    }
}
END_TEST

START_TEST(an_empty_value_is_not_an_absent_one)
{
    struct kv_pair pairs[] = { { STR("a"), STR("") }, { STR("b"), { NULL, 0 } } };
    make(pairs, 2);
    ck_assert_ptr_nonnull(kv_snapshot_get(&t.snapshot, STR("a")).p);
    ck_assert_ptr_nonnull(kv_snapshot_get(&t.snapshot, STR("b")).p);
}
END_TEST

static int compare(const void *a, const void *b)
{
    return str_cmp(((const struct kv_pair *)a)->key, ((const struct kv_pair *)b)->key);
}

static const struct {
    size_t n;
    unsigned displaced; /* of 100 */
} orders[] = { { 2, 50 },   { 3, 100 },   { 7, 100 },   { 100, 0 },     { 100, 100 },
               { 1000, 1 }, { 1000, 50 }, { 50000, 1 }, { 50000, 100 }, { 400000, 1 } };

/* Against the C library's sort, from sorted to shuffled; names are unique here. */
START_TEST(any_order_of_the_input_gives_the_same_snapshot)
{
    size_t n = orders[_i].n;
    uint64_t random = 88172645463325252u;
    struct kv_pair *pairs = ARENA_ARRAY(t.arena, struct kv_pair, n),
                   *want = ARENA_ARRAY(t.arena, struct kv_pair, n);
    for (size_t i = 0; i < n; i++)
        want[i] = pairs[i] =
            (struct kv_pair){ arena_printf(t.arena, "traefik/http/routers/r%07zu/rule", i), STR("v") };
    for (size_t i = 0; i < n; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        size_t j = (size_t)(random >> 16) % n;
        if (random % 100 >= orders[_i].displaced)
            continue;
        struct kv_pair swap = pairs[i];
        pairs[i] = pairs[j];
        pairs[j] = swap;
    }
    qsort(want, n, sizeof *want, compare);
    make(pairs, n);
    ck_assert_uint_eq(t.snapshot.n, n);
    size_t right = 0;
    while (right < n && t.snapshot.pairs[right].key.p == want[right].key.p)
        right++;
    ck_assert_uint_eq(right, n);
}
END_TEST

/* Stability: of many equal keys the last of the input must win, wherever the runs are cut. */
START_TEST(the_last_one_wins_in_any_disorder)
{
    enum { COUNT = 5000, KEYS = 37 };
    struct kv_pair *pairs = ARENA_ARRAY(t.arena, struct kv_pair, COUNT);
    struct str last[KEYS];
    uint64_t random = 42;
    for (size_t i = 0; i < COUNT; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t key = (size_t)(random >> 33) % KEYS;
        pairs[i] = (struct kv_pair){ arena_printf(t.arena, "k%zu", key), arena_printf(t.arena, "%zu", i) };
        last[key] = pairs[i].value;
    }
    make(pairs, COUNT);
    ck_assert_uint_eq(t.snapshot.n, KEYS);
    for (size_t i = 0; i < KEYS; i++)
        ck_assert(str_eq(kv_snapshot_get(&t.snapshot, arena_printf(t.arena, "k%zu", i)), last[i]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kv/snapshot");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, no_pairs_make_an_empty_snapshot);
    tcase_add_test(all, keys_stand_in_byte_order);
    tcase_add_test(all, of_a_repeated_key_the_last_counts_and_is_told_once);
    tcase_add_test(all, repetitions_in_order_are_found_too);
    tcase_add_test(all, every_key_is_found_and_no_other);
    tcase_add_test(all, an_empty_value_is_not_an_absent_one);
    tcase_add_loop_test(all, any_order_of_the_input_gives_the_same_snapshot, 0,
                        sizeof orders / sizeof *orders);
    tcase_add_test(all, the_last_one_wins_in_any_disorder);
    return kv_test_run(srunner_create(suite));
}
