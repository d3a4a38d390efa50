#include "kv/store.h"

#include "kv.h"

static struct kv_test t;
static struct kv_store *store;

static void setup(void)
{
    kv_test_init(&t);
    store = kv_store_create(STR("traefik"), STR("etcd"));
}

static void teardown(void)
{
    kv_store_destroy(store);
    kv_test_fini(&t);
}

static const char *view(void)
{
    t.snapshot = kv_store_view(store, 1);
    return kv_test_show(&t);
}

START_TEST(a_new_store_is_empty)
{
    struct kv_snapshot snapshot = kv_store_view(store, 17);
    ck_assert_uint_eq(snapshot.n, 0);
    ck_assert_int_eq(snapshot.revision, 17);
    ck_assert(str_eq(snapshot.root, STR("traefik")));
    ck_assert(str_eq(snapshot.provider, STR("etcd")));
    ck_assert(!snapshot.literal_lists);
    ck_assert(!kv_store_delete(store, STR("a")));
    kv_store_destroy(NULL);
}
END_TEST

START_TEST(puts_and_deletes_tell_whether_anything_changed)
{
    ck_assert(kv_store_put(store, STR("b"), STR("1")));
    ck_assert(!kv_store_put(store, STR("b"), STR("1")));
    ck_assert(kv_store_put(store, STR("a"), STR("")));
    ck_assert(!kv_store_put(store, STR("a"), (struct str){ 0 }));
    ck_assert_str_eq(view(), "a=\nb=1\n");
    ck_assert(!kv_store_put(store, STR("a"), STR("")));
    ck_assert(!kv_store_put(store, STR("b"), STR("1")));
    ck_assert(kv_store_put(store, STR("b"), STR("2")));
    ck_assert(kv_store_put(store, STR("c"), STR("3")));
    ck_assert_str_eq(view(), "a=\nb=2\nc=3\n");
    ck_assert(kv_store_delete(store, STR("b")));
    ck_assert(!kv_store_delete(store, STR("b")));
    ck_assert_str_eq(view(), "a=\nc=3\n");
}
END_TEST

START_TEST(what_came_and_went_between_two_views_left_no_trace)
{
    kv_store_put(store, STR("a"), STR("1"));
    ck_assert_str_eq(view(), "a=1\n");
    ck_assert(kv_store_put(store, STR("b"), STR("1")));
    ck_assert(kv_store_delete(store, STR("b")));
    ck_assert(!kv_store_delete(store, STR("b")));
    ck_assert(kv_store_delete(store, STR("a")));
    ck_assert(!kv_store_delete(store, STR("a")));
    ck_assert(kv_store_put(store, STR("a"), STR("1")));
    ck_assert(!kv_store_put(store, STR("a"), STR("1")));
    ck_assert_str_eq(view(), "a=1\n");
}
END_TEST

START_TEST(an_empty_value_comes_back_after_its_key_was_deleted)
{
    kv_store_put(store, STR("a"), STR(""));
    ck_assert_str_eq(view(), "a=\n");
    ck_assert(kv_store_delete(store, STR("a")));
    ck_assert(kv_store_put(store, STR("a"), STR("")));
    ck_assert(!kv_store_put(store, STR("a"), STR("")));
    ck_assert_str_eq(view(), "a=\n");
}
END_TEST

START_TEST(the_bytes_are_its_own)
{
    char key[] = "key", value[] = "value", root[] = "root", provider[] = "etcd";
    struct kv_store *own = kv_store_create(str_c(root), str_c(provider));
    kv_store_put(own, str_c(key), str_c(value));
    memset(key, '!', 3);
    memset(value, '!', 5);
    memset(root, '!', 4);
    memset(provider, '!', 4);
    t.snapshot = kv_store_view(own, 1);
    ck_assert_str_eq(kv_test_show(&t), "key=value\n");
    ck_assert(str_eq(t.snapshot.root, STR("root")));
    ck_assert(str_eq(t.snapshot.provider, STR("etcd")));
    kv_store_destroy(own);
}
END_TEST

