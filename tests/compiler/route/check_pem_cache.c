#include "route/pem_cache.h"

#include "suite.h"
#include "tls_files.h"

struct pair {
    struct buf certificate, key;
};

static struct pair pair_of(const char *name)
{
    struct pair pair = { 0 };
    char path[512];
    snprintf(path, sizeof path, TESTDATA "/tls/%s.crt", name);
    ck_assert(file_read(path, 0, &pair.certificate));
    snprintf(path, sizeof path, TESTDATA "/tls/%s.key", name);
    ck_assert(file_read(path, 0, &pair.key));
    return pair;
}

static void pair_fini(struct pair *pair)
{
    buf_fini(&pair->certificate);
    buf_fini(&pair->key);
}

/* The same with it and without, over any number of turns, for good pairs and bad ones. */
START_TEST(what_is_kept_is_what_is_read)
{
    struct pair a = pair_of("a"), multi = pair_of("multi");
    struct pem_cache *cache = pem_cache_create();
    const struct {
        struct str certificate, key;
    } asked[] = { { buf_str(&a.certificate), buf_str(&a.key) },
                  { buf_str(&multi.certificate), buf_str(&multi.key) },
                  { buf_str(&a.certificate), buf_str(&multi.key) },
                  { STR("nothing"), STR("") },
                  { STR(""), STR("nothing") } };
    for (int turn = 0; turn < 12; turn++) {
        struct arena *arena = arena_create();
        for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
            struct str with, without;
            const struct str *names, *read;
            size_t n, n_read;
            const char *fault =
                pem_cache_read(cache, arena, asked[i].certificate, asked[i].key, &with, &names, &n);
            const char *wanted =
                pem_cache_read(NULL, arena, asked[i].certificate, asked[i].key, &without, &read, &n_read);
            ck_assert_ptr_eq(fault, wanted);
            ck_assert(str_eq(with, without));
            ck_assert_uint_eq(n, n_read);
            for (size_t j = 0; j < n; j++)
                ck_assert(str_eq(names[j], read[j]));
        }
        for (int i = 0; i < turn % 4; i++)
            pem_cache_turn(cache);
        arena_destroy(arena);
    }
    pem_cache_destroy(cache);
    pem_cache_destroy(NULL);
    pair_fini(&a);
    pair_fini(&multi);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = { { what_is_kept_is_what_is_read, 0 }, { NULL, 0 } };
    return run_suite("pem_cache", rows);
}
