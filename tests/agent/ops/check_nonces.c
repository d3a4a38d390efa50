#include "ops/nonces.h"

#include "suite.h"

#define SECOND INT64_C(1000000000)

struct nonce {
    char text[NONCE_LENGTH];
};

static struct nonce make(struct nonces *nonces, const char *instance, int64_t now_ns)
{
    struct nonce nonce;
    nonces_make(nonces, str_c(instance), now_ns, nonce.text);
    return nonce;
}

static enum nonce_state use(struct nonces *nonces, const char *instance, const struct nonce *nonce,
                            uint64_t count, int64_t now_ns)
{
    return nonces_use(nonces, str_c(instance), str_of(nonce->text, NONCE_LENGTH), count, now_ns);
}

START_TEST(counts_must_grow)
{
    struct nonces *nonces = nonces_create(64);
    struct nonce n = make(nonces, "i", 0);
    ck_assert_int_eq(use(nonces, "i", &n, 5, 0), NONCE_GOOD);
    ck_assert_int_eq(use(nonces, "i", &n, 5, 0), NONCE_UNKNOWN);
    ck_assert_int_eq(use(nonces, "i", &n, 4, 0), NONCE_STALE);
    ck_assert_int_eq(use(nonces, "i", &n, 6, 0), NONCE_GOOD);
    ck_assert_int_eq(use(nonces, "i", &n, UINT64_MAX, 0), NONCE_GOOD);
    nonces_destroy(nonces);
}
END_TEST

/* In Traefik a first request with nc=00000000 can be repeated for ever. */
START_TEST(a_count_of_zero_is_none)
{
    struct nonces *nonces = nonces_create(64);
    struct nonce n = make(nonces, "i", 0);
    ck_assert_int_eq(use(nonces, "i", &n, 0, 0), NONCE_UNKNOWN);
    ck_assert_int_eq(use(nonces, "i", &n, 1, 0), NONCE_GOOD);
    ck_assert_int_eq(use(nonces, "i", &n, 0, 0), NONCE_UNKNOWN);
    nonces_destroy(nonces);
}
END_TEST

START_TEST(nonces_are_of_their_instance_and_process)
{
    struct nonces *a = nonces_create(64), *b = nonces_create(64);
    struct nonce n = make(a, "i", 0), changed = n, other = make(a, "i", 0);
    ck_assert_mem_ne(n.text, other.text, NONCE_LENGTH);
    ck_assert_int_eq(use(a, "j", &n, 1, 0), NONCE_UNKNOWN);
    ck_assert_int_eq(use(b, "i", &n, 1, 0), NONCE_UNKNOWN);
    changed.text[3] = (char)(changed.text[3] == 'A' ? 'B' : 'A');
    ck_assert_int_eq(use(a, "i", &changed, 1, 0), NONCE_UNKNOWN);
    ck_assert_int_eq(nonces_use(a, STR("i"), STR("bm9uY2U="), 1, 0), NONCE_UNKNOWN);
    ck_assert_int_eq(nonces_use(a, STR("i"), STR("   =   =   =   ="), 1, 0), NONCE_UNKNOWN);
    ck_assert_int_eq(nonces_use(a, STR("i"), STR(""), 1, 0), NONCE_UNKNOWN);
    ck_assert_int_eq(use(a, "i", &n, 1, 0), NONCE_GOOD);
    nonces_destroy(a);
    nonces_destroy(b);
}
END_TEST

START_TEST(an_unused_nonce_grows_old_and_a_used_one_does_not)
{
    struct nonces *nonces = nonces_create(64);
    struct nonce n = make(nonces, "i", 0), m = n;
    ck_assert_int_eq(use(nonces, "i", &n, 1, 3000 * SECOND), NONCE_GOOD);
    ck_assert_int_eq(use(nonces, "i", &n, 2, 90000 * SECOND), NONCE_GOOD);
    m = make(nonces, "i", 0);
    ck_assert_int_eq(use(nonces, "i", &m, 1, 3700 * SECOND), NONCE_STALE);
    nonces_destroy(nonces);
}
END_TEST

/* However many there are: none is good a second time with the same count. */
START_TEST(what_was_forgotten_is_not_new)
{
    enum { MANY = 5000 };
    static struct nonce all[MANY];
    struct nonces *nonces = nonces_create(256);
    for (int i = 0; i < MANY; i++) {
        all[i] = make(nonces, "i", i * SECOND / 1000);
        ck_assert_int_eq(use(nonces, "i", &all[i], 1, i * SECOND / 1000 + 1), NONCE_GOOD);
    }
    int remembered = 0;
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_ne(use(nonces, "i", &all[i], 1, 5 * SECOND), NONCE_GOOD);
        remembered += use(nonces, "i", &all[i], 2, 5 * SECOND) == NONCE_GOOD;
    }
    ck_assert_int_gt(remembered, 128);
    ck_assert_int_le(remembered, 256);
    nonces_destroy(nonces);
}
END_TEST

START_TEST(more_nonces_a_second_than_numbers_are_still_different)
{
    struct nonces *nonces = nonces_create(64);
    struct nonce first = make(nonces, "i", 0), last = first;
    for (int i = 0; i < 70000; i++)
        last = make(nonces, "i", 0);
    ck_assert_mem_ne(first.text, last.text, NONCE_LENGTH);
    ck_assert_int_eq(use(nonces, "i", &last, 1, 0), NONCE_GOOD);
    nonces_destroy(nonces);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { counts_must_grow, 0 },
                                     { a_count_of_zero_is_none, 0 },
                                     { nonces_are_of_their_instance_and_process, 0 },
                                     { an_unused_nonce_grows_old_and_a_used_one_does_not, 0 },
                                     { what_was_forgotten_is_not_new, 0 },
                                     { more_nonces_a_second_than_numbers_are_still_different, 0 },
                                     { 0 } };
    return run_suite("nonces", rows);
}