START_TEST(its_own_view_may_be_put_back)
{
    kv_store_put(store, STR("a"), STR("1"));
    kv_store_put(store, STR("b"), STR("2"));
    struct kv_snapshot old = kv_store_view(store, 1);
    ck_assert(kv_store_put(store, old.pairs[0].key, old.pairs[1].value));
    ck_assert_str_eq(view(), "a=2\nb=2\n");
    old = kv_store_view(store, 1);
    ck_assert(!kv_store_replace(store, old.pairs, old.n));
    ck_assert(kv_store_replace(store, old.pairs + 1, 1));
    ck_assert_str_eq(view(), "b=2\n");
}
END_TEST

START_TEST(a_view_stays_until_the_next_change)
{
    kv_store_put(store, STR("b"), STR("1"));
    kv_store_put(store, STR("a"), STR("1"));
    struct kv_snapshot first = kv_store_view(store, 1), second = kv_store_view(store, 2);
    ck_assert_ptr_eq(first.pairs, second.pairs);
    ck_assert_int_eq(second.revision, 2);
    kv_store_put(store, STR("a"), STR("1"));
    ck_assert_ptr_eq(kv_store_view(store, 3).pairs, first.pairs);
}
END_TEST

START_TEST(replace_makes_it_hold_exactly_these_pairs)
{
    struct kv_pair pairs[] = { { STR("a"), STR("1") }, { STR("b"), STR("2") }, { STR("c"), STR("3") } };
    struct kv_pair other[] = { { STR("a"), STR("1") }, { STR("b"), STR("x") }, { STR("c"), STR("3") } };
    ck_assert(!kv_store_replace(store, NULL, 0));
    ck_assert(kv_store_replace(store, pairs, 3));
    ck_assert(!kv_store_replace(store, pairs, 3));
    ck_assert_str_eq(view(), "a=1\nb=2\nc=3\n");
    ck_assert(kv_store_replace(store, other, 3));
    ck_assert_str_eq(view(), "a=1\nb=x\nc=3\n");
    ck_assert(kv_store_replace(store, other, 2));
    ck_assert_str_eq(view(), "a=1\nb=x\n");
    ck_assert(kv_store_replace(store, NULL, 0));
    ck_assert_str_eq(view(), "");
}
END_TEST

START_TEST(replace_sees_changes_that_no_view_has_seen)
{
    struct kv_pair pairs[] = { { STR("a"), STR("1") }, { STR("b"), STR("2") } };
    kv_store_replace(store, pairs, 2);
    kv_store_delete(store, STR("a"));
    ck_assert(kv_store_replace(store, pairs, 2));
    kv_store_put(store, STR("c"), STR("3"));
    ck_assert(kv_store_replace(store, pairs, 2));
    kv_store_put(store, STR("c"), STR("3"));
    kv_store_delete(store, STR("c"));
    ck_assert(!kv_store_replace(store, pairs, 2));
    ck_assert_str_eq(view(), "a=1\nb=2\n");
}
END_TEST

/* Against the simplest possible model, with far more keys than wait between two views, and views at odd
 * times. */
START_TEST(any_sequence_of_changes_ends_like_the_model)
{
    enum { KEYS = 4000, STEPS = 60000 };
    static int model[KEYS]; /* 0: absent, else the value */
    memset(model, 0, sizeof model);
    uint64_t random = 1 + (uint64_t)_i;
    for (size_t step = 0; step < STEPS; step++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t k = (size_t)(random >> 33) % KEYS;
        int value = 1 + (int)(random >> 20 & 0xffff) % 3;
        bool put = step < STEPS / 3 || (random >> 50) % 2;
        char key[16], text[16];
        int key_n = snprintf(key, sizeof key, "k%04zu", k), text_n = snprintf(text, sizeof text, "%d", value);
        struct str name = str_of(key, (size_t)key_n);
        bool changed =
            put ? kv_store_put(store, name, str_of(text, (size_t)text_n)) : kv_store_delete(store, name);
        if (changed != (model[k] != (put ? value : 0)))
            ck_abort_msg("step %zu: %s of %s %s", step, put ? "put" : "delete", key,
                         changed ? "changed" : "did nothing");
        model[k] = put ? value : 0;
        if (step % 7919 && step != STEPS - 1)
            continue;
        struct kv_snapshot snapshot = kv_store_view(store, 1);
        size_t at = 0;
        for (size_t i = 0; i < KEYS; i++) {
            if (!model[i])
                continue;
            snprintf(key, sizeof key, "k%04zu", i);
            if (at == snapshot.n || !str_eq(snapshot.pairs[at].key, str_c(key)) ||
                snapshot.pairs[at].value.p[0] != '0' + model[i])
                ck_abort_msg("step %zu: %s is not where it should be", step, key);
            at++;
        }
        ck_assert_uint_eq(at, snapshot.n);
    }
}
END_TEST

