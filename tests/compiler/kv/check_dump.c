#include "kv/reader.h"

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

static const struct {
    struct str dump;
    const char *want;
} dumps[] = {
    { STR(""), "" },
    { STR("traefik/a\n1\ntraefik/b\n2\n"), "traefik/a=1\ntraefik/b=2\n" },
    /* empty values, also the last, and with the final line end lost */
    { STR("traefik/a\n\ntraefik/b\n2\n"), "traefik/a=\ntraefik/b=2\n" },
    { STR("traefik/a\n\ntraefik/b\n\n"), "traefik/a=\ntraefik/b=\n" },
    { STR("traefik/a\n\ntraefik/b\n"), "traefik/a=\ntraefik/b=\n" },
    { STR("traefik/a\n1\ntraefik/b\n2"), "traefik/a=1\ntraefik/b=2\n" },
    { STR("traefik/a"), "traefik/a=\n" },
    /* the line behind a key is its value, whatever it looks like */
    { STR("traefik/a\ntraefik/b\ntraefik/c\n3\n"), "traefik/a=traefik/b\ntraefik/c=3\n" },
    /* values of several lines, with line ends at their end, with empty lines */
    { STR("traefik/a\n-----BEGIN-----\nMII\n-----END-----\n\ntraefik/b\n2\n"),
      "traefik/a=-----BEGIN-----\\nMII\\n-----END-----\\n\ntraefik/b=2\n" },
    { STR("traefik/a\nx\n\ny\n"), "traefik/a=x\\n\\ny\n" },
    { STR("traefik/a\nx\n\n"), "traefik/a=x\\n\n" },
    { STR("traefik/a\n\n\n"), "traefik/a=\\n\n" },
    /* text that starts like the root is no key: blanks, or no slash */
    { STR("traefik/a\nx\ntraefik is a/b\ntraefik\n"), "traefik/a=x\\ntraefik is a/b\\ntraefik\n" },
    /* what Traefik's own read fetches beside the root */
    { STR("traefik\n1\ntraefik-x/a\n2\ntraefik/a\n3\ntraefik2/a\n4\n"),
      "traefik=1\ntraefik-x/a=2\ntraefik/a=3\ntraefik2/a=4\n" },
    /* another root than the one asked for: the first key shows it */
    { STR("edge/a\n1\nedge/b\nx\ny\n"), "edge/a=1\nedge/b=x\\ny\n" },
    { STR("/traefik/a\n1\n/traefik/b\n2\n/\n"), "/traefik/a=1\n/traefik/b=2\\n/\n" },
    /* keys before the root's end where those of the root begin */
    { STR("other\n1\ntraefik/a\n2\n"), "other=1\ntraefik/a=2\n" },
    /* CR LF by way of Windows, but only where it is on all lines */
    { STR("traefik/a\r\n1\r\ntraefik/b\r\n\r\n"), "traefik/a=1\ntraefik/b=\n" },
    { STR("traefik/a\n1\r\ntraefik/b\n2\n"), "traefik/a=1\\x0d\ntraefik/b=2\n" },
    { STR("\xef\xbb\xbftraefik/a\n1\n"), "traefik/a=1\n" },
    { STR("traefik/a\n\0\x01\ntraefik/b\n2\n"), "traefik/a=\\x00\\x01\ntraefik/b=2\n" },
    /* any order */
    { STR("traefik/b\n2\ntraefik/a\n1\n"), "traefik/a=1\ntraefik/b=2\n" },
};

START_TEST(keys_and_values_are_told_apart)
{
    ck_assert(kv_test_read(&t, dumps[_i].dump, KV_FORMAT_DUMP, "dump"));
    ck_assert_str_eq(kv_test_show(&t), dumps[_i].want);
    ck_assert_uint_eq(diag_total(t.diag), 0);
    ck_assert(str_eq(t.snapshot.root, STR("traefik")));
    ck_assert(str_eq(t.snapshot.provider, STR("etcd")));
    ck_assert(!t.snapshot.literal_lists);
    ck_assert_int_eq(t.snapshot.revision, 0);
}
END_TEST

START_TEST(a_dump_does_not_begin_with_an_empty_line)
{
    ck_assert(!kv_test_read(&t, STR("\ntraefik/a\n1\n"), KV_FORMAT_DUMP, "dump.txt"));
    ck_assert_str_eq(kv_test_findings(&t), "error[bad-source] dump.txt: line 1: a key was expected\n");
    ck_assert_uint_eq(t.snapshot.n, 0);
}
END_TEST

START_TEST(two_dumps_in_one_are_one_with_repeated_keys)
{
    ck_assert(kv_test_read(&t, STR("traefik/a\n1\ntraefik/a\n2\n"), KV_FORMAT_DUMP, "dump"));
    ck_assert_str_eq(kv_test_show(&t), "traefik/a=2\n");
    ck_assert_uint_eq(diag_count(t.diag, SEVERITY_WARNING), 1);
}
END_TEST

START_TEST(values_do_not_appear_in_findings)
{
    kv_test_read(&t, STR("traefik/a\nsecret\ntraefik/a\nsecret2\n"), KV_FORMAT_DUMP, "dump");
    ck_assert_ptr_null(strstr(kv_test_findings(&t), "secret"));
}
END_TEST

static const struct {
    const char *path;
    int64_t revision;
} recorded[] = { { TESTDATA "/kv/store.txt", 0 },
                 { TESTDATA "/kv/store.json", 14 },
                 { TESTDATA "/kv/store-gateway.json", 14 } };

/* Recorded from etcd 3.4: three forms of one store, with a value of several lines. */
START_TEST(all_forms_of_a_real_store_agree)
{
    const char *first = NULL;
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++) {
        ck_assert(kv_read_path(t.arena, recorded[i].path, STR("traefik"), &t.snapshot, t.diag));
        ck_assert_int_eq(t.snapshot.revision, recorded[i].revision);
        ck_assert(str_eq(t.snapshot.provider, STR("etcd")));
        first = first ? first : kv_test_show(&t);
        ck_assert_str_eq(kv_test_show(&t), first);
    }
    ck_assert_uint_eq(diag_total(t.diag), 0);
    ck_assert_uint_eq(t.snapshot.n, 13);
    struct str certificate = kv_snapshot_get(&t.snapshot, STR("traefik/tls/certificates/0/certFile"));
    ck_assert(str_starts(certificate, STR("-----BEGIN CERTIFICATE-----\n")));
    ck_assert(str_ends(certificate, STR("-----END CERTIFICATE-----\n")));
    ck_assert(str_eq(kv_snapshot_get(&t.snapshot, STR("traefik/http/routers/web/rule")),
                     STR("Host(`example.com`) && PathPrefix(`/api`)")));
    ck_assert(str_eq(kv_snapshot_get(&t.snapshot, STR("traefik/http/routers/web/tls")), STR("")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kv/dump");
    TCase *all = tcase_create("all");
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, keys_and_values_are_told_apart, 0, sizeof dumps / sizeof *dumps);
    tcase_add_test(all, a_dump_does_not_begin_with_an_empty_line);
    tcase_add_test(all, two_dumps_in_one_are_one_with_repeated_keys);
    tcase_add_test(all, values_do_not_appear_in_findings);
    tcase_add_test(all, all_forms_of_a_real_store_agree);
    return kv_test_run(srunner_create(suite));
}