/* Event by event, in an order that is the worst for one sorted array; a quadratic store takes minutes here.
 */
START_TEST(a_large_store_fills_and_empties_event_by_event)
{
    enum { KEYS = 200000 };
    char key[32];
    size_t changed = 0;
    for (size_t i = KEYS; i-- > 0;) {
        snprintf(key, sizeof key, "traefik/r%06zu", i * 7919 % KEYS);
        changed += kv_store_put(store, str_c(key), STR("v"));
    }
    ck_assert_uint_eq(kv_store_view(store, 1).n, KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "traefik/r%06zu", i);
        changed += kv_store_delete(store, str_c(key));
    }
    ck_assert_uint_eq(changed, 2 * KEYS);
    ck_assert_uint_eq(kv_store_view(store, 1).n, 0);
}
END_TEST

/* Settled pairs, fresh ones and deleted ones: what is found by key and by prefix is what a view shows. */
START_TEST(looking_up_needs_no_view)
{
    kv_store_destroy(store);
    store = kv_store_create(STR("r"), STR("etcd"));
    char key[32];
    for (int i = 0; i < 3000; i++) { /* beyond the fresh ones: some are settled */
        snprintf(key, sizeof key, "r/%d/%d", i % 50, i);
        kv_store_put(store, str_c(key), STR("v"));
    }
    for (int i = 0; i < 3000; i += 7) {
        snprintf(key, sizeof key, "r/%d/%d", i % 50, i);
        ck_assert(kv_store_get(store, str_c(key)).p != NULL);
        kv_store_delete(store, str_c(key));
        ck_assert(kv_store_get(store, str_c(key)).p == NULL);
    }
    size_t count = kv_store_count(store), all = 0;
    struct kv_list found[50] = { 0 };
    for (int i = 0; i < 50; i++) {
        snprintf(key, sizeof key, "r/%d/", i);
        kv_store_collect(store, str_c(key), &found[i]);
        all += found[i].n;
        for (size_t j = 0; j < found[i].n; j++) {
            ck_assert(str_starts(found[i].p[j].key, str_c(key)));
            ck_assert(j == 0 || str_cmp(found[i].p[j - 1].key, found[i].p[j].key) < 0);
            ck_assert(str_eq(found[i].p[j].value, STR("v")));
        }
        free(found[i].p);
    }
    ck_assert_uint_eq(all, count);
    ck_assert_uint_eq(kv_store_view(store, 1).n, count);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kv/store");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, a_new_store_is_empty);
    tcase_add_test(all, puts_and_deletes_tell_whether_anything_changed);
    tcase_add_test(all, what_came_and_went_between_two_views_left_no_trace);
    tcase_add_test(all, an_empty_value_comes_back_after_its_key_was_deleted);
    tcase_add_test(all, the_bytes_are_its_own);
    tcase_add_test(all, its_own_view_may_be_put_back);
    tcase_add_test(all, a_view_stays_until_the_next_change);
    tcase_add_test(all, replace_makes_it_hold_exactly_these_pairs);
    tcase_add_test(all, replace_sees_changes_that_no_view_has_seen);
    tcase_add_loop_test(all, any_sequence_of_changes_ends_like_the_model, 0, 4);
    tcase_add_test(all, looking_up_needs_no_view);
    tcase_add_test(all, a_large_store_fills_and_empties_event_by_event);
    return kv_test_run(srunner_create(suite));
}
